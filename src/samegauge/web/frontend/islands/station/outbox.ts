// Everything this tablet has not handed over yet, and why.
import type { App } from "./app";
import { h, icon, type Child } from "./dom";
import { button, languageButton, link, messageOf, wayChip } from "./frame";
import { summary } from "./screens";
import type { Queued } from "./store";
import { said, say, stamp, type Word } from "./words";
import { choose, chosen, CHOICES } from "../theme_choice";

const MOST_SHOWN = 200;
const EXPLAINED: Partial<Record<App["link"], Word>> = {
  "offline": "outbox offline", "sign in": "outbox sign in", "somebody else": "outbox somebody", "later": "outbox later",
};
let sure = ""; // the refused entry of which it was asked once whether it may go

export function outboxScreen(app: App): Child[] {
  const { counts, session } = app;
  const open = app.queue.filter((row) => row.way !== "sent");
  const needsSession = app.link === "sign in" || app.link === "somebody else" || !session;
  const word: Word = EXPLAINED[app.link] ?? (counts.waiting + counts.pictures > 0 ? "outbox waiting" : "outbox online");
  const here = encodeURIComponent("/stations/tablet/");
  return [
    h("h1", {}, say("outbox")),
    h("p", {}, say(word)),
    ...counts.others.map((one) => h("p", { class: "st-message st-message-warning" }, icon("users"), h("span", {}, say("others wait", { count: one.waiting, name: one.name })))),
    counts.conflicts > 0 && h("p", { class: "st-message st-message-warning" }, icon("alert-triangle"), h("span", {}, say("conflict count", { count: counts.conflicts }))),
    messageOf(app),
    h("ul", { class: "st-outbox" }, ...app.refused.map((one) => h("li", {}, h("strong", {}, say("picture refused")), h("span", {}, said(one.reason)))), ...open.slice(0, MOST_SHOWN).map((row) => h("li", {}, ...entry(app, row)))),
    h(
      "div",
      { class: "st-choices" },
      needsSession ? link(say("sign in"), "user", `/account/login/?next=${here}`, "sg-primary") : button(say("send now"), "upload", () => app.soon(0), { id: "send" }),
      counts.refused > 0 && button(say("try refused"), "refresh", () => void app.store.tryAgain().then(() => app.soon(0))),
      !needsSession && link(say("sign in other"), "users", "/account/logout/"),
      link(say("to the machines"), "arrow-left", "#/"),
      link(say("change station"), "map-pin", "#/stations"),
      languageButton(app),
      button(say("theme"), "sun-moon", nextTheme, { id: "theme" }),
      link(say("desk"), "home", "/"),
    ),
    storage(app),
  ];
}

function entry(app: App, row: Queued): Child[] {
  const { kind, step, unit: uid, station } = row.entry;
  const unit = app.kept?.work.units.find((one) => one.uid === uid);
  const asked = unit?.procedure.steps.find((one) => one.key === step);
  const names: Partial<Record<typeof kind, string>> = { finish: say("finish step"), override: say("override step"), withdraw: say("withdraw step") };
  const note = { ...row.entry, offset_ms: row.offset_ms, way: row.way, judged: false, has_picture: false };
  const remove = async (): Promise<void> => {
    if (sure === row.id) return app.store.takeOut(row.id);
    sure = row.id;
    app.say("warning", say("take out sure"));
  };
  return [
    h("strong", {}, names[kind] ?? (summary(asked, note) || step)),
    h("span", { class: "sg-meta" }, [station, unit?.serial, step, row.owner_name, stamp(Date.parse(row.entry.device_time) + row.offset_ms)].filter(Boolean).join(" · ")),
    wayChip(note),
    row.reason && h("span", {}, said(row.reason)),
    row.way === "refused" && button(say("take out"), "trash", () => void remove()),
  ];
}

function nextTheme(): void {
  choose(CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length] ?? "auto");
}

function storage(app: App): HTMLElement {
  const place = h("div", { class: "sg-meta" }, h("p", {}, app.lasting ? say("storage lasting") : say("storage not lasting")), !globalThis.isSecureContext && h("p", {}, say("unsupported")));
  void navigator.storage?.estimate().then(({ usage = 0, quota = 0 }) => {
    const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString("en")}\u00a0MB`;
    place.append(h("p", {}, say("storage used", { used: megabytes(usage), all: megabytes(quota) })));
    if (quota > 0 && usage > quota * 0.8) place.append(h("p", { class: "st-message st-message-alarm" }, icon("alert-octagon"), say("storage low")));
  });
  return place;
}

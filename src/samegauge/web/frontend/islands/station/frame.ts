// The head that stays the same, and the pieces every screen uses.
import type { App, Message } from "./app";
import { h, icon, type Child } from "./dom";
import type { Noted } from "./progress";
import { language, say, speak, stamp } from "./words";

export const MESSAGE_ICONS: Record<Message["kind"], string> = { alarm: "alert-octagon", warning: "alert-triangle", ok: "circle-check" };
const WAY_ICONS = { waiting: "clock", sent: "circle-check", conflict: "alert-triangle", refused: "alert-octagon" } as const;
const WAY_KINDS = { waiting: "neutral", sent: "ok", conflict: "warning", refused: "alarm" } as const;

export function head(app: App): Child[] {
  const { session, place, kept, unit } = app;
  const station = session?.known.stations.find((one) => one.code === place.station) ?? kept?.work.station;
  const name = station && (language() === "zh" ? station.name_zh || station.name : station.name);
  return [
    unit
      ? h("a", { class: "st-head-place", href: `#/at/${encodeURIComponent(place.station)}` }, icon("arrow-left"), h("span", {}, h("span", { class: "sg-unseen" }, say("to the machines")), h("strong", { class: "sg-code" }, unit.serial), h("small", {}, `${place.station} ${name ?? ""}`)))
      : h("a", { class: "st-head-place", href: "#/stations" }, icon("map-pin"), h("span", {}, h("strong", { class: "sg-code" }, place.station || say("tablet")), h("small", {}, name || say("choose station")))),
    h("span", { class: "sg-header-space" }),
    session?.known.organisation.simulated && simulated(),
    session && h("a", { class: "st-person", href: "#/sent" }, icon("user"), h("span", {}, session.known.person.name, h("small", {}, session.known.organisation.name))),
    state(app),
  ];
}

// The one line that says whether anything could still be lost; it is drawn from what is on the disk.
function state(app: App): HTMLElement {
  const { counts, link } = app;
  const parts: string[] = [];
  if (counts.refused) parts.push(say("refused count", { count: counts.refused }));
  if (link === "offline" || (link === "unknown" && !navigator.onLine)) parts.push(say("offline"));
  if (link === "sign in" || link === "somebody else") parts.push(say("sign in again"));
  if (link === "later") parts.push(say("server trouble"));
  if (counts.waiting) parts.push(say("not sent yet", { count: counts.waiting }));
  if (counts.pictures) parts.push(say("pictures not sent", { count: counts.pictures }));
  if (counts.others.length) parts.push(counts.others.map((one) => say("others wait", { count: one.waiting, name: one.name })).join("; "));
  if (parts.length === 0) parts.push(say("online"));
  const last = counts.last_sent_at ? say("last sent", { time: stamp(counts.last_sent_at) }) : say("never sent");
  // What is on its way while the network is there is no cause for colour.
  const flowing = (link === "all" || link === "busy" || link === "unknown") && counts.others.length === 0;
  const kind = counts.refused ? "alarm" : flowing ? "quiet" : "warning";
  const idle = counts.waiting + counts.pictures === 0;
  const sign = { alarm: "alert-octagon", warning: link === "offline" ? "wifi-off" : "clock", quiet: idle ? "circle-check" : "clock" }[kind];
  return h("a", { class: `st-state st-state-${kind}`, href: "#/sent", id: "state" }, icon(sign), h("span", {}, parts.join(" · "), " ", h("small", {}, last)));
}

export function messageOf(app: App): HTMLElement | null {
  if (!app.message) return null;
  return h("div", { class: `st-message st-message-${app.message.kind}`, role: "alert" }, icon(MESSAGE_ICONS[app.message.kind]), h("p", {}, app.message.text));
}

export function chip(kind: string, sign: string, text: string): HTMLElement {
  return h("span", { class: `sg-chip sg-chip-${kind}` }, icon(sign), h("span", {}, text));
}

export function wayChip(note: Pick<Noted, "way">): HTMLElement {
  return chip(WAY_KINDS[note.way], WAY_ICONS[note.way], say(`way ${note.way}`));
}

export function simulated(): HTMLElement {
  return h("span", { class: "sg-provenance" }, icon("flask"), h("span", {}, say("simulated")));
}

export function empty(sign: string, title: string, hint: string): HTMLElement {
  return h("div", { class: "sg-empty st-empty" }, icon(sign), h("h1", {}, title), h("p", {}, hint));
}

export function button(text: string, sign: string, press: () => void, options: Record<string, string | boolean> = {}): HTMLButtonElement {
  const { class: extra = "", ...rest } = options;
  return h("button", { type: "button", class: `sg-button st-button ${String(extra)}`.trim(), ...rest, click: press }, icon(sign), h("span", {}, text));
}

export function link(text: string, sign: string, href: string, extra = ""): HTMLAnchorElement {
  return h("a", { class: `sg-button st-button ${extra}`.trim(), href }, icon(sign), h("span", {}, text));
}

export function languageButton(app: App): HTMLButtonElement {
  const other = language() === "en" ? "zh" : "en";
  const change = (): void => {
    speak(other);
    app.draw();
  };
  return button(say("language"), "language", change, { lang: other === "zh" ? "zh-Hant-TW" : "en", id: "language" });
}

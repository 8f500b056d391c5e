// Stations, the machines at one, and everything that is to be done at a machine.
import type { App } from "./app";
import { h, icon, type Child } from "./dom";
import { button, chip, empty, link, messageOf, simulated, wayChip } from "./frame";
import { quantity } from "./numbers";
import type { Noted, Progress, StepState } from "./progress";
import type { Step, Unit } from "./types";
import { language, own, said, say, stamp } from "./words";

const STEP_ICONS: Record<Step["kind"], string> = {
  value: "ruler-measure", check: "check", choice: "list", photo: "camera", part: "scan", signature: "signature", note: "pencil",
};
const SHOWN_FIRST: Record<Unit["state"], number> = { held: 0, here: 1, waiting: 2, released: 3 };

export function stationsScreen(app: App): Child[] {
  const known = app.session?.known;
  if (!known && app.link === "unknown") return [loading()];
  if (!known) return [empty("map-pin", say("stations unknown"), say("stations unknown hint"))];
  if (known.stations.length === 0) return [empty("map-pin", say("no stations"), say("no stations hint"))];
  const tiles = known.stations.map((one) =>
    h("li", {}, h("a", { class: "st-tile", href: `#/at/${encodeURIComponent(one.code)}` }, h("strong", { class: "sg-code" }, one.code), h("span", {}, own(one.name, one.name_zh)))),
  );
  return [h("h1", {}, say("choose station")), h("p", { class: "st-hint" }, say("choose station hint")), messageOf(app), h("ul", { class: "st-tiles st-tiles-small" }, ...tiles)];
}

export function machinesScreen(app: App): Child[] {
  const kept = app.kept;
  if (!kept && app.link === "unknown") return [loading()];
  if (!kept) return [empty("refresh", say("work unknown"), say("work unknown hint"))];
  const loaded = stamp(kept.fetched_at);
  if (kept.work.units.length === 0) return [messageOf(app), empty("box", say("no machines"), say("no machines hint", { time: loaded }))];
  const rank = (unit: Unit): number => SHOWN_FIRST[unit.state] + (app.progress(unit).finish && unit.state === "here" ? 1.5 : 0);
  const units = [...kept.work.units].sort((one, other) => rank(one) - rank(other));
  return [
    h("h1", {}, say("machines here")),
    h("p", { class: "st-hint" }, icon("scan"), say("scan or tap"), h("span", { class: "sg-meta" }, say("loaded at", { time: loaded }))),
    messageOf(app),
    h("ul", { class: "st-tiles" }, ...units.map((unit) => h("li", {}, tile(app, unit)))),
  ];
}

function loading(): HTMLElement {
  return h("p", { class: "st-hint" }, icon("clock"), say("loading"));
}

function waitsFor(unit: Unit): string {
  return unit.waits_for.map((one) => `${one.code} ${own(one.name, one.name_zh)}`.trim()).join(language() === "zh" ? "、" : ", ");
}

function tile(app: App, unit: Unit): HTMLElement {
  const progress = app.progress(unit);
  const done = progress.steps.filter((state) => state.done).length;
  const waits = waitsFor(unit);
  return h(
    "a",
    { class: `st-tile st-tile-${unit.state}`, href: app.wayInto(unit) },
    h("span", { class: "st-tile-head" }, h("strong", { class: "sg-code" }, unit.serial), unitChip(unit, progress)),
    h("span", {}, `${unit.item} · ${own(unit.item_name, unit.item_name_zh)}`),
    unit.state !== "released" && segments(progress.steps),
    unit.state !== "released" && h("span", { class: "sg-meta" }, say("steps done", { done, all: progress.steps.length }), unit.due ? ` · ${say("due", { time: stamp(Date.parse(unit.due)) })}` : ""),
    waits && unit.state === "waiting" && h("span", { class: "sg-meta" }, say("waits for", { stations: waits })),
    ...unit.holds.slice(0, 2).map((hold) => h("span", { class: "st-hold" }, icon("hand-stop"), hold.said)),
    progress.troubled.length > 0 && wayChip({ way: progress.troubled[0]?.way ?? "conflict" }),
    unit.simulated && simulated(),
  );
}

export function unitChip(unit: Unit, progress: Progress): HTMLElement {
  if (unit.state === "released") return chip("ok", "circle-check", say("state released"));
  if (unit.state === "held") return chip("alarm", "alert-octagon", say("state held"));
  if (progress.finish?.way === "waiting") return chip("neutral", "clock", say("state finishing"));
  if (unit.state === "waiting") return chip("neutral", "clock", say("state waiting"));
  return chip("neutral", "player-play", say("state here"));
}

export function segments(steps: readonly StepState[], current = ""): HTMLElement {
  const look = (state: StepState): string => [state.outside ? "st-outside" : state.done ? "st-done" : "", state.step.key === current ? "st-current" : ""].join(" ").trim();
  const bars = steps.map((state) => h("span", { class: look(state) }));
  return h("span", { class: "st-segments", "aria-hidden": "true" }, ...bars);
}

export function machineScreen(app: App): Child[] {
  const unit = app.unit;
  if (!unit) return [empty("box", say("no machines"), say("work unknown hint")), foot(link(say("to the machines"), "arrow-left", `#/at/${encodeURIComponent(app.place.station)}`))];
  const progress = app.progress(unit);
  const rows = progress.steps.map((state) => h("li", {}, stepRow(app, unit, state)));
  return [
    unitHead(unit, progress),
    messageOf(app),
    outcome(app, unit, progress),
    ...progress.troubled.filter((note) => note.step === "").slice(-2).map(trouble),
    h("ol", { class: "st-steps" }, ...rows),
    foot(link(say("to the machines"), "arrow-left", `#/at/${encodeURIComponent(app.place.station)}`), finishButton(app, unit, progress)),
  ];
}

export function unitHead(unit: Unit, progress: Progress): HTMLElement {
  const waits = waitsFor(unit);
  return h(
    "div",
    { class: "st-unit" },
    h("h1", {}, `${own(unit.procedure.title, unit.procedure.title_zh)}`),
    h("p", { class: "sg-meta" }, `${unit.item} · ${own(unit.item_name, unit.item_name_zh)} · ${unit.procedure.code} ${say("revision", { number: unit.procedure.revision })}`),
    unitChip(unit, progress),
    unit.simulated && simulated(),
    unit.state === "waiting" && waits && h("p", { class: "st-message st-message-warning" }, icon("clock"), h("span", {}, `${say("waits for", { stations: waits })} ${say("waits hint")}`)),
  );
}

function stepRow(app: App, unit: Unit, state: StepState): HTMLElement {
  const { step, entry, done, outside, trouble: bad } = state;
  const sign = outside || bad ? "alert-octagon" : done ? "circle-check" : STEP_ICONS[step.kind];
  return h(
    "a",
    { class: `st-row${outside || bad ? " st-row-outside" : done ? " st-row-done" : ""}`, href: app.wayTo(unit, step) },
    icon(sign),
    h("span", { class: "st-row-text" }, own(step.text, step.text_zh), !step.required && h("small", {}, say("optional"))),
    h("span", { class: "st-row-value" }, entry ? summary(step, entry) : step.required ? say("missing") : ""),
  );
}

export function summary(step: Step | undefined, entry: Noted): string {
  const { payload } = entry;
  if (payload.value !== undefined) return quantity(payload.value, payload.unit_code, step?.decimals);
  if (payload.choice !== undefined) {
    const chosen = step?.choices?.find((one) => one.value === payload.choice);
    return chosen ? own(chosen.text, chosen.text_zh) : payload.choice;
  }
  return payload.serial ?? payload.text ?? payload.name ?? (entry.kind === "check" || entry.kind === "signature" ? say("done") : "");
}

function outcome(app: App, unit: Unit, progress: Progress): Child {
  if (unit.state === "released") return banner("ok", "circle-check", say("finished released"));
  if (unit.state === "held" || unit.holds.length > 0) {
    const reasons = unit.holds.length > 0 ? unit.holds.map((hold) => h("li", {}, hold.said)) : [h("li", {}, say("held no reason"))];
    return banner("alarm", "hand-stop", say(progress.finish ? "finished held" : "held"), h("ul", {}, ...reasons), overrideForm(app, progress));
  }
  if (progress.finish) return banner("neutral", "clock", said(progress.finish.reason) || say("finished waiting"));
  return null;
}

function banner(kind: string, sign: string, sentence: string, ...more: Child[]): HTMLElement {
  return h("div", { class: `sg-verdict sg-verdict-${kind}` }, icon(sign), h("div", { class: "sg-verdict-text" }, h("p", { class: "sg-verdict-sentence" }, sentence), ...more));
}

function overrideForm(app: App, progress: Progress): Child {
  if (!app.supervises) return null;
  if (progress.override) return h("p", {}, `${say("override done")} `, wayChip(progress.override));
  const release = async (): Promise<void> => {
    const reason = (app.drafts.get("override") ?? "").trim();
    if (!reason) return app.say("warning", say("reason needed"));
    if (await app.record("override", "", { reason })) app.drafts.delete("override");
  };
  return h("div", { class: "st-form" }, textField(app, "override", say("override reason")), button(say("override"), "lock", () => void release(), { id: "release" }));
}

export function textField(app: App, name: string, label: string): HTMLElement {
  const field = h("textarea", { id: name, rows: 3, maxlength: 500, input: (event) => {
    if (event.target instanceof HTMLTextAreaElement) app.drafts.set(name, event.target.value);
  } });
  field.value = app.drafts.get(name) ?? "";
  return h("label", { class: "st-field" }, h("span", {}, label), field);
}

function finishButton(app: App, unit: Unit, progress: Progress): HTMLElement | null {
  if (unit.state === "released" || (progress.finish && unit.state !== "held")) return null;
  if (progress.missing.length > 0) {
    const first = progress.missing[0];
    return link(say("finish missing", { count: progress.missing.length }), "arrow-right", app.wayTo(unit, first), "sg-primary st-main-button");
  }
  return button(say("finish"), "circle-check", () => void app.record("finish", "", {}), { class: "sg-primary st-main-button", id: "finish" });
}

export function foot(...children: Child[]): HTMLElement {
  return h("div", { class: "st-foot" }, ...children);
}

// An entry that does not count, and why.
export function trouble(note: Noted): HTMLElement {
  return h("div", { class: "st-message st-message-warning" }, icon("alert-triangle"), h("p", {}, h("strong", {}, summary(undefined, note)), ` ${said(note.reason)} `, wayChip(note)));
}

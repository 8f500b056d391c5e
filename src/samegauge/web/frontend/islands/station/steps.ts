// One step at a time: what is asked, what stands, and the one big control under the thumb.
import type { App } from "./app";
import { announce } from "../live";
import { h, icon, type Child } from "./dom";
import { button, chip, link, messageOf, simulated, wayChip } from "./frame";
import { limitPicture } from "./limit_picture";
import { judge, parseTyped, quantity, shown, type Judged } from "./numbers";
import { preview } from "./pictures";
import type { Noted, StepState } from "./progress";
import { startCamera } from "./camera";
import { foot, machineScreen, segments, summary, textField, trouble, unitChip } from "./screens";
import type { Instrument, Step, Unit } from "./types";
import { own, said, say, stamp } from "./words";

const HOLD_MS = 1000;
const KEYS = ["7", "8", "9", "4", "5", "6", "1", "2", "3", "±", "0", "."];
const MOST_SERIALS = 24;

export function stepScreen(app: App): Child[] {
  const [unit, step] = [app.unit, app.step];
  if (!unit || !step) return machineScreen(app);
  const progress = app.progress(unit);
  const at = progress.steps.findIndex((state) => state.step.key === step.key);
  const state = progress.steps[at];
  if (!state) return machineScreen(app);
  const controls = controlsOf(app, unit, state);
  const before = progress.steps[at - 1]?.step;
  return [
    h(
      "div",
      { class: "st-rail" },
      h("span", {}, say("step of", { number: at + 1, all: progress.steps.length }), " ", unit.simulated && simulated(), " ", unit.state !== "here" && unitChip(unit, progress)),
      segments(progress.steps, step.key),
      h("a", { class: "st-rail-all", href: app.wayTo(unit) }, icon("list"), say("all steps")),
    ),
    h(
      "div",
      { class: `st-step st-step-${step.kind}` },
      h(
        "div",
        { class: "st-asked" },
        h("h1", {}, own(step.text, step.text_zh)),
        !step.required && h("p", { class: "sg-meta" }, say("optional")),
        step.picture_url && h("img", { src: step.picture_url, alt: "" }),
        ...controls.shown,
        state.trouble && trouble(state.trouble),
        standing(app, unit, state),
        messageOf(app),
      ),
      controls.hand.length > 0 && !app.taking && h("div", { class: "st-hand" }, ...controls.hand),
    ),
    foot(before ? link(say("back"), "arrow-left", app.wayTo(unit, before)) : link(say("all steps"), "list", app.wayTo(unit)), controls.main ?? onward(app, unit, state)),
  ];
}

interface Controls {
  readonly shown: readonly Child[]; // beside the text
  readonly hand: readonly Child[]; // in reach of the hand
  readonly main: HTMLElement | null; // the one button of the step; null: go on
}

function controlsOf(app: App, unit: Unit, state: StepState): Controls {
  const step = state.step;
  switch (step.kind) {
    case "value":
      return valueControls(app, unit, state);
    case "check":
      return checkControls(app, unit, state);
    case "choice":
      return choiceControls(app, unit, step);
    case "photo":
      return photoControls(app, state);
    case "part":
      return partControls(app, state);
    case "signature":
      return signatureControls(app, unit, state);
    case "note":
      return noteControls(app, unit, step);
  }
}

function onward(app: App, unit: Unit, state: StepState): HTMLElement {
  return link(say("next"), "arrow-right", app.wayOn(unit, state.step), state.done ? "sg-primary st-main-button" : "st-main-button");
}

// Where the entry does not close its step the step stays, and says why.
function goOn(app: App, unit: Unit, step: Step): void {
  if (app.progress(unit).steps.find((state) => state.step.key === step.key)?.done) location.hash = app.wayOn(unit, step);
}

// What stands, who recorded it, how far it has come, and the way to take it back.
function standing(app: App, unit: Unit, { step, entry, outside }: StepState): Child {
  if (!entry) return null;
  const mine = entry.by?.uid === app.session?.known.person.uid;
  const when = stamp(Date.parse(entry.device_time) + entry.offset_ms);
  const open = app.taking === entry.id;
  const closed = unit.state === "released" || (app.progress(unit).finish !== null && !app.supervises);
  return h(
    "div",
    { class: "st-standing" },
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, summary(step, entry)), judgedChip(step, entry)),
      h("p", { class: "sg-meta" }, say("recorded by", { name: entry.by?.name ?? "", time: when }), " ", wayChip(entry)),
      outside && h("p", {}, say("outside hint")),
      entry.reason && !outside && h("p", {}, said(entry.reason)),
    ),
    !closed && !open && (mine || app.supervises) && button(say("take back"), "arrow-back-up", () => ask(app, entry), { id: "take-back" }),
    !closed && !(mine || app.supervises) && h("p", { class: "sg-meta" }, say("not yours", { name: entry.by?.name ?? "" })),
    open && reasons(app, entry),
  );
}

function ask(app: App, entry: Noted): void {
  app.taking = entry.id;
  app.draw();
}

function reasons(app: App, entry: Noted): HTMLElement {
  const withdraw = async (reason: string): Promise<void> => {
    if (await app.record("withdraw", entry.step, { entry: entry.id, reason })) app.forgetDraft();
    app.draw();
  };
  const words = ["reason mistyped", "reason other part", "reason again"] as const;
  const keep = (): void => {
    app.taking = "";
    app.draw();
  };
  return h("div", { class: "st-choices" }, h("p", {}, say("why take back")), ...words.map((word) => button(say(word), "arrow-back-up", () => void withdraw(say(word)))), button(say("keep it"), "x", keep));
}

function judgedChip(step: Step, entry: Noted): Child {
  if (entry.payload.value === undefined) return null;
  return verdictChip(step, entry.payload.value);
}

function verdictChip(step: Step, value: number): Child {
  const judged = judge(value, step.lower, step.upper);
  if (judged === "unlimited") return null;
  if (judged === "within") return chip("ok", "circle-check", say("within"));
  return chip("alarm", "alert-octagon", outsideText(step, value, judged));
}

function outsideText(step: Step, value: number, judged: Judged): string {
  const limit = judged === "above" ? step.upper : step.lower;
  return say(judged === "above" ? "above" : "below", { value: quantity(value, step.unit_code), limit: quantity(limit ?? 0, step.unit_code) });
}

function limitsText(step: Step): string {
  const { lower = null, upper = null, nominal = null, decimals } = step;
  const unit = step.unit_code;
  const text =
    lower !== null && upper !== null
      ? say("limits", { lower: shown(lower, decimals), upper: quantity(upper, unit, decimals) })
      : upper !== null
        ? say("upper limit", { upper: quantity(upper, unit, decimals) })
        : lower !== null
          ? say("lower limit", { lower: quantity(lower, unit, decimals) })
          : "";
  const target = nominal === null ? "" : say("target", { nominal: quantity(nominal, unit, decimals) });
  return [text, target].filter(Boolean).join(" · ");
}

// A gauge ends its reading with Enter, a finger with the button: both come here.
export async function takeReading(app: App, unit: Unit, step: Step, text: string): Promise<void> {
  const typed = parseTyped(text, step.unit_code ?? "");
  if (typed.kind === "no number") {
    app.reading = "";
    // A scanner without a prefix key types into the same field.
    if (/[a-z]/i.test(text)) return app.scanned(text);
    return app.say("warning", say("no number", { text }));
  }
  if (typed.kind === "other unit") {
    app.reading = "";
    return app.say("alarm", say("other unit", { unit: typed.unit, wanted: step.unit_code ?? "" }));
  }
  if (typed.kind !== "number") return;
  const instrument = app.instrumentOf(step);
  if (step.instrument_kind && !instrument) {
    const usable = app.instrumentsFor(step).some((one) => one.usable);
    return app.say("warning", say(usable ? "instrument needed" : "instrument none"));
  }
  const payload = { value: typed.value, unit_code: step.unit_code ?? "", instrument: instrument?.number ?? "" };
  if (!(await app.record("value", step.key, payload))) return;
  app.reading = "";
  app.draw();
  const judged = judge(typed.value, step.lower, step.upper);
  if (judged === "above" || judged === "below") announce(outsideText(step, typed.value, judged));
  goOn(app, unit, step);
}

function valueControls(app: App, unit: Unit, { step, entry }: StepState): Controls {
  const typed = parseTyped(app.reading, step.unit_code ?? "");
  const value = typed.kind === "number" ? typed.value : (entry?.payload.value ?? null);
  const judged = value === null ? "unlimited" : judge(value, step.lower, step.upper);
  const press = (key: string): void => {
    app.reading = key === "±" ? (app.reading.startsWith("-") ? app.reading.slice(1) : `-${app.reading}`) : app.reading + key;
    app.draw();
  };
  const erase = (): void => {
    app.reading = app.reading.slice(0, -1);
    app.draw();
  };
  const reading = h(
    "output",
    { class: `st-reading st-reading-${typed.kind === "number" ? judged : "none"}`, "aria-label": say("reading") },
    h("strong", {}, app.reading.replace("-", "\u2212") || "–"),
    h("span", {}, step.unit_code && step.unit_code !== "1" ? step.unit_code : ""),
  );
  const keys = KEYS.map((key) => h("button", { type: "button", class: "st-key", id: `key-${key}`, "aria-label": key === "±" ? say("sign") : null, click: () => press(key) }, key));
  const main = typed.kind === "number" || !entry
    ? button(typed.kind === "number" ? say("record value", { value: quantity(typed.value, step.unit_code) }) : say("record"), "check", () => void takeReading(app, unit, step, app.reading), { class: "sg-primary st-main-button", id: "record", disabled: typed.kind !== "number" })
    : null;
  return {
    shown: [
      h("p", { class: "st-limits-text" }, limitsText(step)),
      limitPicture(step, value, judged),
      h("p", { class: "st-verdict-line" }, typed.kind === "number" && verdictChip(step, typed.value)),
      instruments(app, step),
    ],
    hand: [
      h("div", { class: "st-display" }, reading, h("button", { type: "button", class: "st-key", id: "key-erase", "aria-label": say("erase"), click: erase }, icon("backspace"))),
      h("div", { class: "st-keys", role: "group", "aria-label": say("keypad") }, ...keys),
    ],
    main,
  };
}

function instruments(app: App, step: Step): Child {
  if (!step.instrument_kind) return null;
  const chosen = app.instrumentOf(step);
  const rows = app.instrumentsFor(step).map((one) => instrument(app, step, one, one.number === chosen?.number));
  return h("fieldset", { class: "st-instruments" }, h("legend", {}, say("instrument")), rows.length > 0 ? h("div", { class: "st-choices" }, ...rows) : h("p", {}, say("instrument none")));
}

function instrument(app: App, step: Step, one: Instrument, chosen: boolean): HTMLElement {
  const until = one.usable ? (one.due_on ? say("instrument until", { date: one.due_on }) : "") : said(one.reason);
  return h(
    "button",
    { type: "button", class: `st-choice${one.usable ? "" : " st-choice-barred"}`, "aria-pressed": String(chosen), id: `instrument-${one.number}`, click: () => app.chooseInstrument(step, one) },
    icon(one.usable ? (chosen ? "circle-check" : "ruler-measure") : "alert-octagon"),
    h("span", {}, h("strong", { class: "sg-code" }, one.number), ` ${one.name}`, h("small", {}, until)),
  );
}

function checkControls(app: App, unit: Unit, { step, done }: StepState): Controls {
  const press = async (): Promise<void> => {
    if (await app.record("check", step.key, { done: true })) goOn(app, unit, step);
  };
  return { shown: [], hand: [], main: done ? null : button(say("check"), "check", () => void press(), { class: "sg-primary st-main-button st-huge", id: "check" }) };
}

function choiceControls(app: App, unit: Unit, step: Step): Controls {
  const press = async (value: string): Promise<void> => {
    if (await app.record("choice", step.key, { choice: value })) goOn(app, unit, step);
  };
  const rows = (step.choices ?? []).map((one) =>
    h("button", { type: "button", class: "st-choice", id: `choice-${one.value}`, click: () => void press(one.value) }, icon("chevron-right"), h("span", {}, own(one.text, one.text_zh))),
  );
  return { shown: [], hand: [h("div", { class: "st-choices st-choices-list" }, ...rows)], main: null };
}

function photoControls(app: App, { entry, done }: StepState): Controls {
  const press = button(say(done ? "take another" : "take picture"), "camera", () => app.camera.click(), { class: done ? "" : "sg-primary st-main-button", id: "take-picture" });
  const frame = h("div", { class: "st-picture" });
  if (entry?.payload.sha256) void showPicture(app, entry.payload.sha256, frame);
  return { shown: [frame], hand: [done && press], main: done ? null : press };
}

async function showPicture(app: App, sha256: string, frame: HTMLElement): Promise<void> {
  const picture = (await app.store.pictures()).find((one) => one.sha256 === sha256);
  const where = h("p", { class: "sg-meta" }, say(picture?.blob ? "picture kept" : "picture sent"));
  frame.replaceChildren(...(picture ? [await preview(picture.small), where] : [where]));
}

function partControls(app: App, { step, done }: StepState): Controls {
  if (done) return { shown: [], hand: [], main: null };
  const free = (app.kept?.work.parts ?? []).filter((part) => part.state === "free" && (!step.item || part.item === step.item)).slice(0, MOST_SERIALS);
  const rows = free.map((part) => h("button", { type: "button", class: "st-choice", id: `part-${part.serial}`, click: () => void app.recordPart(part.serial) }, icon("box"), h("span", { class: "sg-code" }, part.serial)));
  const view = h("div", { class: "st-camera" });
  return {
    shown: [
      h("p", { class: "st-hint" }, icon("scan"), say("scan part hint", { item: step.item ?? "" })),
      step.position && h("p", {}, say("position", { position: step.position })),
    ],
    hand: [startCamera(view, (code) => void app.scanned(code)), view, rows.length > 0 && h("details", { class: "st-serials" }, h("summary", { class: "sg-button st-button" }, icon("list"), say("choose serial")), h("div", { class: "st-choices" }, ...rows))],
    main: null,
  };
}

function signatureControls(app: App, unit: Unit, { step, done }: StepState): Controls {
  const meaning = own(step.meaning, step.meaning_zh) || own(step.text, step.text_zh);
  const name = app.session?.known.person.name ?? "";
  const signed = async (): Promise<void> => {
    if (await app.record("signature", step.key, { meaning: step.meaning || step.text })) goOn(app, unit, step);
  };
  return { shown: [h("p", { class: "st-meaning" }, icon("signature"), say("signs as", { name, meaning }))], hand: [], main: done ? null : holdButton(app, () => void signed()) };
}

// A second under the finger is no accident; letting go before takes everything back.
function holdButton(app: App, held: () => void): HTMLElement {
  let timer = 0;
  const release = (): void => {
    clearTimeout(timer);
    app.holding = false;
    control.classList.remove("st-holding");
  };
  const press = (event: Event): void => {
    if (event instanceof KeyboardEvent && (event.repeat || ![" ", "Enter"].includes(event.key))) return;
    event.preventDefault();
    app.holding = true;
    control.classList.add("st-holding");
    clearTimeout(timer);
    timer = setTimeout(() => {
      release();
      held();
    }, HOLD_MS);
  };
  const control = button(say("hold to sign"), "signature", () => undefined, { class: "sg-primary st-main-button st-hold-button", id: "sign" });
  for (const name of ["pointerdown", "keydown"]) control.addEventListener(name, press);
  for (const name of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) control.addEventListener(name, release);
  control.addEventListener("contextmenu", (event) => event.preventDefault());
  return control;
}

function noteControls(app: App, unit: Unit, step: Step): Controls {
  const name = `note-${step.key}`;
  const keep = async (): Promise<void> => {
    const text = (app.drafts.get(name) ?? "").trim();
    if (!text) return;
    if (await app.record("note", step.key, { text })) {
      app.drafts.delete(name);
      goOn(app, unit, step);
    }
  };
  const write = button(say("record"), "check", () => void keep(), { class: "st-button-line", id: "record-note" });
  return { shown: [textField(app, name, say("note")), write], hand: [], main: null };
}

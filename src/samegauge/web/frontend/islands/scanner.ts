// A scanner types its prefix key, then the code, then Enter, faster than fingers can. The listener reads physical key
// codes: a Chinese input method would turn the characters into Chinese text.
import { announce } from "./live";

const FINGER_MS = 30;
const SHIFTED: Record<string, string> = {
  Digit1: "!", Digit2: "@", Digit3: "#", Digit4: "$", Digit5: "%", Digit6: "^", Digit7: "&", Digit8: "*", Digit9: "(",
  Digit0: ")", Minus: "_", Equal: "+", BracketLeft: "{", BracketRight: "}", Backslash: "|", Semicolon: ":", Quote: '"',
  Comma: "<", Period: ">", Slash: "?", Backquote: "~",
};
const PLAIN: Record<string, string> = {
  Minus: "-", Equal: "=", BracketLeft: "[", BracketRight: "]", Backslash: "\\", Semicolon: ";", Quote: "'", Comma: ",",
  Period: ".", Slash: "/", Backquote: "`", Space: " ", NumpadSubtract: "-", NumpadDecimal: ".", NumpadDivide: "/",
};
const SILENT = new Set(["ShiftLeft", "ShiftRight", "CapsLock"]);

export interface Keystroke {
  readonly code: string;
  readonly shiftKey: boolean;
  readonly timeStamp: number;
}

export type Outcome = { readonly kind: "idle" | "taken" | "broken" } | { readonly kind: "code"; readonly text: string };

export function character(key: Keystroke): string | null {
  const letter = /^Key([A-Z])$/.exec(key.code)?.[1];
  if (letter) return key.shiftKey ? letter : letter.toLowerCase();
  if (key.shiftKey && SHIFTED[key.code]) return SHIFTED[key.code] ?? null;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(key.code)?.[1];
  return digit ?? PLAIN[key.code] ?? null;
}

export class Scan {
  #text = "";
  #last: number | null = null;

  constructor(readonly prefix: string) {}

  take(key: Keystroke): Outcome {
    if (this.#last === null) {
      if (key.code !== this.prefix) return { kind: "idle" };
      this.#text = "";
      this.#last = key.timeStamp;
      return { kind: "taken" };
    }
    if (key.timeStamp - this.#last > FINGER_MS) return this.#end();
    this.#last = key.timeStamp;
    if (SILENT.has(key.code)) return { kind: "taken" };
    if (key.code === "Enter" || key.code === "NumpadEnter") {
      const text = this.#text;
      this.#end();
      return text ? { kind: "code", text } : { kind: "broken" };
    }
    const typed = character(key);
    if (typed === null) return this.#end();
    this.#text += typed;
    return { kind: "taken" };
  }

  #end(): Outcome {
    this.#last = null;
    return { kind: "broken" };
  }
}

export function watchScanner(): void {
  const scan = new Scan(document.body.dataset["scannerPrefix"] ?? "F9");
  let held: HTMLElement | null = null;
  document.addEventListener(
    "keydown",
    (event) => {
      const outcome = scan.take(event);
      if (outcome.kind === "idle") return;
      if (outcome.kind === "broken") {
        held?.focus();
        held = null;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (outcome.kind === "code") {
        held?.focus();
        held = null;
        found(outcome.text);
      } else if (document.activeElement instanceof HTMLElement && document.activeElement !== document.body) {
        held ??= document.activeElement;
        document.activeElement.blur(); // takes the field away from the input method
      }
    },
    { capture: true },
  );
}

function found(code: string): void {
  // A station page may take the code itself; otherwise the search names what it was.
  const event = new CustomEvent("samegauge:scan", { detail: { code }, cancelable: true });
  announce(code);
  const search = document.body.dataset["searchUrl"];
  if (document.dispatchEvent(event) && search) location.assign(`${search}?${new URLSearchParams({ q: code, scan: "1" })}`);
}

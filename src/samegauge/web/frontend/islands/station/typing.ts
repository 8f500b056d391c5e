// Keys typed while no text field has the focus: a gauge or scanner without a prefix key, or a keyboard.
import { isEditable } from "../keyboard";
import { character } from "../scanner";

const PAUSE_MS = 1500;

export interface Typist {
  readonly text: string; // what stands in the number field; empty elsewhere
  typed(text: string): void;
  entered(text: string): void;
}

// On a page without a number field the keys gather here until Enter, and are forgotten after a pause.
export function watchTyping(typist: () => Typist | null, code: (text: string) => void): void {
  let gathered = "";
  let last_ms = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isEditable(event.target)) return;
    const field = typist();
    if (event.timeStamp - last_ms > PAUSE_MS) gathered = "";
    last_ms = event.timeStamp;
    const text = field ? field.text : gathered;
    if (event.key === "Enter" || event.key === "Tab") {
      if (!text || (event.key === "Tab" && field)) return;
      gathered = "";
      event.preventDefault();
      if (field) field.entered(text);
      else code(text);
      return;
    }
    const now = changed(text, event);
    if (now === null) return;
    event.preventDefault();
    if (field) field.typed(now);
    else gathered = now;
  });
}

function changed(text: string, event: KeyboardEvent): string | null {
  if (event.key === "Backspace") return text ? text.slice(0, -1) : null;
  if (event.code === "Space" && !text) return null; // presses the button that has the focus
  // With an input method in between only the physical key is known.
  const typed = event.key.length === 1 ? event.key : character(event);
  return typed === null ? null : text + typed;
}

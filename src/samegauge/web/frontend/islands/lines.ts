// <form data-lines>: lines are added below another, moved, deleted and put back on the page; the server sees them when
// the form is sent, in the order in which they stand. Words come from the form's data attributes.
import { announce } from "./live";

const LINE = "[data-line]";
const NEW_ROW = "__row__";
const FIELDS = "input:not([type=hidden]), select, textarea";

export function watchLines(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-lines]")) watchForm(form);
}

function watchForm(form: HTMLFormElement): void {
  let changed = form.querySelector("[role=alert]") !== null;
  let added = 0;
  const list = form.querySelector<HTMLElement>("[data-lines-list]");
  const template = form.querySelector<HTMLTemplateElement>("template[data-line-template]");
  if (!list || !template) return;

  const settle = (): void => {
    const lines = [...list.querySelectorAll<HTMLElement>(LINE)];
    for (const [place, line] of lines.entries()) {
      const number = line.querySelector<HTMLElement>("[data-line-number]");
      if (number) number.textContent = String(place + 1);
      fit(line);
    }
  };
  const move = (line: HTMLElement, step: 1 | -1): void => {
    const lines = [...list.querySelectorAll<HTMLElement>(LINE)];
    const other = lines[lines.indexOf(line) + step];
    if (!other) return;
    const focused = document.activeElement;
    if (step < 0) other.before(line);
    else other.after(line);
    settle();
    changed = true;
    if (focused instanceof HTMLElement) focused.focus();
    line.scrollIntoView({ block: "nearest" });
    announce(said(form, "moved", lines.indexOf(line) + step + 1, lines.length));
  };
  const add = (after: HTMLElement | null): void => {
    // After a refusal the page has lines that were new before: their names are taken.
    const taken = new Set([...form.querySelectorAll<HTMLInputElement>("input[name=row]")].map((row) => row.value));
    do added += 1;
    while (taken.has(`n${added}`));
    const model = template.content.querySelector<HTMLElement>(LINE);
    if (!model) return;
    const line = document.importNode(model, true);
    for (const element of [line, ...line.querySelectorAll("*")]) {
      for (const attribute of element.attributes) {
        attribute.value = attribute.value.replaceAll(NEW_ROW, `n${added}`);
      }
    }
    if (after) after.after(line);
    else list.append(line);
    settle();
    changed = true;
    line.querySelector<HTMLElement>(FIELDS)?.focus();
    line.scrollIntoView({ block: "nearest" });
  };
  const remove = (line: HTMLElement): void => {
    const number = [...list.querySelectorAll(LINE)].indexOf(line) + 1;
    const place = document.createElement("li");
    place.className = "sg-card sg-line-gone";
    const undo = document.createElement("button");
    undo.type = "button";
    undo.className = "sg-button";
    undo.textContent = form.dataset["undo"] ?? "";
    undo.addEventListener("click", () => {
      place.replaceWith(line);
      settle();
      line.querySelector<HTMLElement>("[data-line-remove]")?.focus();
    });
    place.append(said(form, "gone", number), undo);
    line.replaceWith(place);
    settle();
    changed = true;
    undo.focus();
    announce(said(form, "gone", number));
  };

  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button[type=button]") : null;
    const line = button?.closest<HTMLElement>(LINE) ?? null;
    if (button?.matches("[data-line-add]")) add(line);
    else if (line && button?.matches("[data-line-up]")) move(line, -1);
    else if (line && button?.matches("[data-line-down]")) move(line, 1);
    else if (line && button?.matches("[data-line-remove]")) remove(line);
  });
  form.addEventListener("keydown", (event) => {
    const line = event.target instanceof Element ? event.target.closest<HTMLElement>(LINE) : null;
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (line && step && event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      move(line, step);
    }
    // Enter in a text would send the whole form; the button does that.
    if (line && event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
  });
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("change", (event) => {
    const line = event.target instanceof Element ? event.target.closest<HTMLElement>(LINE) : null;
    if (line) fit(line);
  });
  // A line has up to twenty fields, most of them empty: those are not sent.
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) {
      if (value instanceof File ? value.size === 0 : value === "" && name !== "then") event.formData.delete(name);
    }
  });
  form.addEventListener("submit", () => (changed = false));
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
  settle();
}

// Only what the line's kind (or frequency) uses is there to be filled in.
function fit(line: HTMLElement): void {
  const chosen = new Set([...line.querySelectorAll<HTMLSelectElement>("select")].map((select) => select.value));
  for (const cell of line.querySelectorAll<HTMLElement>("[data-kinds]")) {
    const used = (cell.dataset["kinds"] ?? "").split(" ").some((kind) => chosen.has(kind));
    cell.hidden = !used;
    for (const control of cell.querySelectorAll<HTMLInputElement>(FIELDS)) control.disabled = !used;
  }
}

function said(form: HTMLFormElement, name: string, number: number, all = 0): string {
  return (form.dataset[name] ?? "").replace("#", String(number)).replace("*", String(all));
}

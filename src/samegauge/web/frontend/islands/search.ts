// The list below the search box: asked for while somebody types, walked by arrow keys, left by Esc.
const PAUSE_MS = 180;

interface Box {
  readonly input: HTMLInputElement;
  readonly below: HTMLElement;
}

export function watchSearch(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-search]");
  const input = form?.querySelector<HTMLInputElement>("input[role=combobox]");
  const below = document.getElementById("search-found");
  if (!form || !input || !below) return;
  const box: Box = { input, below };
  askWhileTyped(box);
  input.addEventListener("keydown", (event) => walk(box, event));
  document.addEventListener("htmx:after:swap", () => show(box));
  form.addEventListener("focusout", (event) => {
    if (!(event.relatedTarget instanceof Node && form.contains(event.relatedTarget))) close(box);
  });
}

function askWhileTyped(box: Box): void {
  let timer = 0;
  let asked = box.input.value.trim();
  const typed = (event: Event): void => {
    // What an input method has not finished composing is nobody's question.
    if (event instanceof InputEvent && event.isComposing) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const question = box.input.value.trim();
      if (question === asked) return;
      asked = question;
      if (question) box.input.dispatchEvent(new CustomEvent("samegauge:ask"));
      else close(box);
    }, PAUSE_MS);
  };
  box.input.addEventListener("input", typed);
  box.input.addEventListener("compositionend", typed);
}

function options(box: Box): HTMLAnchorElement[] {
  return [...box.below.querySelectorAll<HTMLAnchorElement>("[role=option]")];
}

// An answer may come after the box was emptied or left.
function show(box: Box): void {
  const wanted = document.activeElement === box.input && box.input.value.trim() !== "" && box.below.childElementCount > 0;
  if (!wanted) {
    close(box);
    return;
  }
  box.below.hidden = false;
  box.input.setAttribute("aria-expanded", String(options(box).length > 0));
  box.input.removeAttribute("aria-activedescendant");
}

function close(box: Box): void {
  box.below.hidden = true;
  box.input.setAttribute("aria-expanded", "false");
  choose(box, null);
}

function choose(box: Box, chosen: HTMLAnchorElement | null): void {
  for (const option of options(box)) option.setAttribute("aria-selected", String(option === chosen));
  if (chosen) {
    box.input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else box.input.removeAttribute("aria-activedescendant");
}

function walk(box: Box, event: KeyboardEvent): void {
  if (event.isComposing) return;
  const all = options(box);
  const here = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length > 0) {
    event.preventDefault();
    if (box.below.hidden) show(box);
    const step = event.key === "ArrowDown" ? 1 : -1;
    // One place more than options: there nothing is chosen, and Enter asks for the whole page.
    const next = (here + 1 + step + all.length + 1) % (all.length + 1);
    choose(box, all[next - 1] ?? null);
  } else if (event.key === "Enter" && !box.below.hidden && here >= 0) {
    event.preventDefault();
    all[here]?.click();
  } else if (event.key === "Escape" && !box.below.hidden) {
    event.preventDefault();
    event.stopPropagation(); // a second Esc leaves the box
    close(box);
  }
}

// `/` finds, j and k walk the rows of a record table, Enter follows the link that has the focus.
export function watchKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && event.target instanceof HTMLInputElement && event.target.type === "search") {
      event.target.blur();
      return;
    }
    if (isEditable(event.target)) return;
    if (event.key === "/") focusSearch(event);
    else if (event.key === "j") stepRows(event, 1);
    else if (event.key === "k") stepRows(event, -1);
  });
}

export function isEditable(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["button", "checkbox", "radio", "submit", "file"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function focusSearch(event: KeyboardEvent): void {
  const search = document.querySelector<HTMLInputElement>("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
}

function stepRows(event: KeyboardEvent, step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("table[data-rows] tbody tr > :first-child a")];
  if (links.length === 0) return;
  const row = document.activeElement?.closest("table[data-rows] tbody tr");
  const here = links.findIndex((link) => row?.contains(link));
  const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + step, 0), links.length - 1);
  event.preventDefault();
  links[next]?.focus();
}

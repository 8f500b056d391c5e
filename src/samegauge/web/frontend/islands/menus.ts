// <details> menus close on Esc, on a click elsewhere, and when another opens.
const OPEN = "details[data-menu][open]";

export function watchMenus(): void {
  document.addEventListener("click", (event) => closeAllBut(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll<HTMLDetailsElement>(OPEN)) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

function closeAllBut(kept: EventTarget | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>(OPEN)) {
    if (!(kept instanceof Node && menu.contains(kept))) menu.open = false;
  }
}

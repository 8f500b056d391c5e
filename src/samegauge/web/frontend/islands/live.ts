// One polite line tells what changed; a control that swapped itself keeps the focus.
export function announce(text: string): void {
  const line = document.getElementById("live");
  if (line && text && line.textContent !== text) line.textContent = text;
}

export function watchRequests(): void {
  document.addEventListener("htmx:before:request", (event) => setBusy(event, true));
  document.addEventListener("htmx:finally:request", (event) => setBusy(event, false));
  document.addEventListener("htmx:after:settle", () => {
    const said = document.querySelector<HTMLElement>("[data-announce]");
    if (said) announce(said.dataset["announce"] ?? "");
  });
}

function setBusy(event: Event, busy: boolean): void {
  if (!(event.target instanceof Element)) return;
  if (busy) event.target.setAttribute("aria-busy", "true");
  else event.target.removeAttribute("aria-busy");
}

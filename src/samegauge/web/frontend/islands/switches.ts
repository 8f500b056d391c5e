import { announce } from "./live";
import { CHOICES, choose, chosen, recalled, remember } from "./theme_choice";

const DENSITY = "samegauge.density";

export function watchSwitches(): void {
  setDensity(recalled(DENSITY) === "roomy");
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const theme = event.target.closest<HTMLElement>("[data-theme-switch]");
    if (theme) switchTheme(theme);
    if (event.target.closest("[data-density-switch]")) {
      const roomy = document.documentElement.dataset["density"] !== "roomy";
      remember(DENSITY, roomy ? "roomy" : "dense");
      setDensity(roomy);
    }
    if (event.target.closest("[data-print]")) print();
  });
}

function switchTheme(control: HTMLElement): void {
  const next = CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length] ?? "auto";
  choose(next);
  announce(control.querySelector<HTMLElement>(`[data-for="${next}"]`)?.innerText ?? "");
}

function setDensity(roomy: boolean): void {
  document.documentElement.dataset["density"] = roomy ? "roomy" : "dense";
  for (const control of document.querySelectorAll("[data-density-switch]")) {
    control.setAttribute("aria-pressed", String(roomy));
  }
}

export const CHOICES = ["auto", "light", "dark"] as const;
export type Choice = (typeof CHOICES)[number];

const KEY = "samegauge.theme";

export function recalled(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is refused in some private windows: the choice then lasts for the page
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}

export function chosen(): Choice {
  const stored = recalled(KEY);
  return CHOICES.find((choice) => choice === stored) ?? "auto";
}

export function apply(choice: Choice): void {
  const dark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const root = document.documentElement;
  root.dataset["bsTheme"] = dark ? "dark" : "light";
  root.dataset["themeChoice"] = choice;
}

export function choose(choice: Choice): void {
  remember(KEY, choice);
  apply(choice);
  document.dispatchEvent(new CustomEvent("samegauge:theme"));
}

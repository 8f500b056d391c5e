// Every text of the tablet in both languages, so that the language can be changed without network.
import { recalled, remember } from "../theme_choice";
import texts from "./words.json";
import type { Said } from "./types";

export type Word = keyof typeof texts;
export type Language = "en" | "zh";

const KEY = "samegauge.station.language";
const NAMES: Record<Language, string> = { en: "en", zh: "zh-Hant-TW" };

export function language(): Language {
  const chosen = recalled(KEY) ?? document.documentElement.lang;
  return chosen.startsWith("en") ? "en" : "zh";
}

export function speak(chosen: Language): void {
  remember(KEY, chosen);
  document.documentElement.lang = NAMES[chosen];
}

export function say(word: Word, values: Record<string, string | number> = {}): string {
  return texts[word][language()].replace(/\{(\w+)\}/g, (_whole, name: string) => String(values[name] ?? ""));
}

export function said(text: Said | string | null | undefined): string {
  if (!text) return "";
  return typeof text === "string" ? text : text[language()] || text.en || text.zh;
}

// What people wrote: in Chinese where there is Chinese.
export function own(english: string | null | undefined, chinese: string | null | undefined): string {
  return (language() === "zh" ? chinese || english : english || chinese) ?? "";
}

export function clock(when_ms: number): string {
  const at = new Date(when_ms);
  const [hour, minute] = [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, "0"));
  return `${hour ?? ""}:${minute ?? ""}`;
}

export function stamp(when_ms: number): string {
  const at = new Date(when_ms);
  const today = new Date().toDateString() === at.toDateString();
  const [month, day] = [at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0"));
  return today ? clock(when_ms) : `${String(at.getFullYear())}-${month ?? ""}-${day ?? ""} ${clock(when_ms)}`;
}

// Numbers as gauges and fingers give them, and how they are shown.
import { readGauge, valueIn, type Reading } from "./gauge_strings";

export type Typed =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "empty" | "no number" }
  | { readonly kind: "other unit"; readonly unit: string };

// Forms that a finger types too; a unit other than the step's is refused there, not converted.
const BY_HAND = new Set(["plain", "unit"]);
const TYPED = /^([+-]?)([0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)\s*([^\s0-9.,+-].*)?$/u;
const SPELLINGS: Record<string, string> = { um: "µm", "μm": "µm", '"': "in", deg: "°", Nm: "N·m", "N.m": "N·m", "N*m": "N·m" };

// Point and comma both end the whole part; a number that has two of them could mean either and is none.
export function parseTyped(text: string, unit: string): Typed {
  const plain = text.trim().replace(/^\u2212/u, "-");
  if (plain === "") return { kind: "empty" };
  const gauge = readGauge(text);
  if (typeof gauge !== "string" && !BY_HAND.has(gauge.form)) return fromGauge(gauge, unit);
  const found = TYPED.exec(plain);
  if (!found) return { kind: "no number" };
  const suffix = found[3]?.trim() ?? "";
  if (suffix && spelled(suffix) !== spelled(unit)) return { kind: "other unit", unit: suffix };
  const value = Number(`${found[1] ?? ""}${(found[2] ?? "").replace(",", ".")}`);
  return Number.isFinite(value) ? { kind: "number", value } : { kind: "no number" };
}

function fromGauge(reading: Reading, unit: string): Typed {
  const value = valueIn(reading, unit);
  return typeof value === "number" ? { kind: "number", value } : { kind: "other unit", unit: reading.unit ?? "" };
}

function spelled(unit: string): string {
  return SPELLINGS[unit] ?? unit;
}

export type Judged = "within" | "above" | "below" | "unlimited";

export function judge(value: number, lower: number | null | undefined, upper: number | null | undefined): Judged {
  if (upper !== null && upper !== undefined && value > upper) return "above";
  if (lower !== null && lower !== undefined && value < lower) return "below";
  const limited = (lower ?? null) !== null || (upper ?? null) !== null;
  return limited ? "within" : "unlimited";
}

export function shown(value: number, decimals?: number | null): string {
  const digits = typeof decimals === "number" ? { minimumFractionDigits: decimals, maximumFractionDigits: 12 } : { maximumFractionDigits: 12 };
  return new Intl.NumberFormat("en", digits).format(value).replace("-", "\u2212");
}

export function quantity(value: number, unit: string | null | undefined, decimals?: number | null): string {
  const number = shown(value, decimals);
  return unit && unit !== "1" ? `${number}\u00a0${unit}` : number;
}

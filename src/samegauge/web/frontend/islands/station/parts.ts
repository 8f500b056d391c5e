// Which part a code names and whether it may go in here: judged from the list of the shift, with network or without.
import type { Part, Step, Work } from "./types";

export type PartVerdict =
  | { readonly kind: "fits"; readonly part: Part }
  | { readonly kind: "unknown"; readonly code: string }
  | { readonly kind: "wrong item"; readonly part: Part; readonly wanted: string }
  | { readonly kind: "used"; readonly part: Part; readonly where: string }
  | { readonly kind: "blocked"; readonly part: Part };

const LABEL = /^https?:\/\/[^/]+\/([UIPS])\/([0-9a-f]{32})$/i;

// A label of ours holds an address; anything else is a serial number as it stands.
export function readCode(code: string): { readonly uid: string } | { readonly text: string } {
  const hex = LABEL.exec(code.trim())?.[2]?.toLowerCase();
  if (!hex) return { text: code.trim() };
  return { uid: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-") };
}

export function named<T extends { readonly uid: string }>(rows: readonly T[], code: string, text: (row: T) => string): T[] {
  const read = readCode(code);
  if ("uid" in read) return rows.filter((row) => row.uid === read.uid);
  const wanted = read.text.toUpperCase();
  return rows.filter((row) => text(row).toUpperCase() === wanted);
}

// `taken`: where entries have put parts, or null where they took them out again; the list may not know of it yet.
export function judgePart(step: Step, code: string, work: Work, taken: ReadonlyMap<string, string | null>): PartVerdict {
  const found = named(work.parts, code, (part) => part.serial);
  const wanted = step.item ?? "";
  const part = found.find((one) => one.item === wanted) ?? found[0];
  if (!part) return { kind: "unknown", code: "text" in readCode(code) ? code.trim() : code.slice(-12) };
  if (wanted && part.item !== wanted) return { kind: "wrong item", part, wanted };
  const listed = part.state === "used" ? (part.used_in ?? "") : null;
  const noted = taken.get(partKey(part.item, part.serial));
  const where = noted === undefined ? listed : noted;
  if (where !== null) return { kind: "used", part, where };
  if (part.state === "blocked") return { kind: "blocked", part };
  return { kind: "fits", part };
}

export function partKey(item: string, serial: string): string {
  return `${item}\n${serial}`;
}

// What gauges type or send, from the same table as formats/gauge_strings.py; one list of cases tests both.
import table from "../../../../formats/gauge_strings.json";

export interface Reading {
  readonly value: number;
  readonly decimals: number;
  readonly unit: string | null; // null: the gauge does not say, so the step must
  readonly form: string;
  readonly channel: string;
  readonly judged: string;
}

export type Reason = keyof typeof table.reasons;

interface Form {
  readonly name: string;
  readonly pattern: string;
  readonly groups: readonly string[];
  readonly refused?: string | Readonly<Record<string, string | undefined>>;
}

const LONGEST = 64;
const FORMS = (table.forms as readonly Form[]).map((form) => ({ form, pattern: new RegExp(form.pattern, "u") }));
const UNITS: Readonly<Record<string, string>> = table.units;
const SI = table.si as unknown as Readonly<Record<string, readonly [string, number]>>;

export function readGauge(text: string): Reading | Reason {
  const plain = text.replace(/^[ \t\r\n\0]+|[ \t\r\n\0]+$/gu, "").replaceAll("\u2212", "-");
  if (plain === "") return "empty";
  const outcomes = plain.length > LONGEST ? [] : FORMS.flatMap(({ form, pattern }) => outcomeOf(pattern.exec(plain), form));
  const first = outcomes[0];
  if (first === undefined) return "unknown";
  return outcomes.every((one) => meaning(one) === meaning(first)) ? first : "ambiguous";
}

// A reading without a unit is in the step's already.
export function valueIn(reading: Reading, unit: string): number | Reason {
  if (reading.unit === null || reading.unit === unit) return reading.value;
  const from = SI[reading.unit];
  const to = SI[unit];
  return from && to && from[0] === to[0] ? reading.value * (from[1] / to[1]) : "other_quantity";
}

export function said(reason: Reason): { readonly en: string; readonly zh: string } {
  return table.reasons[reason];
}

function outcomeOf(found: RegExpExecArray | null, form: Form): (Reading | Reason)[] {
  if (!found) return [];
  const parts: Readonly<Record<string, string | undefined>> = Object.fromEntries(form.groups.map((name, place) => [name, found[place + 1]]));
  if (form.refused !== undefined) {
    return [(typeof form.refused === "string" ? form.refused : form.refused[parts["status"] ?? ""]) as Reason];
  }
  const unit = form.groups.includes("unit") ? UNITS[parts["unit"] ?? ""] : null;
  if (unit === undefined) return ["unknown_unit"];
  const digits = (parts["number"] ?? "").replace(",", ".").replace(/[[\]]/gu, "");
  return [
    {
      value: Number(`${parts["sign"] ?? ""}${digits}`),
      decimals: digits.split(".")[1]?.length ?? 0,
      unit,
      form: form.name,
      channel: parts["channel"] ?? "",
      judged: parts["judged"] ?? "",
    },
  ];
}

function meaning(outcome: Reading | Reason): string {
  return typeof outcome === "string" ? outcome : JSON.stringify([outcome.value, outcome.unit, outcome.decimals]);
}

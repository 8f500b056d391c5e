// What is done at a unit, from the set of its entries alone: the same whatever order they came in.
import { judge } from "./numbers";
import { partKey } from "./parts";
import type { Entry, EntryKind, KnownEntry, Step, Unit } from "./types";

// An entry with what this tablet knows of its way.
export interface Noted extends KnownEntry {
  readonly offset_ms: number;
  readonly way: "waiting" | "sent" | "conflict" | "refused";
  readonly judged: boolean; // by the server
  readonly has_picture: boolean; // on this tablet, or sent from it
}

export interface StepState {
  readonly step: Step;
  readonly entry: Noted | null; // the one that stands
  readonly done: boolean;
  readonly outside: boolean; // measured, and not within the limits
  readonly trouble: Noted | null; // a later entry that does not count
}

export interface Progress {
  readonly steps: readonly StepState[];
  readonly missing: readonly Step[];
  readonly finish: Noted | null;
  readonly override: Noted | null;
  readonly troubled: readonly Noted[];
}

export function progressOf(unit: Unit, station: string, notes: readonly Noted[]): Progress {
  const here = ordered(notes.filter((note) => note.unit === unit.uid && note.station === station));
  const standing = withoutWithdrawn(here);
  const troubled = here.filter((note) => note.way === "conflict" || note.way === "refused");
  const steps = unit.procedure.steps.map((step) => stateOf(step, standing, troubled));
  return {
    steps,
    missing: steps.filter((state) => state.step.required && !state.done).map((state) => state.step),
    finish: last(standing, "finish"),
    override: last(standing, "override"),
    troubled,
  };
}

// The server's entries and this tablet's own as one set. Of the same entry the server's word counts: it judges anew
// with everything that has come in since.
export function merged(known: readonly KnownEntry[], own: readonly Noted[]): Noted[] {
  const all = new Map(own.map((note) => [note.id, note]));
  for (const entry of known) {
    const way = entry.outcome === "conflict" || entry.outcome === "refused" ? entry.outcome : "sent";
    const mine = all.get(entry.id);
    all.set(entry.id, { ...entry, offset_ms: mine?.offset_ms ?? 0, way, judged: true, has_picture: mine?.has_picture ?? false });
  }
  return [...all.values()];
}

export function ordered(notes: readonly Noted[]): Noted[] {
  const at = (note: Noted): number => Date.parse(note.device_time) + note.offset_ms;
  return [...notes].sort((one, other) => at(one) - at(other) || (one.id < other.id ? -1 : 1));
}

export function withoutWithdrawn(notes: readonly Noted[]): Noted[] {
  const counted = notes.filter((note) => note.way === "waiting" || note.way === "sent");
  const gone = new Set(counted.filter((note) => note.kind === "withdraw").map((note) => note.payload.entry));
  return counted.filter((note) => note.kind !== "withdraw" && !gone.has(note.id));
}

function stateOf(step: Step, standing: readonly Noted[], troubled: readonly Noted[]): StepState {
  const entry = last(standing.filter((note) => note.step === step.key), step.kind);
  const bad = last(troubled.filter((note) => note.step === step.key), step.kind);
  const judged = judge(entry?.payload.value ?? Number.NaN, step.lower, step.upper);
  return {
    step,
    entry,
    done: entry !== null && isDone(step, entry),
    outside: judged === "above" || judged === "below",
    trouble: bad && (!entry || bad.id > entry.id) ? bad : null,
  };
}

function last(notes: readonly Noted[], kind: EntryKind): Noted | null {
  return notes.filter((note) => note.kind === kind).at(-1) ?? null;
}

// The server gives a reason with an entry that is taken but leaves its step open; before it does, the same is judged here.
function isDone(step: Step, entry: Noted): boolean {
  const { payload } = entry;
  if (entry.kind === "photo" && entry.has_picture) return true;
  if (entry.judged) return !entry.reason;
  switch (entry.kind) {
    case "value":
      return ["within", "unlimited"].includes(judge(payload.value ?? Number.NaN, step.lower, step.upper));
    case "check":
      return payload.done === true;
    case "choice":
      return step.choices?.find((one) => one.value === payload.choice)?.passes !== false;
    case "note":
      return (payload.text ?? "").trim() !== "";
    case "photo":
      return false;
    default:
      return true;
  }
}

// Where entries have put parts, and null for those taken out again: the list of the shift learns of it only later.
export function partsTaken(notes: readonly Noted[], units: readonly Unit[]): Map<string, string | null> {
  const all = ordered(notes);
  const standing = new Set(withoutWithdrawn(all));
  const taken = new Map<string, string | null>();
  for (const note of all) {
    if (note.kind !== "part" || note.payload.serial === undefined) continue;
    const unit = units.find((one) => one.uid === note.unit);
    const item = unit?.procedure.steps.find((step) => step.key === note.step)?.item ?? "";
    const key = partKey(item, note.payload.serial);
    if (standing.has(note)) taken.set(key, unit?.serial ?? note.unit);
    else if (!taken.get(key)) taken.set(key, null);
  }
  return taken;
}

export type Draft = Omit<Entry, "id" | "device_time">;

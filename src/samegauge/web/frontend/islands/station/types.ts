// What the tablet and the server tell each other. Times are ISO 8601 in UTC.

export interface Said {
  readonly en: string;
  readonly zh: string;
}

export interface Person {
  readonly uid: string;
  readonly name: string;
}

export interface StationName {
  readonly uid: string;
  readonly code: string;
  readonly name: string;
  readonly name_zh: string;
  readonly sequence: number | null;
}

export interface Bootstrap {
  readonly csrf: string;
  readonly person: Person & { readonly role: string };
  readonly organisation: { readonly uid: string; readonly name: string; readonly simulated: boolean };
  readonly server_time: string;
  readonly stations: readonly StationName[];
}

export type StepKind = "value" | "check" | "choice" | "photo" | "part" | "signature" | "note";
export type EntryKind = StepKind | "finish" | "override" | "withdraw";

export interface Step {
  readonly key: string;
  readonly sequence: number;
  readonly kind: StepKind;
  readonly text: string;
  readonly text_zh: string;
  readonly required: boolean;
  readonly unit_code?: string | null;
  readonly nominal?: number | null;
  readonly lower?: number | null;
  readonly upper?: number | null;
  readonly decimals?: number | null;
  readonly instrument_kind?: string | null;
  readonly choices?: readonly { readonly value: string; readonly text: string; readonly text_zh: string; readonly passes?: boolean }[] | null;
  readonly item?: string | null;
  readonly position?: string | null;
  readonly meaning?: string | null;
  readonly meaning_zh?: string | null;
  readonly picture_url?: string | null;
}

export interface Payload {
  readonly value?: number;
  readonly unit_code?: string;
  readonly instrument?: string;
  readonly done?: boolean;
  readonly choice?: string;
  readonly sha256?: string;
  readonly name?: string;
  readonly bytes?: number;
  readonly serial?: string;
  readonly meaning?: string;
  readonly text?: string;
  readonly reason?: string;
  readonly entry?: string;
}

export interface Entry {
  readonly id: string;
  readonly unit: string;
  readonly station: string;
  readonly procedure: string;
  readonly step: string;
  readonly kind: EntryKind;
  readonly device_time: string;
  readonly payload: Payload;
}

export type Outcome = "taken" | "known" | "conflict" | "refused";

// An entry as the server gives it back.
export interface KnownEntry extends Entry {
  readonly by?: Person;
  readonly outcome?: Outcome;
  readonly reason?: Said | null;
}

export interface Hold {
  readonly holder: string;
  readonly said: string;
  readonly url: string;
}

export type UnitState = "waiting" | "here" | "held" | "released";

export interface Unit {
  readonly uid: string;
  readonly serial: string;
  readonly item: string;
  readonly item_name: string;
  readonly item_name_zh: string;
  readonly simulated: boolean;
  readonly state: UnitState;
  readonly waits_for: readonly { readonly code: string; readonly name: string; readonly name_zh?: string }[];
  readonly due: string | null;
  readonly procedure: {
    readonly uid: string;
    readonly code: string;
    readonly revision: string | number;
    readonly title: string;
    readonly title_zh: string;
    readonly steps: readonly Step[];
  };
  readonly entries: readonly KnownEntry[];
  readonly holds: readonly Hold[];
}

export interface Part {
  readonly uid: string;
  readonly serial: string;
  readonly item: string;
  readonly state: "free" | "used" | "blocked";
  readonly used_in: string | null;
}

export interface Instrument {
  readonly number: string;
  readonly name: string;
  readonly kind?: string;
  readonly due_on: string | null;
  readonly usable: boolean;
  readonly reason: Said | string | null;
}

export interface Work {
  readonly station: StationName;
  readonly server_time: string;
  readonly etag: string;
  readonly units: readonly Unit[];
  readonly parts: readonly Part[];
  readonly instruments: readonly Instrument[];
}

export interface Answer {
  readonly server_time: string;
  readonly results: readonly {
    readonly id: string;
    readonly outcome: Outcome;
    readonly reason?: Said | null;
  }[];
  readonly units: readonly (Pick<Unit, "uid" | "state" | "holds" | "entries"> & { readonly station?: string })[];
}

// What the page knows, and everything a person or a scanner can do with it. Screens only draw it.
import { announce } from "../live";
import { h } from "./dom";
import { judgePart, named } from "./parts";
import { takePicture, type Taken } from "./pictures";
import { merged, partsTaken, progressOf, type Noted, type Progress } from "./progress";
import { work as loadWork } from "./server";
import { openSession, sendAll, type Sent } from "./sender";
import { FullError, hasRoomForPictures, type Counts, type KeptWork, type Picture, type Queued, type Session, type Store } from "./store";
import type { EntryKind, Instrument, Payload, Step, Unit, Work } from "./types";
import { clock, said, say } from "./words";

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;
const RENEW_EVERY_MS = 60_000;
const SUPERVISORS = new Set(["owner", "engineer", "quality_manager"]);
const NOTHING: Counts = { waiting: 0, pictures: 0, refused: 0, conflicts: 0, others: [], last_sent_at: null };

export type Link = "unknown" | Sent;

export interface Message {
  readonly kind: "alarm" | "warning" | "ok";
  readonly text: string;
}

export interface Place {
  readonly screen: "stations" | "machines" | "machine" | "step" | "outbox";
  readonly station: string;
  readonly unit: string;
  readonly step: string;
}

export class App {
  session: Session | null = null;
  counts: Counts = NOTHING;
  link: Link = "unknown";
  kept: KeptWork | null = null;
  notes: Noted[] = [];
  queue: Queued[] = [];
  refused: Picture[] = [];
  place: Place = placeOf(location.hash);
  message: Message | null = null;
  reading = ""; // what stands in the number field
  instruments = new Map<string, string>(); // by kind, the one chosen last
  drafts = new Map<string, string>();
  taking = ""; // the entry that is about to be taken back
  holding = false; // a finger is signing: nothing may be drawn anew
  lasting: boolean | null = null;
  // One for good: drawing anew while the camera is open must not take its picture away.
  readonly camera = h("input", { type: "file", accept: "image/*", capture: "environment", hidden: true, id: "camera", change: () => void this.recordPicture() });
  #pause_ms = FIRST_PAUSE_MS;
  #timer = 0;

  constructor(readonly store: Store, readonly draw: () => void) {}

  async start(): Promise<void> {
    document.body.append(this.camera);
    this.store.watch(() => void this.look());
    addEventListener("hashchange", () => void this.go());
    addEventListener("online", () => this.soon(0));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.soon(0));
    await this.store.forgetLongSent(Date.now());
    await this.go();
    this.lasting = await navigator.storage.persist().catch(() => false);
    this.soon(0);
  }

  get unit(): Unit | null {
    return this.kept?.work.units.find((unit) => unit.uid === this.place.unit) ?? null;
  }

  get step(): Step | null {
    return this.unit?.procedure.steps.find((step) => step.key === this.place.step) ?? null;
  }

  get supervises(): boolean {
    return SUPERVISORS.has(this.session?.known.person.role ?? "");
  }

  progress(unit: Unit): Progress {
    return progressOf(unit, this.place.station, merged(unit.entries, this.notes));
  }

  // Read anew what the tablet keeps: after every change, whoever made it.
  async look(): Promise<void> {
    this.session = (await this.store.kept("session")) ?? null;
    this.counts = await this.store.counts(this.session?.owner ?? "");
    const organisation = this.session?.known.organisation.uid ?? "";
    this.kept = this.place.station ? ((await this.store.work(organisation, this.place.station)) ?? null) : null;
    this.queue = (await this.store.queue()).filter((row) => row.owner.startsWith(`${organisation}/`));
    const pictures = await this.store.pictures();
    this.refused = pictures.filter((one) => one.way === "refused" && one.owner === this.session?.owner);
    const here = new Set(pictures.filter((one) => one.way !== "refused").map((one) => one.sha256));
    this.notes = this.queue.map((row) => ({
      ...row.entry,
      by: { uid: row.owner.split("/")[1] ?? "", name: row.owner_name },
      reason: row.reason,
      offset_ms: row.offset_ms,
      way: row.way,
      judged: row.way !== "waiting",
      has_picture: here.has(row.entry.payload.sha256 ?? ""),
    }));
    if (!this.holding) this.draw();
  }

  async go(): Promise<void> {
    const before = this.place;
    this.place = placeOf(location.hash);
    if (this.place.screen === "stations" && location.hash.length < 3) {
      const remembered = await this.store.kept("station");
      if (remembered) return location.replace(`#/at/${encodeURIComponent(remembered)}`);
    }
    if (this.place.station && this.place.station !== before.station) await this.store.keep("station", this.place.station);
    if (before.unit !== this.place.unit || before.step !== this.place.step) this.forgetDraft();
    await this.look();
    if (this.place.station !== before.station) this.soon(0);
    if (before.screen !== this.place.screen || before.step !== this.place.step) scrollTo(0, 0);
  }

  forgetDraft(): void {
    this.message = null;
    this.reading = "";
    this.taking = "";
  }

  say(kind: Message["kind"], text: string): void {
    this.message = { kind, text };
    announce(text);
    this.draw();
  }

  // Sends and renews after a pause that grows while the server stays away.
  soon(after_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.exchange(), after_ms);
  }

  async exchange(): Promise<void> {
    this.link = await sendAll(this.store);
    if (this.link === "all") await this.renew();
    if (this.link === "offline" || this.link === "later" || this.link === "busy") {
      this.#pause_ms = Math.min(this.#pause_ms * 2, LONGEST_PAUSE_MS);
      this.soon(this.#pause_ms * (0.75 + Math.random() / 2));
    } else {
      this.#pause_ms = FIRST_PAUSE_MS / 2;
      this.soon(RENEW_EVERY_MS);
    }
    await this.look();
  }

  async renew(): Promise<void> {
    if (!this.place.station) return;
    const session = (await this.store.kept("session")) ?? (await openSession(this.store));
    if (typeof session === "string") return;
    const organisation = session.known.organisation.uid;
    const before = await this.store.work(organisation, this.place.station);
    const reached = await loadWork(this.place.station, before?.work.etag);
    if (reached.kind === "answer") {
      await this.store.keepWork(organisation, reached.value);
      seen(reached.value);
    }
    else if (reached.kind === "unchanged" && before) await this.store.keepWork(organisation, before.work);
    else if (reached.kind !== "refused") this.link = reached.kind === "unchanged" ? "all" : reached.kind;
  }

  // The one way in which anything is recorded: it counts once it is on the disk, and only then is it said.
  async record(kind: EntryKind, step: string, payload: Payload, picture?: Taken): Promise<boolean> {
    const [session, unit] = [this.session, this.unit];
    if (!session || !unit) return false;
    const draft = { unit: unit.uid, station: this.place.station, procedure: unit.procedure.uid, step, kind, payload };
    const kept = picture && {
      key: `${session.owner}/${picture.sha256}`, owner: session.owner, sha256: picture.sha256, blob: picture.blob, small: picture.small,
      way: "waiting" as const, reason: null,
    };
    try {
      await this.store.add(session, draft, Date.now(), kept);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.say("alarm", error instanceof FullError ? say("full") : say("not kept", { reason }));
      return false;
    }
    await this.look();
    void registerSync();
    this.soon(0);
    return true;
  }

  async recordPicture(): Promise<boolean> {
    const [place, step, file] = [this.place, this.step, this.camera.files?.[0]];
    if (!file || step?.kind !== "photo") return false;
    this.camera.value = "";
    if (!(await hasRoomForPictures(file.size))) return this.refuse(say("picture room"));
    const taken = await takePicture(file).catch(() => null);
    if (!taken) return this.refuse(say("picture none"));
    if (this.place !== place) return this.refuse(say("picture left"));
    return this.record("photo", step.key, { sha256: taken.sha256, name: file.name.slice(-120), bytes: taken.blob.size }, taken);
  }

  refuse(text: string): false {
    this.say("alarm", text);
    return false;
  }

  async recordPart(code: string): Promise<boolean> {
    const [unit, step, kept] = [this.unit, this.step, this.kept];
    if (!unit || !step || !kept) return false;
    const taken = partsTaken(merged(kept.work.units.flatMap((unit) => unit.entries), this.notes), kept.work.units);
    const verdict = judgePart(step, code, kept.work, taken);
    switch (verdict.kind) {
      case "unknown":
        this.soon(0); // it may have come in since the list was loaded
        return this.refuse(say("part unknown", { code: verdict.code, time: clock(kept.fetched_at) }));
      case "wrong item":
        return this.refuse(say("part wrong", { serial: verdict.part.serial, item: verdict.part.item, wanted: verdict.wanted }));
      case "used":
        return this.refuse(say("part used", { serial: verdict.part.serial, where: verdict.where || say("another machine") }));
      case "blocked":
        return this.refuse(say("part blocked", { serial: verdict.part.serial }));
      case "fits":
        if (await this.record("part", step.key, { serial: verdict.part.serial })) location.hash = this.wayOn(unit, step);
        return true;
    }
  }

  instrumentsFor(step: Step): Instrument[] {
    const all = this.kept?.work.instruments ?? [];
    return step.instrument_kind ? all.filter((one) => !one.kind || one.kind === step.instrument_kind) : [...all];
  }

  instrumentOf(step: Step): Instrument | null {
    const number = this.instruments.get(step.instrument_kind ?? "");
    return this.instrumentsFor(step).find((one) => one.number === number && one.usable) ?? null;
  }

  chooseInstrument(step: Step, one: Instrument): void {
    if (one.usable) {
      this.instruments.set(step.instrument_kind ?? "", one.number);
      this.message = null;
      this.draw();
      return;
    }
    const others = this.instrumentsFor(step).filter((other) => other.usable).map((other) => other.number);
    const rest = others.length > 0 ? say("instrument usable", { numbers: others.join(", ") }) : say("instrument none");
    this.say("alarm", say("instrument unusable", { reason: said(one.reason), rest }));
  }

  // Whatever was scanned is done or named; it never lands in a field by accident.
  async scanned(code: string): Promise<void> {
    const step = this.step;
    const instrument = step?.kind === "value" ? this.instrumentsFor(step).find((one) => one.number.toUpperCase() === code.trim().toUpperCase()) : undefined;
    if (step && instrument) return this.chooseInstrument(step, instrument);
    const units = named(this.kept?.work.units ?? [], code, (unit) => unit.serial);
    if (units.length > 1) return this.say("warning", say("several", { code }));
    if (units[0] && !(step?.kind === "part" && units[0].item === step.item)) return this.open(units[0]);
    const station = named(this.session?.known.stations ?? [], code, (one) => one.code)[0];
    if (station) {
      location.hash = `#/at/${encodeURIComponent(station.code)}`;
      return;
    }
    if (step?.kind === "part") {
      await this.recordPart(code);
      return;
    }
    const part = named(this.kept?.work.parts ?? [], code, (one) => one.serial)[0];
    this.say("warning", part ? say("scan elsewhere", { code: part.serial }) : say("scan unknown", { code }));
  }

  open(unit: Unit): void {
    if (unit.uid === this.place.unit) return this.say("ok", say("same machine", { serial: unit.serial }));
    location.hash = this.wayInto(unit);
  }

  // To the first step that is not done; to the list of steps when all are, or when the machine has left.
  wayInto(unit: Unit): string {
    const progress = this.progress(unit);
    const next = unit.state === "released" || progress.finish ? undefined : progress.steps.find((state) => !state.done);
    return next ? this.wayTo(unit, next.step) : this.wayTo(unit);
  }

  wayTo(unit: Unit, step?: Step): string {
    const base = `#/at/${encodeURIComponent(this.place.station)}/${unit.uid}`;
    return step ? `${base}/${encodeURIComponent(step.key)}` : base;
  }

  wayOn(unit: Unit, step: Step): string {
    const { steps } = this.progress(unit);
    const after = steps.slice(steps.findIndex((state) => state.step.key === step.key) + 1);
    return this.wayTo(unit, (after.find((state) => !state.done) ?? after[0])?.step);
  }
}

export function placeOf(hash: string): Place {
  const [first = "", station = "", unit = "", step = ""] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (first === "sent") return { screen: "outbox", station: "", unit: "", step: "" };
  if (first !== "at" || !station) return { screen: "stations", station: "", unit: "", step: "" };
  return { screen: step ? "step" : unit ? "machine" : "machines", station, unit, step };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// The service worker keeps every picture that was seen: those of the shift are looked at before the network goes.
function seen(work: Work): void {
  const steps = work.units.flatMap((unit) => unit.procedure.steps);
  for (const url of new Set(steps.map((step) => step.picture_url ?? ""))) if (url) new Image().src = url;
}

// The browser then sends also after the page was closed, where it knows how.
async function registerSync(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const sync = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync;
  await sync?.register("station-send").catch(() => undefined);
}

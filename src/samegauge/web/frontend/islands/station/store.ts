// What the tablet keeps: the shift's work, entries on their way, pictures. Every write is on the disk before it is said.
import { uuid7 } from "./identifiers";
import type { Draft, Noted } from "./progress";
import type { Bootstrap, Entry, KnownEntry, Outcome, Said, Work } from "./types";

const NAME = "samegauge-station";
const VERSION = 1;
const KEPT_AFTER_SENT_MS = 14 * 86_400_000;
const ROOM_FOR_ENTRIES = 0.85; // pictures are refused above this share, so that entries still find room

export type Way = Noted["way"];

export interface Queued {
  readonly id: string;
  readonly owner: string;
  readonly owner_name: string;
  readonly way: Way;
  readonly reason: Said | null;
  readonly offset_ms: number;
  readonly settled_at: number | null;
  readonly entry: Entry;
}

export interface Picture {
  readonly key: string; // owner and hash: the same picture of two people is sent by each
  readonly owner: string;
  readonly sha256: string;
  readonly blob: Blob | null; // gone once the server has it
  readonly small: Blob;
  readonly way: Exclude<Way, "conflict">;
  readonly reason: Said | null;
}

export interface KeptWork {
  readonly key: string;
  readonly organisation: string;
  readonly station: string;
  readonly fetched_at: number;
  readonly work: Work;
}

export interface Session {
  readonly owner: string;
  readonly known: Bootstrap;
  readonly fetched_at: number;
}

export interface Counts {
  readonly waiting: number;
  readonly pictures: number;
  readonly refused: number;
  readonly conflicts: number;
  readonly others: readonly { readonly name: string; readonly waiting: number }[];
  readonly last_sent_at: number | null;
}

interface Kept {
  device: string;
  station: string;
  session: Session;
  clock_offset_ms: number; // the server's clock minus this one's
  last_made_ms: number; // by the server's clock
  last_sent_at: number;
}

export class FullError extends Error {}

export function ownerOf(known: Bootstrap): string {
  return `${known.organisation.uid}/${known.person.uid}`;
}

export class Store {
  readonly #channel = new BroadcastChannel(NAME);

  private constructor(readonly database: IDBDatabase) {
    database.addEventListener("versionchange", () => database.close());
  }

  static async open(): Promise<Store> {
    const request = indexedDB.open(NAME, VERSION);
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore("queue", { keyPath: "id" });
      request.result.createObjectStore("pictures", { keyPath: "key" });
      request.result.createObjectStore("work", { keyPath: "key" });
      request.result.createObjectStore("kept");
    });
    return new Store(await answered(request));
  }

  // Told of every change, also of those another tab or the service worker makes.
  watch(changed: () => void): void {
    new BroadcastChannel(NAME).addEventListener("message", changed);
  }

  async kept<K extends keyof Kept>(name: K): Promise<Kept[K] | undefined> {
    return (await answered(this.#rows("kept").get(name))) as Kept[K] | undefined;
  }

  async keep<K extends keyof Kept>(name: K, value: Kept[K]): Promise<void> {
    await this.#write(["kept"], (stores) => stores("kept").put(value, name));
  }

  async device(): Promise<string> {
    const known = await this.kept("device");
    if (known) return known;
    const made = uuid7(Date.now());
    await this.keep("device", made);
    return made;
  }

  // Corrected time only moves on: whatever somebody does to the clock, the entries of one tablet stay in their order.
  async add(session: Session, draft: Draft, now_ms: number, picture?: Picture): Promise<Entry> {
    let made: Entry | undefined;
    await this.#write(["queue", "pictures", "kept"], async (stores) => {
      const last = (await answered(stores("kept").get("last_made_ms"))) as number | undefined;
      const offset = (await answered(stores("kept").get("clock_offset_ms"))) as number | undefined;
      const offset_ms = offset ?? 0;
      const time_ms = Math.max(now_ms + offset_ms, (last ?? 0) + 1);
      made = { ...draft, id: uuid7(time_ms), device_time: new Date(time_ms - offset_ms).toISOString() };
      const row: Queued = {
        id: made.id, owner: session.owner, owner_name: session.known.person.name, way: "waiting", reason: null,
        offset_ms, settled_at: null, entry: made,
      };
      stores("queue").add(row);
      stores("kept").put(time_ms, "last_made_ms");
      if (picture) stores("pictures").put(picture);
    });
    if (!made) throw new Error("nothing was written");
    return made;
  }

  async queue(): Promise<Queued[]> {
    return (await answered(this.#rows("queue").getAll())) as Queued[];
  }

  async pictures(): Promise<Picture[]> {
    return (await answered(this.#rows("pictures").getAll())) as Picture[];
  }

  async picture(key: string): Promise<Picture | undefined> {
    return (await answered(this.#rows("pictures").get(key))) as Picture | undefined;
  }

  async settle(results: readonly { id: string; outcome: Outcome; reason?: Said | null }[]): Promise<number> {
    let settled = 0;
    await this.#write(["queue", "kept"], async (stores) => {
      for (const result of results) {
        const row = (await answered(stores("queue").get(result.id))) as Queued | undefined;
        if (row?.way !== "waiting") continue;
        const way: Way = result.outcome === "refused" || result.outcome === "conflict" ? result.outcome : "sent";
        stores("queue").put({ ...row, way, reason: result.reason ?? null, settled_at: Date.now() });
        settled += 1;
      }
      if (settled) stores("kept").put(Date.now(), "last_sent_at");
    });
    return settled;
  }

  async settlePicture(key: string, refusal: Said | null): Promise<void> {
    await this.#write(["pictures", "kept"], async (stores) => {
      const row = (await answered(stores("pictures").get(key))) as Picture | undefined;
      if (!row) return;
      const sent: Picture = { ...row, way: "sent", blob: null };
      stores("pictures").put(refusal ? { ...row, way: "refused", reason: refusal } : sent);
      if (!refusal) stores("kept").put(Date.now(), "last_sent_at");
    });
  }

  // A person takes a refused entry, or tries it once more.
  async takeOut(id: string): Promise<void> {
    await this.#write(["queue"], async (stores) => {
      const row = (await answered(stores("queue").get(id))) as Queued | undefined;
      if (row?.way === "refused") stores("queue").delete(id);
    });
  }

  async tryAgain(): Promise<void> {
    await this.#write(["queue", "pictures"], async (stores) => {
      for (const name of ["queue", "pictures"] as const) {
        for (const row of (await answered(stores(name).getAll())) as (Queued | Picture)[]) {
          if (row.way === "refused") stores(name).put({ ...row, way: "waiting", reason: null });
        }
      }
    });
  }

  async counts(owner: string): Promise<Counts> {
    const [queue, pictures, last] = [await this.queue(), await this.pictures(), await this.kept("last_sent_at")];
    const waiting = queue.filter((row) => row.way === "waiting");
    const others = new Map<string, number>();
    for (const row of waiting) if (row.owner !== owner) others.set(row.owner_name, (others.get(row.owner_name) ?? 0) + 1);
    const mine = queue.filter((row) => row.owner === owner);
    return {
      waiting: waiting.filter((row) => row.owner === owner).length,
      pictures: pictures.filter((row) => row.owner === owner && row.way === "waiting").length,
      refused: mine.filter((row) => row.way === "refused").length + pictures.filter((row) => row.owner === owner && row.way === "refused").length,
      conflicts: mine.filter((row) => row.way === "conflict").length,
      others: [...others].map(([name, count]) => ({ name, waiting: count })),
      last_sent_at: last ?? null,
    };
  }

  async work(organisation: string, station: string): Promise<KeptWork | undefined> {
    return (await answered(this.#rows("work").get(`${organisation}/${station}`))) as KeptWork | undefined;
  }

  async keepWork(organisation: string, work: Work): Promise<void> {
    const station = work.station.code;
    const row: KeptWork = { key: `${organisation}/${station}`, organisation, station, fetched_at: Date.now(), work };
    await this.#write(["work", "queue"], async (stores) => {
      stores("work").put(row);
      await judgeAnew(stores("queue"), work.units);
    });
  }

  // What another organisation's person loaded is not this one's to see.
  async forgetWorkOfOthers(organisation: string): Promise<void> {
    await this.#write(["work"], async (stores) => {
      for (const row of (await answered(stores("work").getAll())) as KeptWork[]) {
        if (row.organisation !== organisation) stores("work").delete(row.key);
      }
    });
  }

  async learn(organisation: string, units: readonly Learned[]): Promise<void> {
    await this.#write(["work", "queue"], async (stores) => {
      await judgeAnew(stores("queue"), units);
      for (const row of (await answered(stores("work").getAll())) as KeptWork[]) {
        const fresh = new Map(units.filter((one) => (one.station ?? row.station) === row.station).map((one) => [one.uid, one]));
        if (row.organisation !== organisation || fresh.size === 0) continue;
        const now = row.work.units.map((unit) => ({ ...unit, ...withoutNames(fresh.get(unit.uid)) }));
        stores("work").put({ ...row, work: { ...row.work, units: now } });
      }
    });
  }

  async forgetLongSent(now_ms: number): Promise<void> {
    const old = (row: Queued): boolean => (row.way === "sent" || row.way === "conflict") && (row.settled_at ?? now_ms) < now_ms - KEPT_AFTER_SENT_MS;
    await this.#write(["queue"], async (stores) => {
      for (const row of (await answered(stores("queue").getAll())) as Queued[]) if (old(row)) stores("queue").delete(row.id);
    });
  }

  #rows(name: string): IDBObjectStore {
    return this.database.transaction(name, "readonly").objectStore(name);
  }

  async #write(names: string[], work: (stores: (name: string) => IDBObjectStore) => unknown): Promise<void> {
    const transaction = this.database.transaction(names, "readwrite", { durability: "strict" });
    const done = finished(transaction);
    try {
      await work((name) => transaction.objectStore(name));
    } catch (error) {
      if (transaction.error === null) abort(transaction);
      await done.catch(() => undefined);
      throw full(error);
    }
    await done;
    this.#channel.postMessage("changed");
  }
}

type Learned = { readonly uid: string; readonly station?: string; readonly entries: readonly KnownEntry[] };

// What has come in from elsewhere may settle a conflict, or make one.
async function judgeAnew(queue: IDBObjectStore, units: readonly Learned[]): Promise<void> {
  const known = new Map(units.flatMap((unit) => unit.entries).map((entry) => [entry.id, entry]));
  for (const row of (await answered(queue.getAll())) as Queued[]) {
    const said = known.get(row.id);
    if (!said || (row.way !== "sent" && row.way !== "conflict")) continue;
    queue.put({ ...row, way: said.outcome === "conflict" ? "conflict" : "sent", reason: said.reason ?? null });
  }
}

function withoutNames(unit: Learned | undefined): Partial<Learned> {
  if (!unit) return {};
  const { station: _station, ...fresh } = unit;
  return fresh;
}

// Two thirds of a tablet's room may be somebody else's: what the browser says it gives is what counts.
export async function hasRoomForPictures(bytes: number): Promise<boolean> {
  const { usage = 0, quota = Number.MAX_SAFE_INTEGER } = await navigator.storage.estimate();
  return usage + bytes < quota * ROOM_FOR_ENTRIES;
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    return; // it has ended by itself
  }
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(full(transaction.error)));
  });
}

function full(error: unknown): unknown {
  return error instanceof DOMException && error.name === "QuotaExceededError" ? new FullError(error.message) : error;
}

// Sends what waits, in the order in which it was made, once: ids are made here, so a second sending doubles nothing.
import { bootstrap, postEntries, putPicture, type Reached } from "./server";
import { ownerOf, type Queued, type Session, type Store } from "./store";
import type { Bootstrap } from "./types";

export const PICTURES = "samegauge-station-pictures";
const LOCK = "samegauge-station-send";
const MOST_AT_ONCE = 100;
const STEADY_OFFSET_MS = 1000;
const AHEAD_MS = 60_000;

export type Sent = "all" | "busy" | "offline" | "sign in" | "somebody else" | "later";

// Of several tabs and the service worker one sends; the others leave it to that one.
export function sendAll(store: Store): Promise<Sent> {
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? send(store) : "busy"));
}

async function send(store: Store): Promise<Sent> {
  const opened = await openSession(store);
  if (typeof opened === "string") return opened;
  const sent = await sendEntries(store, opened);
  return sent === "all" ? sendPictures(store, opened) : sent;
}

export async function openSession(store: Store): Promise<Session | Exclude<Sent, "all" | "busy">> {
  const began_ms = Date.now();
  const reached = await bootstrap();
  if (reached.kind !== "answer") return failure(reached);
  await keepClock(store, reached.value, began_ms);
  const session: Session = { owner: ownerOf(reached.value), known: reached.value, fetched_at: Date.now() };
  const before = await store.kept("session");
  await store.keep("session", session);
  const organisation = reached.value.organisation.uid;
  if (before && before.known.organisation.uid !== organisation) {
    await store.forgetWorkOfOthers(organisation);
    await caches.delete(PICTURES);
  }
  return session;
}

// Half of the round trip is the best guess of when the server looked at its clock; small wander is left alone.
async function keepClock(store: Store, known: Bootstrap, began_ms: number): Promise<void> {
  const offset_ms = Math.round(Date.parse(known.server_time) - (began_ms + Date.now()) / 2);
  const before = await store.kept("clock_offset_ms");
  if (before === undefined || Math.abs(before - offset_ms) > STEADY_OFFSET_MS) await store.keep("clock_offset_ms", offset_ms);
  // Entries made while the clock was ahead must not push all later ones ahead with them.
  const ahead_ms = ((await store.kept("last_made_ms")) ?? 0) - Date.parse(known.server_time);
  if (ahead_ms > AHEAD_MS) await store.keep("last_made_ms", Date.parse(known.server_time));
}

async function sendEntries(store: Store, session: Session): Promise<Sent> {
  for (;;) {
    const mine = (await store.queue()).filter((row) => row.way === "waiting" && row.owner === session.owner);
    const batch = firstBatch(mine);
    if (batch.length === 0) return "all";
    const sent = await sendBatch(store, session, batch);
    if (sent !== "all") return sent;
  }
}

// Entries whose clocks were corrected alike go together; `rows` are in the order of their ids.
function firstBatch(rows: readonly Queued[]): Queued[] {
  const other = rows.findIndex((row) => row.offset_ms !== rows[0]?.offset_ms);
  return rows.slice(0, Math.min(other < 0 ? rows.length : other, MOST_AT_ONCE));
}

async function sendBatch(store: Store, session: Session, batch: readonly Queued[]): Promise<Sent> {
  const reached = await postEntries(session, await store.device(), batch);
  if (reached.kind === "answer") {
    await store.learn(session.known.organisation.uid, reached.value.units);
    const asked = new Set(batch.map((row) => row.id));
    const settled = await store.settle(reached.value.results.filter((result) => asked.has(result.id)));
    return settled > 0 ? "all" : "later"; // an answer that settles nothing would be asked for for ever
  }
  if (reached.kind !== "refused") return failure(reached);
  if (batch.length === 1) {
    const reason = { en: reached.detail, zh: reached.detail };
    await store.settle(batch.map((row) => ({ id: row.id, outcome: "refused", reason })));
    return "all";
  }
  const half = Math.ceil(batch.length / 2);
  const first = await sendBatch(store, session, batch.slice(0, half));
  return first === "all" ? sendBatch(store, session, batch.slice(half)) : first;
}

async function sendPictures(store: Store, session: Session): Promise<Sent> {
  const waiting = (await store.pictures()).filter((one) => one.way === "waiting" && one.owner === session.owner);
  for (const picture of waiting) {
    if (!picture.blob) continue;
    const reached = await putPicture(session, picture, picture.blob);
    if (reached.kind === "answer" || reached.kind === "unchanged") await store.settlePicture(picture.key, null);
    else if (reached.kind === "refused") await store.settlePicture(picture.key, { en: reached.detail, zh: reached.detail });
    else return failure(reached);
  }
  return "all";
}

function failure(reached: Exclude<Reached<unknown>, { kind: "answer" }>): "offline" | "sign in" | "somebody else" | "later" {
  if (reached.kind === "offline" || reached.kind === "sign in" || reached.kind === "somebody else") return reached.kind;
  return "later";
}

// The doors of the server that the tablet knows. What cannot be reached is no error: it is the ordinary state of a hall.
import type { Picture, Queued, Session } from "./store";
import type { Answer, Bootstrap, Work } from "./types";

const PATIENCE_MS = 20_000;
const OUR_FAULT = new Set([400, 413, 415, 422]); // what was asked is wrong, and would be wrong again

export type Reached<T> =
  | { readonly kind: "answer"; readonly value: T }
  | { readonly kind: "offline" | "sign in" | "somebody else" | "unchanged" }
  | { readonly kind: "later"; readonly status: number }
  | { readonly kind: "refused"; readonly detail: string };

export function bootstrap(): Promise<Reached<Bootstrap>> {
  return asked<Bootstrap>("/api/stations/bootstrap", {});
}

export function work(station: string, etag: string | undefined): Promise<Reached<Work>> {
  const headers: Record<string, string> = etag ? { "If-None-Match": `"${etag}"` } : {};
  return asked<Work>(`/api/stations/${encodeURIComponent(station)}/work`, { headers });
}

export function postEntries(session: Session, device: string, rows: readonly Queued[]): Promise<Reached<Answer>> {
  const body = {
    entries: rows.map((row) => row.entry),
    device: { uid: device, clock_offset_ms: rows[0]?.offset_ms ?? 0 },
  };
  return asked<Answer>("/api/stations/entries", {
    method: "POST",
    headers: { ...whose(session), "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function putPicture(session: Session, picture: Picture, blob: Blob): Promise<Reached<unknown>> {
  return asked<unknown>(`/api/stations/photos/${picture.sha256}`, {
    method: "PUT",
    headers: { ...whose(session), "Content-Type": blob.type },
    body: blob,
  });
}

// The server takes nothing when another person has signed in meanwhile.
function whose({ known }: Session): Record<string, string> {
  return { "X-CSRFToken": known.csrf, "X-Person": known.person.uid, "X-Organisation": known.organisation.uid };
}

async function asked<T>(path: string, options: RequestInit): Promise<Reached<T>> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      ...options,
      headers: { Accept: "application/json", ...options.headers },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    return { kind: "offline" };
  }
  if (answer.status === 304) return { kind: "unchanged" };
  if (answer.status === 401 || answer.status === 403) return { kind: "sign in" };
  if (answer.status === 409) return { kind: "somebody else" };
  if (OUR_FAULT.has(answer.status)) return { kind: "refused", detail: await detail(answer) };
  if (!answer.ok || answer.redirected) return { kind: "later", status: answer.status };
  try {
    const text = await answer.text();
    return { kind: "answer", value: (text ? JSON.parse(text) : null) as T };
  } catch {
    return { kind: "offline" }; // cut off on its way
  }
}

async function detail(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => "");
  try {
    const said = (JSON.parse(text) as { detail?: unknown }).detail;
    return typeof said === "string" ? said : JSON.stringify(said ?? text).slice(0, 300);
  } catch {
    return text.slice(0, 300);
  }
}

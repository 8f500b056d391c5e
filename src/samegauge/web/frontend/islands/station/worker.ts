// The service worker: the shell from its own store, whole and of one version; and sending after the page was closed.
import { PICTURES, sendAll } from "./sender";
import { Store } from "./store";

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  readonly SHELL: { readonly version: string; readonly page: string; readonly files: readonly string[] };
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate" | "sync", listener: (event: Extendable) => void): void;
  addEventListener(name: "fetch", listener: (event: Fetching) => void): void;
}

const worker = globalThis as unknown as Scope;
const PREFIX = "samegauge-station-";
const CACHE = `${PREFIX}shell-${worker.SHELL.version}`;

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("sync", (event) => event.waitUntil(sendLater()));
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (url.pathname === worker.SHELL.page) event.respondWith(fromShell(event.request, worker.SHELL.page));
  else if (worker.SHELL.files.includes(url.pathname)) event.respondWith(fromShell(event.request, url.pathname));
  else if (event.request.destination === "image") event.respondWith(picture(event.request));
});

// All or nothing: after a session has ended the page would be that of signing in, and the old version stays.
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    [worker.SHELL.page, ...worker.SHELL.files].map(async (path) => {
      const answer = await fetch(path, { cache: "reload", credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(`${path}: ${answer.status}`);
      await cache.put(path, answer);
    }),
  );
  await worker.skipWaiting();
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE && name !== PICTURES);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function fromShell(request: Request, path: string): Promise<Response> {
  return (await (await caches.open(CACHE)).match(path)) ?? fetch(request);
}

// A step's picture that was seen once is there without network too.
async function picture(request: Request): Promise<Response> {
  const cache = await caches.open(PICTURES);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request)) ?? Response.error();
  }
}

async function sendLater(): Promise<void> {
  const sent = await sendAll(await Store.open());
  if (sent === "offline" || sent === "later") throw new Error(sent); // the browser tries again by itself
}

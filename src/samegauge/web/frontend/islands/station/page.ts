// The tablet's page: opens what is kept, draws it, and listens to the scanner.
import { watchScanner } from "../scanner";
import { App } from "./app";
import { h } from "./dom";
import { empty, head } from "./frame";
import { outboxScreen } from "./outbox";
import { machineScreen, machinesScreen, stationsScreen } from "./screens";
import { stepScreen, takeReading } from "./steps";
import { Store } from "./store";
import { watchTyping } from "./typing";
import { language, say, speak } from "./words";

const SCREENS = { stations: stationsScreen, machines: machinesScreen, machine: machineScreen, step: stepScreen, outbox: outboxScreen };

function draw(app: App): void {
  const [top, main] = [document.getElementById("head"), document.getElementById("main")];
  if (!top || !main) return;
  const focused = document.activeElement?.id;
  const writing = document.activeElement instanceof HTMLTextAreaElement && main.contains(document.activeElement);
  top.replaceChildren(...head(app).filter((child) => child instanceof Node));
  if (writing) return; // a text that is being written is not taken away
  main.replaceChildren(...SCREENS[app.place.screen](app).filter((child) => child instanceof Node));
  document.title = `${[app.place.station, app.unit?.serial].filter(Boolean).join(" ") || say("tablet")} · ${say("product")}`;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function begin(): Promise<void> {
  speak(language());
  document.getElementById("main")?.append(h("p", { class: "st-hint" }, say("loading")));
  if (!("indexedDB" in globalThis) || !("locks" in navigator)) {
    document.getElementById("main")?.replaceChildren(empty("lock", say("tablet"), say("unsupported")));
    return;
  }
  const store = await Store.open();
  const app: App = new App(store, () => draw(app));
  watchScanner();
  document.addEventListener("samegauge:scan", (event) => {
    event.preventDefault();
    void app.scanned((event as CustomEvent<{ code: string }>).detail.code);
  });
  watchTyping(
    () => {
      const [unit, step] = [app.unit, app.step];
      if (app.place.screen !== "step" || !unit || step?.kind !== "value") return null;
      return {
        text: app.reading,
        typed: (text) => {
          app.reading = text;
          app.draw();
        },
        entered: (text) => void takeReading(app, unit, step, text),
      };
    },
    (code) => void app.scanned(code),
  );
  await navigator.serviceWorker?.register(document.body.dataset["worker"] ?? "", { scope: document.body.dataset["scope"] ?? "" }).catch(() => undefined);
  await app.start();
}

void begin();

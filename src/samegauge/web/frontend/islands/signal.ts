// <figure data-signal-url>: draws buckets of a long signal and asks for finer ones when somebody zooms in.
import uPlot from "uplot";

import { announce } from "./live";

interface SignalSeries {
  readonly name: string;
  readonly unit: string;
  readonly minimum: (number | null)[];
  readonly maximum: (number | null)[];
}

interface Signal {
  readonly start: number; // whole range [s since 1970]
  readonly end: number;
  readonly time_s: number[];
  readonly series: SignalSeries[];
}

interface View {
  readonly start: number;
  readonly end: number;
}

const PLOT_HEIGHT_PX = 240;
const BAND_SHARE = "30%"; // so thin that dense stretches still show where highest and lowest run

class SignalView {
  #whole: View | null = null;
  #view: View | null = null;
  #signal: Signal | null = null;
  #plots: uPlot[] = [];
  #running: AbortController | null = null;
  readonly #stage: HTMLElement;

  constructor(readonly figure: HTMLElement) {
    this.#stage = figure.querySelector<HTMLElement>("[data-signal-stage]") ?? figure;
    for (const control of figure.querySelectorAll<HTMLElement>("[data-signal-move]")) {
      control.addEventListener("click", () => this.#move(control.dataset["signalMove"] ?? ""));
    }
    new ResizeObserver(() => this.#fit()).observe(this.#stage);
    document.addEventListener("samegauge:theme", () => this.#draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
    void this.load(null);
  }

  async load(view: View | null): Promise<void> {
    this.#running?.abort();
    this.#running = new AbortController();
    this.figure.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(this.#url(view), { signal: this.#running.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.#signal = (await answer.json()) as Signal;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.figure.removeAttribute("aria-busy");
      return this.#say(this.figure.dataset["failed"] ?? "");
    }
    this.figure.removeAttribute("aria-busy");
    this.#whole ??= { start: this.#signal.start, end: this.#signal.end };
    this.#view = view ?? this.#whole;
    this.#say(this.#signal.time_s.length === 0 ? (this.figure.dataset["empty"] ?? "") : "");
    this.#draw();
  }

  #url(view: View | null): string {
    const url = new URL(this.figure.dataset["signalUrl"] ?? "", location.href);
    url.searchParams.set("buckets", String(Math.max(100, Math.round(this.#stage.clientWidth))));
    if (view) {
      url.searchParams.set("start", new Date(view.start * 1000).toISOString());
      url.searchParams.set("end", new Date(view.end * 1000).toISOString());
    }
    return url.href;
  }

  #move(how: string): void {
    if (!this.#view || !this.#whole) return;
    const { start, end } = this.#view;
    const span = end - start;
    const moves: Record<string, View> = {
      earlier: { start: start - span / 2, end: end - span / 2 },
      later: { start: start + span / 2, end: end + span / 2 },
      closer: { start: start + span / 4, end: end - span / 4 },
      wider: { start: start - span / 2, end: end + span / 2 },
      whole: this.#whole,
    };
    const wanted = moves[how];
    if (wanted) void this.load({ start: Math.max(wanted.start, this.#whole.start), end: Math.min(wanted.end, this.#whole.end) });
  }

  #draw(): void {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    const signal = this.#signal;
    if (!signal || signal.time_s.length === 0) return;
    const units = [...new Set(signal.series.map((series) => series.unit))];
    this.#plots = units.map((unit) => {
      const shown = signal.series.filter((series) => series.unit === unit);
      const data: uPlot.AlignedData = [signal.time_s, ...shown.flatMap((series) => [series.minimum, series.maximum])];
      return new uPlot(this.#options(unit, shown), data, this.#stage);
    });
  }

  #options(unit: string, shown: SignalSeries[]): uPlot.Options {
    const style = getComputedStyle(this.figure);
    const token = (name: string): string => resolved(style, name);
    const axis = { stroke: token("--sg-text-2"), font: `14px ${style.fontFamily}`, labelFont: `14px ${style.fontFamily}` };
    const lines = { grid: { stroke: token("--sg-line"), width: 1 }, ticks: { stroke: token("--sg-line"), width: 1 } };
    const zone = this.figure.dataset["zone"] ?? "Asia/Taipei";
    return {
      width: this.#stage.clientWidth,
      height: PLOT_HEIGHT_PX,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      cursor: { sync: { key: this.figure.id }, drag: { x: true, y: false, setScale: false } },
      legend: { show: true, live: true },
      scales: { x: { time: true } },
      axes: [
        { ...axis, ...lines, values: (_plot, ticks, _axis, _space, step) => ticks.map((tick) => clock(tick, step, zone)) },
        { ...axis, ...lines, label: unit, size: 72, values: (_plot, ticks) => ticks.map(plain) },
      ],
      series: [
        { label: this.figure.dataset["timeWord"] ?? "", value: (_plot, seconds) => (seconds === null ? "" : clock(seconds, 1, zone)) },
        ...shown.flatMap((series, index) => {
          const stroke = token(`--sg-data-${(index % 5) + 1}`);
          const value = (_plot: uPlot, raw: number | null): string => (raw === null ? "" : `${plain(raw)} ${unit}`);
          return [
            { label: `${series.name} · ${this.figure.dataset["lowWord"] ?? ""}`, stroke, width: 1, value, points: { show: false } },
            { label: `${series.name} · ${this.figure.dataset["highWord"] ?? ""}`, stroke, width: 1, value, points: { show: false } },
          ];
        }),
      ],
      bands: shown.map((_series, index) => ({
        series: [index * 2 + 2, index * 2 + 1] as [number, number],
        fill: resolved(style, `--sg-data-${(index % 5) + 1}`, BAND_SHARE),
      })),
      hooks: { setSelect: [(plot) => this.#zoomTo(plot)] },
    };
  }

  #zoomTo(plot: uPlot): void {
    if (plot.select.width < 4) return;
    const start = plot.posToVal(plot.select.left, "x");
    const end = plot.posToVal(plot.select.left + plot.select.width, "x");
    void this.load({ start, end });
  }

  #fit(): void {
    const width = this.#stage.clientWidth;
    for (const plot of this.#plots) if (plot.width !== width) plot.setSize({ width, height: PLOT_HEIGHT_PX });
  }

  #say(message: string): void {
    const line = this.figure.querySelector("[data-signal-message]");
    if (line) line.textContent = message;
    announce(message);
  }
}

// A canvas needs a plain colour; a custom property may still hold light-dark().
function resolved(style: CSSStyleDeclaration, name: string, share = "100%"): string {
  const probe = document.createElement("span");
  probe.style.color = `color-mix(in srgb, ${style.getPropertyValue(name)} ${share}, transparent)`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function clock(seconds: number, step_s: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(new Date(seconds * 1000));
  const part = (type: string): string => parts.find((found) => found.type === type)?.value ?? "";
  const time = `${part("hour")}:${part("minute")}`;
  if (step_s >= 86_400 || (step_s > 1 && time === "00:00")) return `${part("month")}-${part("day")}`;
  return step_s < 60 ? `${time}:${part("second")}` : time;
}

function plain(value: number): string {
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 6 }).format(value).replace("-", "\u2212");
}

for (const figure of document.querySelectorAll<HTMLElement>("[data-signal-url]")) new SignalView(figure);

// The tolerance as a bar with the reading on it: what a glance tells before the figures are read.
import { svg } from "./dom";
import type { Judged } from "./numbers";
import type { Step } from "./types";

const WIDTH = 480;
const HEIGHT = 44;
const MARGIN = 24;

// One-sided limits leave the other end open; a reading beyond the picture stands at its edge, as a triangle.
export function limitPicture(step: Step, value: number | null, judged: Judged): SVGElement | null {
  const lower = step.lower ?? null;
  const upper = step.upper ?? null;
  if (lower === null && upper === null) return null;
  const low = lower ?? Math.min(step.nominal ?? 0, upper ?? 0, 0);
  const high = upper ?? (step.nominal ?? low) + Math.abs((step.nominal ?? low) - low || 1);
  const span = high - low || 1;
  const [from, to] = [low - span * 0.2, high + span * 0.2];
  const x = (at: number): number => MARGIN + ((WIDTH - 2 * MARGIN) * (Math.min(Math.max(at, from), to) - from)) / (to - from);
  const open = (at: number | null, edge: number): number => (at === null ? edge : x(at));
  const [left, right] = [open(lower, MARGIN), open(upper, WIDTH - MARGIN)];
  const line = (at: number | null | undefined, dash: string, kind: string): SVGElement | null =>
    at === null || at === undefined ? null : svg("line", { x1: x(at), x2: x(at), y1: 4, y2: 40, class: kind, "stroke-dasharray": dash });
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "st-limits", "aria-hidden": "true" },
    svg("rect", { x: MARGIN, y: 16, width: WIDTH - 2 * MARGIN, height: 12, class: "st-limits-range" }),
    svg("rect", { x: left, y: 12, width: right - left, height: 20, class: "st-limits-within" }),
    line(lower, "", "st-limits-edge"),
    line(upper, "", "st-limits-edge"),
    line(step.nominal, "4 4", "st-limits-target"),
    value === null ? null : mark(x(value), judged),
  );
}

function mark(at: number, judged: Judged): SVGElement {
  if (judged === "above" || judged === "below") {
    return svg("path", { d: `M${at - 12} 40 L${at} 18 L${at + 12} 40 Z`, class: "st-limits-outside" });
  }
  return svg("circle", { cx: at, cy: 22, r: 10, class: "st-limits-dot" });
}

// The tablet's judgements without a browser; test_station_island.py bundles and runs this with node.
import assert from "node:assert/strict";
import test from "node:test";

import { uuid7 } from "../../../../src/samegauge/web/frontend/islands/station/identifiers";
import { judge, parseTyped, quantity } from "../../../../src/samegauge/web/frontend/islands/station/numbers";
import { judgePart, named, readCode } from "../../../../src/samegauge/web/frontend/islands/station/parts";
import { merged, partsTaken, progressOf, type Noted } from "../../../../src/samegauge/web/frontend/islands/station/progress";
import type { Part, Step, Unit, Work } from "../../../../src/samegauge/web/frontend/islands/station/types";

const step = (key: string, kind: Step["kind"], more: Partial<Step> = {}): Step => ({ key, kind, sequence: 1, text: key, text_zh: key, required: true, ...more });
const STEPS = [step("torque", "value", { unit_code: "N·m", lower: 116, upper: 124 }), step("clean", "check"), step("head", "part", { item: "SH-22" }), step("photo", "photo"), step("note", "note", { required: false })];
const unit = (uid: string, serial: string): Unit => ({
  uid, serial, item: "TX", item_name: "", item_name_zh: "", simulated: true, state: "here", waits_for: [], due: null, entries: [], holds: [],
  procedure: { uid: "p", code: "SOP", revision: 1, title: "", title_zh: "", steps: STEPS },
});
const UNITS = [unit("u1", "TX-1"), unit("u2", "TX-2")];
const part = (serial: string, item: string, state: Part["state"], used_in: string | null = null): Part => ({ uid: "0190a1b2-0000-7000-8000-00000000abcd", serial, item, state, used_in });
const WORK = { units: UNITS, parts: [part("A", "SH-22", "free"), part("B", "SH-22", "used", "TX-0"), part("C", "SH-22", "blocked"), part("D", "BS-10", "free")] } as unknown as Work;

let made = 0;
function note(kind: Noted["kind"], key: string, payload: Noted["payload"], more: Partial<Noted> = {}): Noted {
  made += 1;
  return {
    id: uuid7(1_800_000_000_000 + made * 1000), unit: "u1", station: "S01", procedure: "p", step: key, kind, payload, way: "waiting", judged: false,
    device_time: new Date(1_800_000_000_000 + made * 1000).toISOString(), offset_ms: 0, has_picture: false, ...more,
  };
}

test("identifiers sort in the order in which they were made and are of version 7", () => {
  const some = [1, 2, 300, 70_000, 1_800_000_000_000].map((time_ms) => uuid7(time_ms));
  assert.deepEqual([...some].sort(), some);
  for (const one of some) assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(parseInt(uuid7(1_800_000_000_000).replaceAll("-", "").slice(0, 12), 16), 1_800_000_000_000);
});

test("a typed number has one decimal sign, and the unit of the step or none", () => {
  const value = (text: string, unit_code = "mm"): unknown => {
    const typed = parseTyped(text, unit_code);
    return typed.kind === "number" ? typed.value : typed.kind;
  };
  for (const text of ["12.345", "12,345", "+12.345", " 12.345 mm", "12.345mm"]) assert.equal(value(text), 12.345, text);
  assert.equal(value("\u22120,5"), -0.5);
  assert.equal(value(".5"), 0.5);
  assert.equal(value("120.4 Nm", "N·m"), 120.4);
  assert.equal(value("3 um", "µm"), 3);
  for (const text of ["1,234.5", "1.2.3", "abc", "12 34", "-", "."]) assert.equal(value(text), "no number", text);
  for (const text of ["12.3 in", "1e3"]) assert.equal(value(text), "other unit", text);
  assert.equal(value(""), "empty");
});

test("limits belong to the tolerance, and are judged before anything is rounded", () => {
  assert.deepEqual([116, 124, 124.04, 115.999].map((value) => judge(value, 116, 124)), ["within", "within", "above", "below"]);
  assert.equal(judge(9, null, 8), "above");
  assert.equal(judge(9, null, null), "unlimited");
  assert.equal(quantity(124.04, "N·m", 1), "124.04\u00a0N·m");
  assert.equal(quantity(-1234.5, "µm", 1), "\u22121,234.5\u00a0µm");
});

test("a part is refused when it is unknown, of another item, used or blocked; also when only this tablet knows", () => {
  const wanted = STEPS[2]!;
  const kind = (code: string, taken = new Map<string, string | null>()): string => judgePart(wanted, code, WORK, taken).kind;
  assert.deepEqual(["a", "B", "C", "D", "E"].map((code) => kind(code)), ["fits", "used", "blocked", "wrong item", "unknown"]);
  const put = note("part", "head", { serial: "A" });
  assert.equal(kind("A", partsTaken([put], UNITS)), "used");
  const back = note("withdraw", "head", { entry: put.id, reason: "x" });
  assert.equal(kind("A", partsTaken([back, put], UNITS)), "fits");
  const known = note("part", "head", { serial: "B" }, { way: "sent", judged: true });
  assert.equal(kind("B", partsTaken([known, note("withdraw", "head", { entry: known.id, reason: "x" })], UNITS)), "fits");
});

test("a label's code names the record whatever its case", () => {
  assert.deepEqual(readCode("HTTPS://HUB.TW/U/0190A1B200007000800000000000ABCD"), { uid: "0190a1b2-0000-7000-8000-00000000abcd" });
  assert.deepEqual(readCode(" SH-22 "), { text: "SH-22" });
  assert.equal(named(UNITS, "tx-2", (one) => one.serial)[0]?.uid, "u2");
});

test("what is done follows from the set of entries, not from the order they come in", () => {
  const wrong = note("value", "torque", { value: 130 });
  const right = note("value", "torque", { value: 120 });
  const check = note("check", "clean", { done: true });
  const notes = [wrong, right, check, note("withdraw", "clean", { entry: check.id, reason: "x" }), note("photo", "photo", { sha256: "a" }), note("part", "head", { serial: "A" }, { way: "conflict" })];
  const expected = progressOf(UNITS[0]!, "S01", notes);
  assert.deepEqual(expected.missing.map((one) => one.key), ["clean", "head", "photo"]);
  assert.equal(expected.steps[0]?.entry?.payload.value, 120);
  assert.equal(expected.steps[2]?.trouble?.payload.serial, "A");
  for (let turn = 0; turn < 200; turn++) {
    const shuffled = notes.map((one, place) => ({ one, key: (place * 7919 + turn * 104_729) % 1009 })).sort((one, other) => one.key - other.key).map(({ one }) => one);
    assert.deepEqual(progressOf(UNITS[0]!, "S01", merged([], [...shuffled, ...shuffled])), expected);
  }
  assert.equal(progressOf(UNITS[0]!, "S01", [wrong]).steps[0]?.outside, true);
  assert.equal(progressOf(UNITS[0]!, "S01", [wrong]).steps[0]?.done, false);
});

test("the server's word about an entry counts more than the tablet's", () => {
  const mine = note("check", "clean", { done: true });
  const { offset_ms: _offset, way: _way, judged: _judged, has_picture: _picture, ...entry } = mine;
  const refused = merged([{ ...entry, outcome: "conflict", reason: { en: "no", zh: "否" } }], [mine]);
  assert.deepEqual([refused.length, refused[0]?.way], [1, "conflict"]);
  const open = merged([{ ...entry, outcome: "taken", reason: { en: "not yet", zh: "還沒" } }], [mine]);
  assert.equal(progressOf(UNITS[0]!, "S01", open).steps[1]?.done, false);
});

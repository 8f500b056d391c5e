"""The tablet's reader of gauge strings answers every case as the platform's does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from samegauge.doors.process import Options, run
from samegauge.formats.gauge_strings import GaugeStringError, read_gauge
from samegauge.web.frontend.build import Places, _node_folder, build

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parents[1] / "formats" / "gauge_string_cases.json"
ASK = """
import { readFile } from "node:fs/promises";
import { readGauge } from "./gauge_strings.mjs";
import { parseTyped } from "./numbers.mjs";
const cases = JSON.parse(await readFile(process.argv[2], "utf8"));
const typed = [
  ["01A+00012.345\\r", "mm"], ["1 +012.34 um =", "mm"],
  ["N     +   123.56 g", "mm"], ["12,5", "mm"], ["1 in", "mm"],
];
const answers = [cases.map(([text]) => readGauge(text)), typed.map(([text, unit]) => parseTyped(text, unit))];
console.log(JSON.stringify(answers));
"""


def _ours(text: str) -> object:
    try:
        one = read_gauge(text)
    except GaugeStringError as error:
        return error.reason
    return {name: getattr(one, name) for name in ("value", "decimals", "unit", "form", "channel", "judged")}


def test_tablet_and_platform_read_alike(tmp_path: Path) -> None:
    places = Places()
    build(places)
    node = _node_folder() / "node"
    esbuild = [places.frontend / "node_modules/esbuild/bin/esbuild", "--bundle", "--format=esm", f"--outdir={tmp_path}"]
    islands = [f"islands/station/{name}.ts" for name in ("gauge_strings", "numbers")]
    run([node, *esbuild, "--out-extension:.js=.mjs", *islands], Options(cwd=places.frontend))
    (tmp_path / "ask.mjs").write_text(ASK)
    cases: Sequence[Sequence[str]] = json.loads(CASES.read_text(encoding="utf-8"))
    theirs, typed = json.loads(run([node, tmp_path / "ask.mjs", CASES]).text)
    assert theirs == [_ours(text) for text, *_rest in cases]
    assert len(theirs) > 50
    assert typed == [
        {"kind": "number", "value": 12.345},
        {"kind": "number", "value": pytest.approx(0.01234)},
        {"kind": "other unit", "unit": "g"},
        {"kind": "number", "value": 12.5},
        {"kind": "other unit", "unit": "in"},
    ]

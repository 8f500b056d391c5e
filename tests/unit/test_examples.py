"""The examples in the engines' docstrings run and give the values they show."""

from __future__ import annotations

import doctest
import importlib
import runpy
from pathlib import Path

import pytest

import samegauge

SOURCE = Path(samegauge.__file__).parent
ENGINES = sorted(
    ".".join(("samegauge", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for path in (SOURCE / "engines").rglob("*.py")
)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("name", ENGINES)
def test_examples_give_their_values(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=FLAGS, report=True)
    assert results.failed == 0, f"{results.failed} of {results.attempted} examples in {name} differ (see above)"


def test_the_engines_have_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in ENGINES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert found


SCRIPTS = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
# One line of what each prints, so that what it shows stays true.
SHOWN = {
    "decide_on_a_value": "24.9985 mm: undecided, conforms with a probability of 0.881",
    "judge_a_column": "Cpk = 1.83, at least 1.39: reached",
    "read_a_log": "line 4 is set aside: The line does not begin with a UTC time stamp",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_example_of_the_folder_runs_and_says_what_it_said(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(script), run_name="__main__")
    assert SHOWN[script.stem] in capsys.readouterr().out


def test_every_example_is_named() -> None:
    assert SHOWN.keys() == {path.stem for path in SCRIPTS}

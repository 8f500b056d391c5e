"""The examples in the engines' docstrings run and give the values they show."""

from __future__ import annotations

import doctest
import importlib
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

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import workplace

if TYPE_CHECKING:
    from collections.abc import Callable


def plain(text: str) -> str:
    """The text without the marks that keep this file from matching."""
    return text.replace("~", "")


@pytest.mark.parametrize(
    "text",
    [
        "cd /wo~rk/main",
        "see /ro~ot/.cache",
        "/ho~me/ann/file",
        "https://py~pi.org/simple",
        '"resolved": "https://registry.np~mjs.org/x"',
        "pip install --index~-url x",
        "# TO~DO later",
        "FIX~ME",
        "written by Cl~aude",
        "a language mo~del",
        "see house~.md",
        "<" * 7 + " HEAD",
        ">" * 7 + " branch",
    ],
)
def test_what_is_not_the_product(found: Callable[..., list[str]], text: str) -> None:
    (finding,) = found(workplace.findings, {"README.md": f"# A\n{plain(text)}\n"})
    assert finding.startswith("README.md:2: ")


@pytest.mark.parametrize(
    "text",
    [
        "GET ${BASE}/work/orders and ./work/parts",
        "the MTConnect agent keeps a session",
        "a heading\n=======\n",
        "CNC axis XX1, EXX",
        "../shared/data",
    ],
)
def test_words_of_the_product(found: Callable[..., list[str]], text: str) -> None:
    assert not found(workplace.findings, {"README.md": text})


def test_recordings_are_kept_as_they_came(found: Callable[..., list[str]]) -> None:
    dirt = plain("TO~DO\n") + "<" * 7 + " HEAD\n"
    assert not found(workplace.findings, {"tests/recorded/adapter.log": dirt, "data/a.csv": dirt})


def test_a_merge_mark_inside_a_python_text_is_no_leftover(found: Callable[..., list[str]]) -> None:
    mark = "<" * 7
    assert not found(workplace.findings, {"tests/test_a.py": f'x = """\n{mark} HEAD\n"""\n'})

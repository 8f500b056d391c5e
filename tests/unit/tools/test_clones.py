from __future__ import annotations

from typing import TYPE_CHECKING

from tools import clones

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGINAL = """
def totals(rows):
    "Doubles what is above one."
    total = 0
    for row in rows:
        if row.size > 1:
            total += row.size * 2
    logged = str(total)
    print(logged)
    return total
"""
RENAMED = """
def lengths(parts):
    length = 7
    for part in parts:
        if part.long > 3:
            length += part.long * 9
    shown = repr(length)
    write(shown)
    return length
"""


def test_a_renamed_copy_is_a_clone(found: Callable[..., list[str]]) -> None:
    findings = found(clones.findings, {"src/a.py": ORIGINAL, "tools/b.py": RENAMED})
    assert findings == ["tools/b.py:1: lengths is a clone of src/a.py:1 totals; share the body or say it once"]


def test_another_operator_is_another_body(found: Callable[..., list[str]]) -> None:
    assert not found(clones.findings, {"src/a.py": ORIGINAL, "src/b.py": RENAMED.replace("* 9", "+ 9")})


def test_five_statements_may_be_alike(found: Callable[..., list[str]]) -> None:
    short = "def {}(x):\n    a = x\n    b = a\n    c = b\n    d = c\n    return d\n"
    assert not found(clones.findings, {"src/a.py": short.format("f") + "\n\n" + short.format("g")})


def test_migrations_may_be_alike(found: Callable[..., list[str]]) -> None:
    assert not found(clones.findings, {"src/app/migrations/0001.py": ORIGINAL, "src/app/migrations/0002.py": RENAMED})

from __future__ import annotations

from typing import TYPE_CHECKING

from tools import complexity

if TYPE_CHECKING:
    from collections.abc import Callable

NESTED = "def tangled(rows):\n" + "".join(f"{'    ' * depth}if rows[{depth}]:\n" for depth in range(1, 7)) + " " * 28


def test_deep_nesting_is_counted(found: Callable[..., list[str]]) -> None:
    (finding,) = found(complexity.findings, {"src/a.py": f"{NESTED}pass\n"})
    assert finding == "src/a.py:1: tangled has cognitive complexity 21; at most 15"


def test_a_plain_function_is_silent(found: Callable[..., list[str]]) -> None:
    assert not found(complexity.findings, {"src/a.py": "def f(x):\n    return x if x else 0\n", "src/empty.py": ""})

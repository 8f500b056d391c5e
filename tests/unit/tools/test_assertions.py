from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import assertions

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "body",
    [
        "assert f() == 1",
        "with pytest.raises(ValueError):\n        f()",
        "self.assertEqual(f(), 1)",
        "np.testing.assert_allclose(f(), 1)",
        "expect(page).to_have_title('x')",
        "expect_rows(3)",
        "@given(x=ints)\n    def holds(x):\n        assert x\n    holds()",
    ],
)
def test_what_can_fail_counts(found: Callable[..., list[str]], body: str) -> None:
    assert not found(assertions.findings, {"tests/test_a.py": f"def test_a(self):\n    {body}\n"})


@pytest.mark.parametrize(
    "body",
    [
        "f()",
        "assert True",
        "assert 1, 'text'",
        "assert (f(), 'text')",
        "assert x == x",
        "assert f() or True",
        "def holds():\n        assert f()",
        "print(f())",
    ],
)
def test_what_cannot_fail_does_not(found: Callable[..., list[str]], body: str) -> None:
    (finding,) = found(assertions.findings, {"tests/unit/test_a.py": f"def test_a():\n    {body}\n"})
    assert finding == "tests/unit/test_a.py:1: test test_a asserts nothing that could fail"


def test_given_tests_and_methods_are_looked_at(found: Callable[..., list[str]]) -> None:
    code = "@given(ints)\ndef test_a(x):\n    f(x)\n\n\nclass Suite:\n    async def test_b(self):\n        f()\n"
    assert len(found(assertions.findings, {"tests/suite.py": code})) == 2


def test_a_helper_keeps_what_its_name_promises(found: Callable[..., list[str]]) -> None:
    code = "def assert_rows(rows):\n    print(rows)\n\n\ndef test_a():\n    assert_rows([])\n"
    assert found(assertions.findings, {"tests/test_a.py": code}) == [
        "tests/test_a.py:1: helper assert_rows asserts nothing that could fail"
    ]

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import sizes

if TYPE_CHECKING:
    from collections.abc import Callable


def lines(count: int) -> str:
    return "\n".join(f"    x = {number}" for number in range(count))


def test_sixty_lines_and_a_docstring_fit(found: Callable[..., list[str]]) -> None:
    code = f'def f():\n    """Why.\n\n    More.\n    """\n{lines(59)}\n'
    assert not found(sizes.findings, {"src/a.py": code})


def test_sixty_one_lines_do_not(found: Callable[..., list[str]]) -> None:
    assert found(sizes.findings, {"src/a.py": f"def f():\n{lines(60)}\n"}) == ["src/a.py:1: f has 61 lines; at most 60"]


def test_arguments_are_counted_without_self(found: Callable[..., list[str]]) -> None:
    code = "class A:\n    def f(self, a, b, c, d, e, *, g): ...\n\n\ndef h(a, b, c, d, e, f, /, g): ...\n"
    (finding,) = found(sizes.findings, {"src/a.py": code})
    assert finding == "src/a.py:5: h has 7 arguments; at most 6, else a frozen dataclass"


def test_files_warn_and_then_fail(found: Callable[..., list[str]]) -> None:
    findings = found(sizes.findings, {"src/a.py": "x = 1\n" * 401, "src/b.html": "<p>\n" * 601})
    assert findings == [
        "src/a.py:1: warning: 401 lines; the aim is 400",
        "src/b.html:1: 601 lines; at most 600",
    ]


@pytest.mark.parametrize("caught", ["", " Exception", " (ValueError, BaseException)", " builtins.Exception as error"])
def test_broad_excepts(found: Callable[..., list[str]], caught: str) -> None:
    code = f"try:\n    f()\nexcept{caught}:\n    pass\n"
    (finding,) = found(sizes.findings, {"src/a.py": code, "src/samegauge/core/jobs.py": code})
    assert finding.startswith("src/a.py:3: broad except")


def test_cleaning_up_and_raising_again_hides_nothing(found: Callable[..., list[str]]) -> None:
    assert not found(sizes.findings, {"src/a.py": "try:\n    f()\nexcept BaseException:\n    g()\n    raise\n"})


def test_suppressing_everything_is_broad_too(found: Callable[..., list[str]]) -> None:
    code = "with contextlib.suppress(Exception):\n    f()\nwith suppress(OSError):\n    f()\n"
    (finding,) = found(sizes.findings, {"src/a.py": code})
    assert finding.startswith("src/a.py:1: suppresses every exception")


def test_names_that_say_nothing(found: Callable[..., list[str]]) -> None:
    code = "class FileHandler: ...\n\n\nclass PartManager: ...\n\n\nclass Handle: ...\n"
    findings = found(sizes.findings, {"src/date_utils.py": "", "src/helpers/a.py": "", "src/b.py": code})
    assert [finding.partition(" ")[0] for finding in findings] == [
        "src/b.py:1:",
        "src/b.py:4:",
        "src/date_utils.py:1:",
        "src/helpers/a.py:1:",
    ]


def test_manager_is_a_word_of_django(found: Callable[..., list[str]]) -> None:
    code = (
        "class A(models.Manager): ...\n\n\nclass ScopedManager(models.Manager): ...\n\n\n"
        "class PersonManager(BaseUserManager.from_queryset(Rows)): ...\n"
    )
    assert not found(sizes.findings, {"src/a.py": code})

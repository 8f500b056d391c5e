"""Cognitive complexity of each function, as complexipy counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from complexipy import code_complexity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, Repository

MOST = 15


def findings(repository: Repository) -> Iterator[Finding]:
    for source in repository.python("src", "tools", "tests", "bench", "examples"):
        if source.is_migration or not source.nodes[1:]:
            continue
        for function in code_complexity(source.text).functions:
            if function.complexity > MOST:
                message = f"{function.name} has cognitive complexity {function.complexity}; at most {MOST}"
                yield source.finding(function.line_start, message)

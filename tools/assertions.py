"""Tests that assert nothing, and helpers named assert_* or expect_* that do not either."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tools.source import FunctionNode, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, Repository

# assert_allclose, expect_rows, unittest's assertEqual, Playwright's expect(page)
ASSERTING_NAME = re.compile(r"^(assert_\w+|expect_\w+|assert[A-Z]\w*|expect)$")
ASSERTING_CALLS = ("pytest.raises", "pytest.warns", "pytest.deprecated_call", "pytest.fail", "raises", "warns")


def is_hollow(test: ast.expr) -> bool:
    """True for what holds whatever the code does: a constant, a full tuple, a thing compared with itself."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple | ast.List | ast.Dict | ast.JoinedStr | ast.Lambda):
        return True
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        return ast.dump(test.left) == ast.dump(test.comparators[0])
    if isinstance(test, ast.BoolOp):
        hollow = [is_hollow(value) for value in test.values]
        return any(hollow) if isinstance(test.op, ast.Or) else all(hollow)
    return False


def is_assertion(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return not is_hollow(node.test)
    if isinstance(node, ast.Call):
        name = dotted(node.func)
        return name in ASSERTING_CALLS or bool(ASSERTING_NAME.match(name.rpartition(".")[2]))
    return False


def reached(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes that run with the function: the body of an inner function counts only if its name is used."""
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, FunctionNode) or node.name in used:
            waiting.extend(ast.iter_child_nodes(node))


def asserts(function: FunctionNode) -> bool:
    return any(is_assertion(node) for node in reached(function))


def abstract(function: FunctionNode) -> bool:
    """An inherited suite's hook: it does nothing but raise NotImplementedError."""
    last = function.body[-1]
    return isinstance(last, ast.Raise) and last.exc is not None and dotted(last.exc) == "NotImplementedError"


def findings(repository: Repository) -> Iterator[Finding]:
    for source in repository.python("tests"):
        for function in source.functions:
            is_test = function.name.startswith("test_") or function.name == "test"
            is_named_so = function.name.startswith(("assert_", "expect_"))
            if (is_test or is_named_so) and not asserts(function) and not abstract(function):
                kind = "test" if is_test else "helper"
                yield source.finding(function, f"{kind} {function.name} asserts nothing that could fail")

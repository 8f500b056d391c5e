"""Sizes and names of the house: functions, arguments, files, broad excepts, names that say nothing."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.source import FunctionNode, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, Repository, Source

FUNCTION_LINES = 60
ARGUMENTS = 6
FILE_LINES = 600
FILE_LINES_AIM = 400
FILE_KINDS = (".py", ".html", ".css", ".js", ".ts", ".sh", ".sql")

# The edges that must survive whatever a task or a device throws, and report it.
BROAD_EXCEPT_EDGES = {
    "src/samegauge/core/attention/refreshing*": "one concern that fails is named on the page, and the others go on",
    "src/samegauge/core/jobs*": "the worker loop records the failure of a job and goes on",
    "src/samegauge/edge/supervisor*": "the device supervisor restarts a driver whatever ended it",
}
BROAD = {"Exception", "BaseException"}

EMPTY_FILE_NAME = re.compile(r"^(?:\w+_)?(?:utils?|helpers?|managers?|handlers?)$")
EMPTY_CLASS_NAME = re.compile(r"(?:Utils?|Helpers?|Managers?|Handlers?)$")


def function_length(function: FunctionNode) -> int:
    first = function.body[0]
    is_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def argument_count(function: FunctionNode) -> int:
    spec = function.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def function_findings(source: Source) -> Iterator[Finding]:
    for function in source.functions:
        if (lines := function_length(function)) > FUNCTION_LINES:
            yield source.finding(function, f"{function.name} has {lines} lines; at most {FUNCTION_LINES}")
        if (count := argument_count(function)) > ARGUMENTS:
            message = f"{function.name} has {count} arguments; at most {ARGUMENTS}, else a frozen dataclass"
            yield source.finding(function, message)


def file_findings(source: Source) -> Iterator[Finding]:
    lines = len(source.lines)
    if lines > FILE_LINES:
        yield source.finding(1, f"{lines} lines; at most {FILE_LINES}")
    elif lines > FILE_LINES_AIM:
        yield source.finding(1, f"{lines} lines; the aim is {FILE_LINES_AIM}", warning=True)


def is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(dotted(kind).rpartition(".")[2] in BROAD for kind in kinds)


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and passing the same exception on hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def except_findings(source: Source) -> Iterator[Finding]:
    if any(fnmatch(source.path, edge) for edge in BROAD_EXCEPT_EDGES):
        return
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type) and not raises_again(node):
            yield source.finding(node, "broad except; name the exceptions (edges are listed in tools/sizes.py)")
        elif isinstance(node, ast.Call) and dotted(node.func).endswith("suppress") and any(map(is_broad, node.args)):
            yield source.finding(node, "suppresses every exception; name them")


def is_django_manager(node: ast.ClassDef) -> bool:
    return node.name.endswith("Manager") and any(
        dotted(base).split(".")[-1].endswith(("Manager", "from_queryset")) for base in node.bases
    )


def name_findings(source: Source) -> Iterator[Finding]:
    parts = PurePosixPath(source.path).with_suffix("").parts
    for part in parts:
        if EMPTY_FILE_NAME.match(part):
            yield source.finding(1, f"the name {part!r} says nothing; name what is inside")
    for node in source.classes:
        if EMPTY_CLASS_NAME.search(node.name) and not is_django_manager(node):
            yield source.finding(node, f"the name {node.name} says nothing; name what it is")


def findings(repository: Repository) -> Iterator[Finding]:
    rooms = ("src/", "tools/", "tests/", "bench/", "examples/", "dev")
    for source in repository.texts(rooms, (*FILE_KINDS, "dev")):
        if source.is_migration:
            continue
        yield from file_findings(source)
        yield from function_findings(source) if source.path.endswith(".py") else ()
        yield from except_findings(source) if source.path.endswith(".py") else ()
        yield from name_findings(source)

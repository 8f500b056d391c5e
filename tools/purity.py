"""The engines calculate: no web, database, clock, environment, file or hidden randomness gets in."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tools.doors import expanded, full_names
from tools.source import dotted, imported_modules, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, Repository

ENGINES = "src/samegauge/engines"

# A solver joins this list together with its decision record.
ALLOWED = (
    *("__future__", "abc", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses", "datetime"),
    *("decimal", "enum", "fractions", "functools", "hashlib", "heapq", "itertools", "math", "numbers", "operator"),
    *("re", "statistics", "string", "struct", "types", "typing", "warnings"),
    *("numpy", "scipy", "numba", "samegauge.engines", "samegauge.quantities"),
)
# Parts of the allowed that read or write files.
FORBIDDEN = ("scipy.io", "scipy.datasets", "numpy.ctypeslib", "numpy.f2py", "numpy.testing")
NUMPY_FILES = ("load", "save", "savez", "savez_compressed", "loadtxt", "savetxt", "genfromtxt", "fromfile", "memmap")
FORBIDDEN_CALLS = {
    **dict.fromkeys(("open", "input", "print", "breakpoint"), "an engine neither reads nor writes the world"),
    **dict.fromkeys((f"numpy.{name}" for name in NUMPY_FILES), "an engine touches no file"),
    **dict.fromkeys(
        (f"datetime.{name}" for name in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")),
        "an engine has no clock; take the time as an argument",
    ),
}
CLOCK_METHODS = (".now", ".utcnow", ".today")
SEEDED = "numpy.random.default_rng"


def call_fault(node: ast.Call, name: str) -> str:
    if name in FORBIDDEN_CALLS:
        return FORBIDDEN_CALLS[name]
    if name.startswith("datetime.") and name.endswith(CLOCK_METHODS):
        return "an engine has no clock; take the time as an argument"
    if name == SEEDED and not (node.args or node.keywords):
        return "randomness without a seed; take the generator or a seed as an argument"
    return "an engine touches no file" if name.endswith(".tofile") else ""


def import_faults(node: ast.AST, package: str) -> Iterator[str]:
    for module in imported_modules(node, package):
        if not within(module, ALLOWED) or within(module, FORBIDDEN):
            yield f"imports {module}; what engines may import stands in tools/purity.py"


def call_faults(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = expanded(dotted(node.func), names)
        if fault := call_fault(node, name):
            yield f"calls {name}(): {fault}"


def findings(repository: Repository) -> Iterator[Finding]:
    for source in repository.python(ENGINES):
        names = full_names(source)
        package = source.path.removeprefix("src/").rpartition("/")[0].replace("/", ".")
        for node in source.nodes:
            for fault in (*import_faults(node, package), *call_faults(node, names)):
                yield source.finding(node, fault)

"""The docstring contract of the engines: numpydoc that agrees with the signature, with units, source and example."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tools.source import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, FunctionNode, Repository

ENGINES = "src/samegauge/engines"
NUMERIC = re.compile(r"\b(float|int|complex|ndarray|NDArray|ArrayLike|floating|integer|Fraction|Decimal|\w+Array)\b")
NOT_NUMERIC = re.compile(r"\b(bool_?|BoolArray|Literal|str_?)\b")
# A unit stands alone in its brackets: not `list[int]`, not the interval `[0, 1]`.
UNIT = re.compile(r"(?<![\w\])])\[(?![\d.\s+-]+[,;])[^\[\],;]+\]")
UNDERLINE = re.compile(r"^-{3,}\s*$")
NEXT_SENTENCE = re.compile(r"[.?!]\s+[A-Z]")


@dataclass(frozen=True)
class Entry:
    """One entry of a Parameters or Returns section: its head line and the indented text below."""

    head: str
    text: str

    @property
    def names(self) -> list[str]:
        return [name.strip().lstrip("*") for name in self.head.split(":")[0].split(",")]


def sections(docstring: str) -> tuple[str, dict[str, list[str]]]:
    """The paragraph before the first section, and the lines of each section by its title."""
    lines = docstring.splitlines()
    starts = [at for at in range(len(lines) - 1) if lines[at].strip() and UNDERLINE.match(lines[at + 1].strip())]
    bounds = [*starts, len(lines)]
    named = {lines[a].strip(): lines[a + 2 : b] for a, b in pairwise(bounds)}
    return "\n".join(lines[: bounds[0]]).strip(), named


def entries(lines: list[str]) -> list[Entry]:
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.strip() and not line.startswith(" "):
            found.append((line.strip(), []))
        elif found:
            found[-1][1].append(line.strip())
    return [Entry(head, f"{head} {' '.join(text)}") for head, text in found]


def is_numeric(annotation: ast.expr | None) -> bool:
    text = ast.unparse(annotation) if annotation else ""
    return bool(NUMERIC.search(text)) and not NOT_NUMERIC.search(text)


def arguments(function: FunctionNode) -> list[ast.arg]:
    spec = function.args
    extra = [argument for argument in (spec.vararg, spec.kwarg) if argument]
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *extra]


def summary_faults(summary: str) -> Iterator[str]:
    first = summary.split("\n\n", maxsplit=1)[0].strip()
    if not first.endswith((".", "?")):
        yield "the summary is not a sentence (it ends without . or ?)"
    elif NEXT_SENTENCE.search(first.replace("\n", " ")):
        yield "the summary is more than one sentence; the rest belongs to Notes"


def parameter_faults(function: FunctionNode, lines: list[str]) -> Iterator[str]:
    documented = {name: entry for entry in entries(lines) for name in entry.names}
    signature = {argument.arg: argument for argument in arguments(function)}
    for name in signature.keys() - documented.keys():
        yield f"parameter {name} is not documented"
    for name in documented.keys() - signature.keys():
        yield f"{name} is documented but is no parameter"
    for name in signature.keys() & documented.keys():
        if is_numeric(signature[name].annotation) and not UNIT.search(documented[name].text):
            yield f"numeric parameter {name} has no [unit] ([1] for a pure number)"


def return_faults(function: FunctionNode, named: dict[str, list[str]]) -> Iterator[str]:
    annotation = function.returns
    if annotation is None or (isinstance(annotation, ast.Constant) and annotation.value is None):
        return
    found = entries(named.get("Returns") or named.get("Yields") or [])
    if not found:
        yield "no Returns section"
    elif is_numeric(annotation):
        for entry in found:
            if not UNIT.search(entry.text) and not NOT_NUMERIC.search(entry.head):
                yield f"numeric return {entry.names[0]} has no [unit] ([1] for a pure number)"


def raise_faults(function: FunctionNode, lines: list[str]) -> Iterator[str]:
    text = "\n".join(lines)
    raised = {
        dotted(node.exc).rpartition(".")[2] for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc
    }
    for name in sorted(raised):
        if name[:1].isupper() and name not in text:
            yield f"raises {name}, which the Raises section does not name"


def section_faults(named: dict[str, list[str]]) -> Iterator[str]:
    for title, wanted in (("Notes", "equation, assumptions, range of validity"), ("References", "standard or DOI")):
        if not any(line.strip() for line in named.get(title, [])):
            yield f"no {title} section ({wanted})"
    example = [line.strip() for line in named.get("Examples", named.get("Example", []))]
    code = [line for line in example if line.startswith(">>>")]
    values = [line for line in example if line and not line.startswith((">>>", "..."))]
    if not code or not values:
        yield "no runnable example with its value (>>> in an Examples section)"


def faults(function: FunctionNode) -> Iterator[str]:
    docstring = ast.get_docstring(function)
    if not docstring:
        yield "no docstring"
        return
    summary, named = sections(docstring)
    yield from summary_faults(summary)
    yield from sorted(parameter_faults(function, named.get("Parameters", [])))
    yield from return_faults(function, named)
    yield from raise_faults(function, named.get("Raises", []))
    yield from section_faults(named)


def public_functions(tree: ast.Module) -> Iterator[FunctionNode]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def findings(repository: Repository) -> Iterator[Finding]:
    for source in repository.python(ENGINES):
        for function in public_functions(source.tree):
            for fault in faults(function):
                yield source.finding(function, f"{function.name}: {fault}")

"""Cloned function bodies: six statements or more, equal once names, attributes and constants are taken away."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from tools.source import body_without_docstring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, FunctionNode, Repository, Source

LEAST_STATEMENTS = 6


def shape(node: ast.AST) -> Iterator[str]:
    """The kinds of nodes in order: identifiers are left out, of a constant only its type is kept."""
    yield type(node).__name__
    if isinstance(node, ast.Constant):
        yield type(node.value).__name__
        return
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield field
            yield from shape(value)
        elif isinstance(value, list):
            yield f"{field}["
            for item in value:
                yield from shape(item) if isinstance(item, ast.AST) else ()
            yield "]"


def statements(function: FunctionNode) -> int:
    return sum(isinstance(node, ast.stmt) for part in body_without_docstring(function) for node in ast.walk(part))


def long_functions(repository: Repository) -> Iterator[tuple[Source, FunctionNode]]:
    for source in repository.python("src", "tools"):
        for function in () if source.is_migration else source.functions:
            if statements(function) >= LEAST_STATEMENTS:
                yield source, function


def findings(repository: Repository) -> Iterator[Finding]:
    alike: dict[str, list[tuple[Source, FunctionNode]]] = defaultdict(list)
    for source, function in long_functions(repository):
        body = " ".join(word for part in body_without_docstring(function) for word in shape(part))
        alike[body].append((source, function))
    for (first, original), *others in alike.values():
        for source, function in others:
            place = f"{first.path}:{original.lineno} {original.name}"
            yield source.finding(function, f"{function.name} is a clone of {place}; share the body or say it once")

"""Docstrings that merely say the name again: nearly every word of them is in the name, its class or its parameters."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, FunctionNode, Repository

MOST_OVERLAP = 0.8
WORD = re.compile(r"[a-z]+|[\u4e00-\u9fff]")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
FILLER = re.compile(
    r"an?|the|this|that|these|those|of|for|from|to|in|on|at|by|with|and|or|is|are|be|its?|as|into|if|all|any|each|given"
    r"|gets?|returns?|sets?|do|does|makes?|class(?:es)?|functions?|methods?|modules?|objects?|instances?|values?|tests?"
    r"|whether|one|when|which"
)
ENDINGS = tuple(re.findall(r"\w+", "ations ation ings ing ies ions ion ers er ors or ed es s e y"))
LEAST_STEM = 3


def stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM:
            return word.removesuffix(ending)
    return word


def stems(text: str) -> set[str]:
    return {stem(part.lower()) for part in PART.findall(text)}


def said(docstring: str) -> set[str]:
    return {stem(word) for word in WORD.findall(docstring.lower()) if not FILLER.fullmatch(word)}


def restates(docstring: str, known: set[str]) -> bool:
    words = said(docstring)
    return len(words & known) >= MOST_OVERLAP * len(words)


def named_nodes(tree: ast.AST, owner: str = "") -> Iterator[tuple[FunctionNode | ast.ClassDef, str]]:
    for node in ast.iter_child_nodes(tree):
        is_class = isinstance(node, ast.ClassDef)
        if is_class or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, owner
        yield from named_nodes(node, node.name if is_class else owner)


def known_words(node: FunctionNode | ast.ClassDef, owner: str) -> set[str]:
    known = stems(node.name) | stems(owner)
    if not isinstance(node, ast.ClassDef):
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            known |= stems(argument.arg)
    return known


def findings(repository: Repository) -> Iterator[Finding]:
    for source in repository.python("src", "tools", "tests", "bench", "examples"):
        module = ast.get_docstring(source.tree)
        if module and restates(module, stems(source.path)):
            yield source.finding(1, "the module's docstring only says its name again; say why or drop it")
        for node, owner in named_nodes(source.tree):
            docstring = ast.get_docstring(node)
            if docstring and restates(docstring, known_words(node, owner)):
                yield source.finding(node, f"the docstring of {node.name} only says its name again; say why or drop it")

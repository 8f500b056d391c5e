"""The repository as the checks see it: every file read and parsed once, every finding with its place."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMPORTING_CALLS = ("importlib.import_module", "import_module", "__import__")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Finding:
    """One breach and its place; a warning is shown but does not fail the run."""

    path: str
    line: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.message}"


class Source:
    """One text file, addressed by its path from the repository root."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """Empty where the file does not parse: ruff reports that, with the reason."""
        try:
            return ast.parse(self.text)
        except SyntaxError:
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @property
    def functions(self) -> Iterator[FunctionNode]:
        return (node for node in self.nodes if isinstance(node, FunctionNode))

    @property
    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in self.nodes if isinstance(node, ast.ClassDef))

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path

    def finding(self, node: ast.AST | int, message: str, *, warning: bool = False) -> Finding:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Finding(self.path, line, message, warning=warning)


class Repository:
    """All files git tracks or would track; outside a git checkout, all files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sources: dict[str, Source | None] = {}

    @cached_property
    def paths(self) -> tuple[str, ...]:
        if (self.root / ".git").exists():
            command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            listed = subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout
            names = [name for name in listed.split("\0") if name]
        else:
            names = [path.relative_to(self.root).as_posix() for path in self.root.rglob("*")]
        return tuple(sorted(name for name in set(names) if (self.root / name).is_file()))

    def source(self, path: str) -> Source | None:
        """Nothing for a file that is missing or is not UTF-8 text."""
        if path not in self._sources:
            file = self.root / path
            data = file.read_bytes() if file.is_file() else b"\0"
            try:
                self._sources[path] = None if b"\0" in data else Source(path, data.decode())
            except UnicodeDecodeError:
                self._sources[path] = None
        return self._sources[path]

    def texts(self, folders: tuple[str, ...] = ("",), suffixes: tuple[str, ...] = ("",)) -> Iterator[Source]:
        for path in self.paths:
            if path.startswith(folders) and path.endswith(suffixes) and (source := self.source(path)):
                yield source

    def python(self, *folders: str) -> Iterator[Source]:
        return self.texts(tuple(f"{folder}/" for folder in folders), (".py",))


def body_without_docstring(node: FunctionNode | ast.ClassDef | ast.Module) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def dotted(node: ast.AST) -> str:
    """`a.b.c` of names and attributes; a call or subscript on the way is passed through: `a.b().c` is `a.b.c`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    return ""


def origin(node: ast.ImportFrom, package: str) -> str:
    """The full name of the module imported from; relative to the package where it starts with dots."""
    parents = package.split(".")
    anchor = parents[: len(parents) - node.level + 1] if node.level else []
    return ".".join([*anchor, node.module] if node.module else anchor)


def imported_modules(node: ast.AST, package: str = "") -> list[str]:
    """Full names of what an import statement, or a call that imports by a constant name, brings in."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = origin(node, package)
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and dotted(node.func) in IMPORTING_CALLS:
        return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return []


def within(module: str, prefixes: tuple[str, ...]) -> str:
    """The prefix under which the module falls, or nothing."""
    return next((prefix for prefix in prefixes if module == prefix or module.startswith(f"{prefix}.")), "")

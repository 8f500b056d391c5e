from __future__ import annotations

import ast
import subprocess
from typing import TYPE_CHECKING

from tools.source import Repository, Source, dotted, imported_modules

if TYPE_CHECKING:
    from pathlib import Path


def test_in_a_checkout_ignored_and_deleted_files_are_left_out(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for name in (".gitignore", "kept.py", "gone.py", "ignored.log"):
        (tmp_path / name).write_text("*.log\n" if name == ".gitignore" else "")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / "gone.py").unlink()
    (tmp_path / "new.py").write_text("")
    assert Repository(tmp_path).paths == (".gitignore", "kept.py", "new.py")


def test_bytes_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    assert list(Repository(tmp_path).texts()) == []


def test_a_file_that_does_not_parse_is_left_to_the_linter() -> None:
    assert list(Source("a.py", "def f(:").functions) == []


def test_dotted_passes_through_calls_and_subscripts() -> None:
    expression = ast.parse("a.b('x')[0].c()", mode="eval").body
    assert dotted(expression) == "a.b.c"


def test_imported_modules_in_every_form() -> None:
    code = "import os.path\nfrom xml import sax\nfrom . import near\nfrom ..far import y\n__import__('pickle')\nf('a')"
    nodes = ast.walk(ast.parse(code))
    names = [name for node in nodes for name in imported_modules(node, "room.part")]
    assert sorted(names) == ["os.path", "pickle", "room.far.y", "room.part.near", "xml.sax"]

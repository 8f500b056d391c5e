"""What the page measurements share: a fresh site on each database, and times as median and 95th percentile."""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Times:
    median_ms: float
    p95_ms: float


def timed(work: Callable[[], Any], rounds: int) -> Times:
    """Time `work` after five warm-up calls; [ms]."""
    for _ in range(5):
        work()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e3)
    return Times(statistics.median(taken), statistics.quantiles(taken, n=20)[18])


def on_both_databases(measure: Callable[[], list[dict[str, Any]]]) -> int:
    """Measure on SQLite and then on a private PostgreSQL, each in a process of its own; print all claims together."""
    if "--here" in sys.argv:
        print(json.dumps(measure()))
        return 0
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from support.suite import postgresql

    rows = _measured_apart({})
    with postgresql() as url:
        if url is None:
            print("PostgreSQL is not installed here: measured on SQLite only.")
        else:
            rows += _measured_apart({"SAMEGAUGE_DATABASE_URL": url})
    report(rows)
    return 0


def _measured_apart(environment: dict[str, str]) -> list[dict[str, Any]]:
    command = [sys.executable, sys.argv[0], "--here"]
    done = subprocess.run(command, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def open_site() -> None:
    """Start Django on the database that SAMEGAUGE_DATABASE_URL names, else on SQLite in a home that ends with us."""
    os.environ["SAMEGAUGE_HOME"] = home = tempfile.mkdtemp(prefix="samegauge-bench-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "samegauge.web.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def database_name() -> str:
    from django.db import connection

    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]


def settle() -> None:
    """Let PostgreSQL count what was filled in, as its autovacuum does, and freeze what is loaded, as cli.web does."""
    from django.db import connection

    from samegauge.core.database_walls.building import as_owner

    if connection.vendor == "postgresql":
        with as_owner(connection), connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    gc.collect()
    gc.freeze()


def member(role: str = "owner") -> tuple[Any, Any]:
    """Return a signed-in test client and its organisation."""
    from django.test import Client

    from samegauge.core.organisations.models import Membership, Organisation, Person

    organisation = Organisation.objects.create(name="Bench", kind="machine_builder")
    person = Person.objects.create(username=f"bench-{time.time_ns()}")
    Membership.objects.create(person=person, organisation=organisation, role=role)
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client, organisation


def report(rows: list[dict[str, Any]]) -> None:
    """Print a table and, last, one line of JSON with `ours`, `peer` and `ratio` per claim."""
    print(f"{'claim':58} {'ours':>10} {'peer':>10} {'ratio':>8}  unit")
    for row in rows:
        peer, ratio = (f"{row[key]:.2f}" if row[key] is not None else "-" for key in ("peer", "ratio"))
        print(f"{row['name']:58} {row['ours']:10.2f} {peer:>10} {ratio:>8}  {row['unit']}")
    print(json.dumps({"claims": rows}, allow_nan=False))
    sys.stdout.flush()


def claim(name: str, ours: float, peer: float | None, unit: str = "ms", **more: Any) -> dict[str, Any]:
    """One line of a report; `peer` is None where nothing stands beside ours, and the ratio is peer / ours."""
    return {
        "name": name,
        "ours": round(ours, 3),
        "peer": None if peer is None else round(peer, 3),
        "ratio": None if peer is None else round(peer / ours, 3),
        "unit": unit,
        **more,
    }

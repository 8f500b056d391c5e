"""Backup, restore and check of whole sites: ours against the machine's own tar and cp of the same data folder."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scenery import claim, report

PACKAGE = Path(__file__).resolve().parents[2] / "shared" / "data" / "nist-smstestbed"
FILLED_BYTES = int(float(os.environ.get("BACKUP_BENCH_GB", "1.6")) * 1e9)
FLOOR_S = 60.0
MIB = 2**20


def command(home: Path, *words: str | Path) -> dict[str, Any]:
    environment = os.environ | {"SAMEGAUGE_HOME": str(home), "SAMEGAUGE_DATABASE_URL": "", "SAMEGAUGE_LANGUAGE": "en"}
    done = subprocess.run(
        [sys.executable, "-m", "samegauge.cli", *map(str, words), "--json"],
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert done.returncode in {0, 3}, done.stdout
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def timed(*words: str | Path) -> float:
    start = time.perf_counter()
    subprocess.run(list(map(str, words)), check=True)
    return time.perf_counter() - start


def measure(name: str, home: Path, folder: Path) -> list[dict[str, Any]]:
    archive, back = folder / f"{name}.zip", folder / f"{name}-back"
    start = time.perf_counter()
    made = command(home, "backup", archive)
    backup_s = time.perf_counter() - start
    os.sync()
    start = time.perf_counter()
    restored = command(back, "restore", archive)
    restore_s = time.perf_counter() - start
    start = time.perf_counter()
    checkup = command(back, "doctor")
    doctor_s = time.perf_counter() - start
    assert checkup["faults"] == 0
    assert restored["rows"] == made["rows"]
    tar_s = timed("tar", "-C", home, "-cf", folder / "peer.tar", ".")
    (folder / "peer").mkdir()
    untar_s = timed("tar", "-C", folder / "peer", "-xf", folder / "peer.tar") + timed("sync")
    shutil.rmtree(folder / "peer")
    shutil.rmtree(back)
    content, kept = made["content_bytes"], archive.stat().st_size
    archive.unlink()
    mb = content / 1e6
    return [
        row(f"{name}: backup of {mb:,.0f} MB into {kept / 1e6:,.0f} MB", backup_s, mb, tar_s, None),
        row(f"{name}: restore, every byte and row checked", restore_s, mb, untar_s, FLOOR_S),
        row(f"{name}: sanity check afterwards", doctor_s, mb, None, None),
    ]


def row(name: str, taken_s: float, mb: float, peer_s: float | None, floor_s: float | None) -> dict[str, Any]:
    more = {"MB_per_s": round(mb / taken_s), "floor_s": floor_s, "peer_is": "tar, unchecked" if peer_s else None}
    return claim(name, taken_s, peer_s, "s", **more)


def filled(home: Path, until_bytes: int) -> None:
    """Add files to the vault and rows to the database; half of the files pack well, as texts and drawings do."""
    os.environ["SAMEGAUGE_HOME"] = str(home)
    from samegauge.cli.site import open_site

    open_site()
    from datetime import UTC, datetime

    from samegauge.core.organisations.models import Organisation
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.rules import Fact, Recorder, record_all
    from samegauge.core.vault.rules import keep

    source, left = random.Random(1), until_bytes
    with organisation_scope(Organisation.objects.order_by("pk")[0]):
        then = datetime(2026, 1, 1, tzinfo=UTC)
        for start in range(0, 200_000, 5_000):
            facts = [Fact("bench", then, {"number": start + place, "value_mm": place / 7}) for place in range(5_000)]
            record_all(facts, Recorder(actor_name="bench"))
        left -= (home / "samegauge.sqlite3").stat().st_size
        while left > 0:
            content = source.randbytes(2 * MIB)
            keep(content if left % 2 else content.hex().encode()[: 2 * MIB], f"{left}.bin")
            left -= 2 * MIB


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="samegauge-bench-") as place:
        folder = Path(place)
        home = folder / "home"
        command(home, "import", "nist-tdp", PACKAGE)
        rows = measure("NIST package", home, folder)
        filled(home, FILLED_BYTES)
        rows += measure(f"{FILLED_BYTES / 1e9:g} GB", home, folder)
    report(rows)
    return 0 if all(each["floor_s"] is None or each["ours"] <= each["floor_s"] for each in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

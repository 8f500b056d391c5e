"""The import commands as a person starts them: real processes over a data folder of their own."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.processes import SUPPORT

from samegauge.doors import process

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "samegauge.cli"]
PARTS_IN_SLICE = ("Box-Hurco02-02of20", "Box-Hurco02-20of20", "Cover-Hurco04-05of20", "Cover-Hurco04-06of20")


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out.splitlines()[-1])


def environment_of(home: Path, **more: str) -> dict[str, str]:
    return {
        "SAMEGAUGE_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "samegauge.web.settings",
        "SAMEGAUGE_DATABASE_URL": "",
        "SAMEGAUGE_JOBS_DATABASE_URL": "",
        "SAMEGAUGE_LANGUAGE": "en",
    } | more


@dataclass(frozen=True)
class ImportSite:
    """One data folder and the commands on it."""

    home: Path

    def command(self, *words: str | Path, **environment: str) -> Said:
        options = process.Options(env=environment_of(self.home, **environment), status_matters=False)
        done = process.run([*COMMAND, *words], options)
        said = Said(done.status, done.text, done.stderr.decode())
        if "Traceback" in said.err:
            raise AssertionError(said.err)
        return said

    def start(self, *words: str | Path, **environment: str) -> process.Child:
        return process.spawn(
            [*COMMAND, *map(str, words)],
            env=environment_of(self.home, **environment),
            log=self.home.with_suffix(".log"),
        )

    def tell(self, *words: str | Path) -> dict[str, Any]:
        return self.told_by("import_facts_process.py", *words)

    def told_by(self, script: str, *words: str | Path) -> dict[str, Any]:
        """Run a script of the test support on this site, and return what it prints."""
        options = process.Options(env=environment_of(self.home))
        return json.loads(process.run([sys.executable, SUPPORT / script, *words], options).text)

    def facts(self) -> dict[str, Any]:
        return self.tell("facts")

    def copy(self, target: Path) -> ImportSite:
        """Return the same site again in another folder: cheaper than importing again."""
        shutil.copytree(self.home, target)
        return ImportSite(target)

    def table_rows(self) -> dict[str, int]:
        """Count the rows of every table, without the product's own code."""
        with closing(sqlite3.connect(self.home / "samegauge.sqlite3", timeout=60)) as database:
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608

    def progress(self) -> int:
        """Return a number that grows with everything an import makes durable."""
        blobs = sum(1 for path in self.home.glob("vault/??/*"))
        commits = sum(1 for path in self.home.glob("lake/*/observations/_delta_log/*.json"))
        return blobs + commits + self._entries()

    def _entries(self) -> int:
        path = self.home / "samegauge.sqlite3"
        if not path.exists():
            return 0
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as database:
                tables = ("intake_importedfile", "production_trace", "thread_event")
                return sum(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)  # noqa: S608
        except sqlite3.OperationalError:
            return 0  # the tables are not made yet


def package_slice(package: Path, target: Path) -> Path:
    """Copy the machines, programs, all inspection results and a few traces and day logs of the package."""
    chosen = [package / "agent" / "Devices.xml", *sorted((package / "tdp/mtc/NC-Code").iterdir())]
    chosen += [package / f"tdp/mtc/PartData/{name}.txt.gz" for name in PARTS_IN_SLICE]
    chosen += [*sorted((package / "tdp/mtc/QIF-IncomingInspection").iterdir())]
    chosen += [*sorted((package / "tdp/mtc/FAIR").iterdir())]
    chosen += [path for machine in ("Hurco01", "Hurco02") for path in sorted((package / "raw" / machine).iterdir())[:3]]
    for path in chosen:
        place = target / path.relative_to(package)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return target

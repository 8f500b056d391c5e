"""Keeps facts in database, vault and lake on a disk whose power is cut, or whose calls fail, at seeded moments.

python power_cut.py images FOLDER SEED COUNT   images of the disk, each with what was acknowledged by then
python power_cut.py errors FOLDER SEED COUNT   for each moment a site, what was acknowledged, and whether the call came
python power_cut.py facts COUNT ACKNOWLEDGED INBOX   keep facts on a real disk and write each acknowledgement down
python power_cut.py check FOLDER               hold each image against what was acknowledged; prints JSON

SAMEGAUGE_HOME is a site that was made by `prepare`. The checks are the product's own `doctor` and a count.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from datetime import UTC, datetime

from shdr_logs import write_log
from support.honest_disk import Disk, failing, watch_python, watch_sqlite

from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from collections.abc import Callable

FACTS = 12
EVERY_LAKE = 4
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# Which calls fail how: what an import needs to be durable, each kind for itself.
ERRORS: tuple[dict[str, str], ...] = (
    {"sync": "EIO"},
    {"sync": "KILL"},
    {"synced": "KILL"},
    {"fsync": "EIO"},
    {"fsync": "KILL"},
    {"fsynced": "KILL"},
    {"write": "ENOSPC"},
    {"write": "EIO"},
    {"write": "KILL"},
    {"link": "ENOSPC"},
    {"link": "KILL"},
    {"replace": "EIO"},
    {"mkdir": "ENOSPC"},
    {"unlink": "KILL"},
)


def prepare() -> None:
    from samegauge.core.organisations.models import Organisation
    from samegauge.core.scope import organisation_scope
    from samegauge.core.telemetry import organisation_lake
    from samegauge.core.thread.models import Item, Unit

    maker = Organisation.objects.create(name="Maker", kind="component_maker")
    with organisation_scope(maker):
        Unit.objects.create(serial="S", item=Item.objects.create(number="P", name="part", kind="part"))
        organisation_lake().prepare()


def keep_facts(home: Path, inbox: Path, numbers: range, acknowledge: Callable[[str], None]) -> list[str]:
    """Keep each fact and acknowledge it; return those that the disk refused."""
    from django.db import OperationalError, connection

    from samegauge.core.organisations.models import Organisation
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Unit
    from samegauge.core.thread.rules import Fact, Recorder, record
    from samegauge.core.vault.rules import keep
    from samegauge.lake.intake import import_shdr
    from samegauge.lake.store import Lake

    maker = Organisation.objects.get()
    lake = Lake(home / "lake").for_organisation(maker.uid)
    with organisation_scope(maker):
        unit = Unit.objects.get()

    def event(number: int) -> None:
        record(Fact("machined", THEN, {"number": number}, unit=unit), Recorder(actor_name="test"))

    def file(number: int) -> None:
        keep(content_of(number), f"{number}.bin")

    def reading(number: int) -> None:
        if number % EVERY_LAKE == 0:
            line = f"2017-10-23T08:00:{number % 60:02d}.{number:06d}Z|Xabs|{number}"
            import_shdr(lake, [write_log(inbox, f"Mill01-{number}.txt", [line])], batch=str(UUID(int=number)))

    refused = []
    for number in numbers:
        for kind, work in (("event", event), ("file", file), ("reading", reading)):
            try:
                with organisation_scope(maker):
                    work(number)
            except (OSError, OperationalError):
                connection.close()  # as after a request
                refused.append(f"{kind} {number}")
            else:
                acknowledge(f"{kind} {number}")
    return refused


def content_of(number: int) -> bytes:
    return random.Random(number).randbytes(5_000 + number)


def facts_in(home: Path) -> set[str]:
    """What the site at `home` holds, each fact whole."""
    from samegauge.core.organisations.models import Organisation
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Event
    from samegauge.core.vault.models import StoredFile
    from samegauge.core.vault.rules import read_stored
    from samegauge.lake.store import Lake

    maker = Organisation.objects.get()
    lake = Lake(home / "lake").for_organisation(maker.uid)
    with organisation_scope(maker):
        found = {f"event {payload['number']}" for payload in Event.objects.values_list("payload", flat=True)}
        for stored in StoredFile.objects.filter(name__endswith=".bin"):
            number = int(stored.name.removesuffix(".bin"))
            if read_stored(stored) == content_of(number):
                found.add(f"file {number}")
    values = lake.observations("Mill01").number.tolist() if "Mill01" in lake.machines() else []
    return found | {f"reading {int(value)}" for value in values}


def look_at(home: Path) -> None:
    """Let this process's Django work on another data folder."""
    from django.conf import settings
    from django.db import connection

    from samegauge.core import telemetry

    connection.close()
    telemetry._lake_of.cache_clear()
    settings.SAMEGAUGE_HOME = home
    if connection.vendor == "sqlite":
        connection.settings_dict["NAME"] = home / "samegauge.sqlite3"


def checked(folder: Path) -> dict[str, Any]:
    """What of the acknowledged facts is lost, and what the sanity check finds."""
    from samegauge.core.backup.doctor import examine_site
    from samegauge.core.backup.findings import Weight

    home = folder / "home"
    acknowledged = {*(folder / "acknowledged").read_text().splitlines()}
    look_at(home)
    found_here = [one for one in examine_site(home).findings if one.kind != "disk_nearly_full"]  # disks are small here
    faults = [one.message for one in found_here if one.weight == Weight.FAULT]
    readings = {fact for fact in acknowledged if fact.startswith("reading") and int(fact.split()[1]) % EVERY_LAKE}
    found = facts_in(home)
    return {
        "image": folder.name,
        "acknowledged": len(acknowledged - readings),
        "lost": sorted(acknowledged - readings - found),
        "faults": faults,
    }


def in_child(work: Callable[[], Any]) -> int:
    """Do the work in a fork of this process, which has everything loaded and no connection open."""
    child = os.fork()
    if child == 0:
        work()  # an error ends this fork, with its traceback and status 1
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def images(folder: Path, seed: int, count: int) -> None:
    """Two runs of the same facts: one counts the calls, one cuts the power at `count` of them."""
    total = _calls(folder, seed)
    chance = random.Random(seed)
    moments = set(chance.sample(range(1, total + 1), min(count, total)))
    home, done, calls = _copy(folder / f"run-{seed}"), [""], [0]

    def tick(_name: str) -> None:
        calls[0] += 1
        if calls[0] in moments:
            image = folder / f"{seed}-{calls[0]}"
            disk.image(image / "home", random.Random(f"{seed} {calls[0]}"))
            (image / "acknowledged").write_text(done[0])

    disk = Disk(home, tick)

    def run() -> None:
        _watched(disk)
        keep_facts(home, folder / f"run-{seed}" / "in", range(FACTS), lambda fact: _add(done, fact))

    assert in_child(run) == 0
    shutil.rmtree(folder / f"run-{seed}")


def _add(done: list[str], fact: str) -> None:
    done[0] += f"{fact}\n"


def _calls(folder: Path, seed: int) -> int:
    home = _copy(folder / f"count-{seed}")
    calls = [0]

    def tick(_name: str) -> None:
        calls[0] += 1

    def run() -> None:
        _watched(Disk(home, tick))
        keep_facts(home, folder / f"count-{seed}" / "in", range(FACTS), lambda _fact: None)
        (folder / f"count-{seed}" / "calls").write_text(str(calls[0]))

    assert in_child(run) == 0
    total = int((folder / f"count-{seed}" / "calls").read_text())
    shutil.rmtree(folder / f"count-{seed}")
    return total


def _watched(disk: Disk) -> None:
    look_at(disk.root)
    disk.settle()
    watch_python(disk)
    watch_sqlite(disk)


def _copy(folder: Path) -> Path:
    shutil.copytree(os.environ["SAMEGAUGE_HOME"], folder / "home")
    (folder / "in").mkdir()
    return folder / "home"


def errors(folder: Path, seed: int, count: int) -> None:
    """Sites in which one call failed or killed; each then takes in again what was refused."""
    chance = random.Random(seed)
    for number in range(count):
        kinds = ERRORS[number % len(ERRORS)]
        one = folder / f"{seed}-{number}"
        home, at = _copy(one), chance.randint(1, _MOST[next(iter(kinds))])
        (one / "acknowledged").touch()

        def run(one: Path = one, home: Path = home, kinds: dict[str, str] = kinds, at: int = at) -> None:
            fail, came = failing(kinds, at), one / "came"

            def tick(name: str) -> None:
                try:
                    fail(name)
                except OSError:
                    came.write_text(name)
                    raise

            _watched(Disk(home, tick))
            with (one / "acknowledged").open("a", buffering=1) as log:
                keep_facts(home, one / "in", range(FACTS), lambda fact: log.write(f"{fact}\n") and None)

        status = in_child(run)
        if status not in {0, -signal.SIGKILL}:
            raise SystemExit(f"{one.name} {kinds} at {at}: status {status}")
        if status == -signal.SIGKILL:
            (one / "came").touch()
        assert in_child(lambda one=one: _again(one)) == 0, f"{one.name} {kinds} at {at}"
        shutil.rmtree(home)


# How often each call is made for the facts above, rounded down: the moment is drawn from these.
_MOST = {
    "sync": 30,
    "synced": 30,
    "fsync": 60,
    "fsynced": 60,
    "write": 200,
    "link": 5,
    "replace": 12,
    "mkdir": 8,
    "unlink": 5,
}


def _again(one: Path) -> None:
    """Check what is there, then keep every fact once more that is not, and check that all are."""
    told = checked(one)
    (one / "told.json").write_text(json.dumps(told))
    home = one / "home"
    missing = sorted({int(fact.split()[1]) for fact in _all() - facts_in(home)})
    for number in missing:
        keep_facts(home, one / "in", range(number, number + 1), lambda _fact: None)
    assert _all() <= facts_in(home)
    assert checked(one)["faults"] == []


def _all() -> set[str]:
    return {
        f"{kind} {number}"
        for number in range(FACTS)
        for kind in ("event", "file", "reading")
        if kind != "reading" or number % EVERY_LAKE == 0
    }


def facts(count: int, acknowledged: Path, inbox: Path) -> None:
    """For a disk that is real: each acknowledgement is a line in a file elsewhere."""
    home = Path(os.environ["SAMEGAUGE_HOME"])
    with acknowledged.open("a", buffering=1) as log:
        refused = keep_facts(home, inbox, range(count), lambda fact: log.write(f"{fact}\n") and None)
    if refused:
        raise SystemExit(f"refused: {refused[:5]}")


def main(verb: str, *words: str) -> None:
    open_site()
    from django.db import connection

    if os.environ.get("SYNCHRONOUS"):  # a weaker disk discipline, to see that this test would notice
        options = connection.settings_dict["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", os.environ["SYNCHRONOUS"])
    from samegauge.lake.intake import warm

    if verb == "prepare":
        prepare()
        return
    if verb == "facts":
        facts(int(words[0]), Path(words[1]), Path(words[2]))
        return
    folder = Path(words[0])
    if verb == "check":
        told = [checked(one) for one in sorted(folder.iterdir()) if (one / "acknowledged").exists()]
        sys.stdout.write(json.dumps(told) + "\n")
        return
    warm()
    connection.close()
    {"images": images, "errors": errors}[verb](folder, int(words[1]), int(words[2]))


if __name__ == "__main__":
    main(*sys.argv[1:])

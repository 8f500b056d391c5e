"""Fills SAMEGAUGE_HOME with something of everything, all of it simulated: python simulated_site.py FOLDER"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from qif_samples import qif
from shdr_logs import day_log

from samegauge.cli.main import main
from samegauge.cli.site import open_site

SERIAL = "SIM-0001"
THEN = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
# What databases like to change on the way: order of keys, spelling of numbers, characters.
AWKWARD = {"z": "法蘭 12 – “x”\n", "numbers": [0.1, 1e-7, 100.0, 1e15, 2**53, -5], "a": {"b": None, "a": True, "é": ""}}


def furnish(folder: Path) -> None:
    logs = [str(day_log(folder, day)) for day in (23, 24)]
    results = folder / "result.qif"
    results.write_bytes(qif())
    main(["import", "shdr", *logs])
    main(["import", "qif", str(results)])
    open_site()
    from samegauge.core.merkle_log.tree import take_over
    from samegauge.core.organisations.models import Membership, Organisation, Person, Role
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Item, Unit
    from samegauge.core.thread.rules import Fact, Recorder, install, record
    from samegauge.core.vault.rules import keep

    maker = Organisation.objects.get()
    owner = Person.objects.create_user(username="owner", password="a long enough phrase")
    Membership.objects.create(person=owner, organisation=maker, role=Role.OWNER)
    with organisation_scope(maker):
        item = Item.objects.create(number="SIM", name="simulated part", name_zh="模擬零件", kind="part")
        unit, child = (Unit.objects.create(serial=serial, item=item, simulated=True) for serial in (SERIAL, "SIM-0002"))
        recorder = Recorder(actor=owner, receive_time=THEN)
        record(Fact("machined", THEN, AWKWARD, unit=unit), recorder)
        install(child, unit, THEN, recorder)
        keep(b"simulated drawing", "drawing.txt")
        take_over()  # as the worker does, once
    main(["passport", SERIAL, "--out", str(folder / "passport")])


if __name__ == "__main__":
    furnish(Path(sys.argv[1]))

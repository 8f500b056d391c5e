"""Telemetry of two firms whose machines happen to have the same serial number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tenancy.canaries import DAY
from tenancy.routes import Visitor, content_of

from samegauge.core.organisations.models import Role
from samegauge.core.scope import ScopeError, organisation_scope
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Unit
from samegauge.lake.intake import ShdrSource, import_shdr

if TYPE_CHECKING:
    from pathlib import Path

    from tenancy.canaries import Firm

SERIAL = "Mill01"


@pytest.fixture
def heard(victim: Firm, stranger: Firm, tmp_path: Path) -> None:
    """Readings of the victim's machine; the stranger's machine of the same name has said nothing."""
    log = tmp_path / "log.txt"
    log.write_text("".join(f"{DAY}T08:00:0{second}.5Z|Rotkehlchen_tag|7331.{second}\n" for second in range(9)))
    for firm in (victim, stranger):
        with organisation_scope(firm.organisation):
            Unit.objects.filter(pk=firm.records["machine"].pk).update(serial=SERIAL)
    with organisation_scope(victim.organisation):
        report = import_shdr(organisation_lake(), [ShdrSource(log, log.name, SERIAL)], batch="one")
        assert report.refused == ()


def read_by(firm: Firm) -> str:
    machine, visitor = firm.records["machine"].uid, Visitor(firm, Role.ENGINEER)
    paths = (
        "/machines/",
        f"/machines/{machine}/",
        f"/machines/{machine}/{DAY}/",
        f"/machines/{machine}/{DAY}/signals/?tag=Rotkehlchen_tag",
        f"/api/machines/{machine}/days",
        f"/api/machines/{machine}/days/{DAY}/signals?tag=Rotkehlchen_tag",
        f"/api/traces/{firm.records['production.Trace'].uid}/signals?tag=Rotkehlchen_tag",
    )
    return "".join(content_of(visitor.asks("GET", path)) for path in paths)


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
def test_readings_are_seen_by_their_own_firm_alone(heard: None, victim: Firm, stranger: Firm) -> None:
    own, foreign = read_by(victim), read_by(stranger)
    assert "7331.8" in own
    assert "7331" not in foreign
    assert '"observations"' not in foreign.split('"days"', 1)[1].split("]", 1)[0]


def test_the_lake_needs_a_scope(heard: None, victim: Firm, stranger: Firm) -> None:
    with pytest.raises(ScopeError):
        organisation_lake()
    with organisation_scope(stranger.organisation):
        assert organisation_lake().machines() == ()
    with organisation_scope(victim.organisation):
        assert organisation_lake().machines() == (SERIAL,)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from samegauge.core.merkle_log.jobs import keep_log
from samegauge.core.merkle_log.keys import organisation_key
from samegauge.core.merkle_log.models import Entry, SignedState, Waiting
from samegauge.core.thread.rules import Fact, Recorder, record

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def test_the_worker_places_what_waits_and_signs_every_hour_once_there_is_a_key(in_scope: Organisation) -> None:
    record(Fact("checked", NOW, {}), Recorder(actor_name="tester"))
    keep_log()
    assert (Waiting.objects.count(), Entry.objects.count(), SignedState.objects.count()) == (0, 1, 0)
    organisation_key(in_scope)
    keep_log()
    record(Fact("checked", NOW, {}), Recorder(actor_name="tester"))
    keep_log()
    assert [state.size for state in SignedState.objects.all()] == [1]
    SignedState.objects.update(made_at=datetime.now(UTC) - timedelta(hours=2))
    keep_log()
    assert [state.size for state in SignedState.objects.all()] == [1, 2]

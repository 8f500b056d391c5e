"""One incident for each cause: it appears, worsens, ends and comes back as its cause does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from unit.core.attention.conftest import NOW, finding

from samegauge.core.attention import declaration
from samegauge.core.attention.declaration import ConcernError, Picture, declare
from samegauge.core.attention.models import Incident, IncidentStep, Look, Severity
from samegauge.core.attention.refreshing import refresh
from samegauge.core.language import in_both_languages

if TYPE_CHECKING:
    from unit.core.attention.conftest import Plant

pytestmark = pytest.mark.usefixtures("in_scope")


def steps() -> list[str]:
    return list(IncidentStep.objects.order_by("pk").values_list("kind", flat=True))


def test_the_same_cause_is_one_incident_however_often_it_is_seen(plant: Plant) -> None:
    plant.found = [finding("a"), finding("b")]
    refresh(NOW)
    refresh(NOW + timedelta(minutes=1))
    assert Incident.objects.count() == 2
    assert steps() == ["appeared", "appeared"]
    assert Look.objects.get().looked_at == NOW + timedelta(minutes=1)


def test_it_ends_when_its_cause_is_gone_and_counts_how_often_it_came_back(plant: Plant) -> None:
    for place, found in enumerate(([finding()], [], [finding()])):
        plant.found = found
        refresh(NOW + timedelta(hours=place))
    incident = Incident.objects.get()
    assert steps() == ["appeared", "cleared", "returned"]
    assert (incident.returns, incident.cleared_at) == (1, None)
    assert incident.first_seen_at == NOW
    assert incident.opened_at == NOW + timedelta(hours=2)


def test_a_warning_that_becomes_an_alarm_ends_its_delay(plant: Plant) -> None:
    plant.found = [finding()]
    refresh(NOW)
    Incident.objects.update(put_off_until=NOW + timedelta(days=9))
    plant.found = [finding(severity=Severity.ALARM)]
    refresh(NOW)
    incident = Incident.objects.get()
    assert steps() == ["appeared", "worsened"]
    assert (incident.severity, incident.put_off_until) == ("alarm", None)


def test_what_was_put_off_is_due_again_on_its_day(plant: Plant) -> None:
    plant.found = [finding()]
    refresh(NOW)
    Incident.objects.update(put_off_until=NOW + timedelta(days=1))
    refresh(NOW + timedelta(hours=1))
    assert steps() == ["appeared"]
    refresh(NOW + timedelta(days=1))
    assert steps() == ["appeared", "resumed"]
    assert Incident.objects.get().put_off_until is None


def test_a_look_that_fails_keeps_what_was_found_and_says_so(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    plant.found = [finding()]
    refresh(NOW)
    plant.broken = True
    refresh(NOW + timedelta(hours=1))
    refresh(NOW + timedelta(hours=2))
    look = Look.objects.get()
    assert (look.looked_at, look.fault) == (NOW, "OSError: the source is gone")
    assert Incident.objects.get().cleared_at is None
    assert len([one for one in caplog.records if "could not be looked at" in one.message]) == 1
    plant.broken, plant.found = False, []
    refresh(NOW + timedelta(hours=3))
    assert Look.objects.get().fault == ""
    assert Incident.objects.get().cleared_at == NOW + timedelta(hours=3)


def test_records_that_did_not_change_are_not_read_again(plant: Plant) -> None:
    plant.state, plant.found = "one", [finding()]
    refresh(NOW)
    refresh(NOW + timedelta(minutes=1))
    assert plant.looks == 1
    assert Look.objects.get().looked_at == NOW + timedelta(minutes=1)
    plant.state = "two"
    refresh(NOW)
    assert plant.looks == 2


def test_nothing_new_is_looked_at_with_few_queries(plant: Plant, django_assert_max_num_queries: Any) -> None:
    plant.state, plant.found = "one", [finding(str(place)) for place in range(50)]
    refresh(NOW)
    with django_assert_max_num_queries(5):
        refresh(NOW)
    assert plant.looks == 1


def test_texts_are_kept_in_both_languages() -> None:
    from django.utils.translation import gettext as _

    said = in_both_languages(lambda: _("My duties"))
    assert said == {"en": "My duties", "zh": "我的工作"}


def test_a_long_picture_keeps_its_end_and_its_alarms() -> None:
    picture = Picture(tuple(map(float, range(100))), alarms=(10, 99)).shortened()
    assert (len(picture.values), picture.values[-1], picture.alarms) == (60, 99.0, (59,))


def test_a_name_is_declared_once(plant: Plant) -> None:
    assert plant.looks == 0
    with pytest.raises(ConcernError):
        declare(declaration.all_concerns()[0])

"""Gate, quality table and page say the same of a process, and nothing good of one that is not stable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from django.urls import reverse
from unit.apps.inspection.control.conftest import START, Line, characteristic, quiet

from samegauge.apps.inspection.control import tables
from samegauge.apps.inspection.control.gates import closed_gates, standings, values_needed
from samegauge.apps.inspection.control.models import Alarm, Process
from samegauge.apps.inspection.control.rules import Revision, process_of, redesign, settings_of
from samegauge.apps.inspection.control.watching import design_of
from samegauge.apps.inspection.rules import study_of
from samegauge.engines.spc.capability.normal import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person


def gated(line: Line) -> Process:
    process = process_of(line.characteristic)
    assert process is not None
    redesign(process, Revision({**settings_of(design_of(process)), "gate_goal": 1.33}, "customer asks"), None)
    return Process.objects.select_related("lead", "design").get(pk=process.pk)


def drifting() -> list[float]:
    """Sixty values of which a third lie outside 9.5 to 10.5, with small steps from one to the next."""
    return (10.0 + np.linspace(-0.7, 0.7, 60) + np.random.default_rng(3).normal(0.0, 0.01, 60)).round(4).tolist()


def page_of(line: Line, client: Any, person: Person) -> str:
    client.force_login(person)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client.get(reverse("characteristic", args=[line.characteristic.uid])).content.decode()


def test_a_drifting_process_never_opens_its_gate(in_scope: Any) -> None:
    line = Line(characteristic(lower_limit=9.5, upper_limit=10.5))
    line.measure(drifting())
    process = gated(line)
    (standing,) = standings([process])
    assert standing.index is not None
    assert standing.index.lower_bound > 1.33
    assert standing.verdict is Verdict.NOT_ASSESSED
    assert values_needed(standing) is None
    ((closed, _keys),) = closed_gates()
    assert closed.process == process
    # Once its alarm is answered the values themselves still speak against it.
    Alarm.objects.filter(process=process).update(withdrawn_at=START)
    (calm,) = standings([process])
    assert not calm.alarmed
    assert calm.verdict is Verdict.NOT_ASSESSED
    assert "the process moves" in tables.needed_text(calm)


def test_gate_table_and_page_agree(
    line: Line, client: Any, organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    line.measure(quiet(60))
    process = gated(line)
    (standing,) = standings([process])
    assert standing.verdict is Verdict.REACHED
    assert standing.judgement == study_of(line.characteristic).judgement
    page = page_of(line, client, person_with_role("engineer", organisation))
    assert "At least 1.33 is proven." in page
    line.measure([10.9])
    (alarmed,) = standings([Process.objects.select_related("lead", "design").get(pk=process.pk)])
    assert (alarmed.alarmed, alarmed.verdict) == (True, Verdict.NOT_ASSESSED)
    assert tables.needed_text(alarmed) == "It gave an alarm that nobody has answered yet."
    page = page_of(line, client, person_with_role("owner", organisation))
    assert "is proven" not in page
    assert "No verdict as long as its alarm is not answered." in page


def test_run_out_is_judged_by_a_fitted_distribution_everywhere(
    in_scope: Any, client: Any, organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    line = Line(characteristic(key="runout", name="Run-out", lower_limit=None, upper_limit=25.0, nominal=None))
    line.measure(np.random.default_rng(8).lognormal(0.5, 0.35, 60).round(3).tolist())
    process = gated(line)
    (standing,) = standings([process])
    assert standing.judgement is not None
    assert standing.judgement.fitted is not None
    Alarm.objects.filter(process=process).update(withdrawn_at=START)
    (calm,) = standings([process])
    assert calm.verdict is Verdict.REACHED
    assert closed_gates() == []
    page = page_of(line, client, person_with_role("engineer", organisation))
    family = standing.judgement.fitted.fit.distribution.family.value
    assert f"percentiles of the fitted {family} distribution" in page
    assert "Ppk from its percentiles" in page
    assert "At least 1.33 is proven." in page

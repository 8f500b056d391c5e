"""8D reports: nothing closes while a step is empty, and whether it helped is read from the values."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pdfminer.high_level import extract_text
from unit.apps.inspection.nonconformity.conftest import NOW, Works

from samegauge.apps.inspection.nonconformity import eight_d
from samegauge.apps.inspection.nonconformity.concerns import _find_late_steps
from samegauge.apps.inspection.nonconformity.eight_d_pdf import render_eight_d
from samegauge.apps.inspection.nonconformity.models import (
    Cause,
    CauseCategory,
    CorrectiveAction,
    Discipline,
    DisciplineStep,
)
from samegauge.apps.inspection.nonconformity.rules import NonconformityError
from samegauge.core.printing import fonts_folder
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TURNING = NOW - timedelta(days=20)


def opened(works: Works) -> CorrectiveAction:
    report = works.report(works.part("B-0"), characteristic=works.characteristic(upper_limit=8.0, lower_limit=0.0))
    return eight_d.open_action([report], "Bore too wide", Recorder(actor=works.manager))


def values(works: Works, before: Sequence[float], after: Sequence[float]) -> None:
    """Bores measured before and after the action, one a quarter of a day."""
    for first, some in ((TURNING - timedelta(days=10), before), (TURNING + timedelta(hours=1), after)):
        for place, value in enumerate(some):
            at = first + timedelta(hours=6 * place)
            works.inspected(works.part(f"B-{at:%d%H}-{value}"), "fail" if value > 8 else "pass", at, value)


def written(works: Works, action: CorrectiveAction, but: str = "") -> None:
    for step in DisciplineStep:
        if step != but:
            said = eight_d.Written("Done so.", works.engineer, None, done=True)
            eight_d.write_discipline(action, step, said, Recorder(actor=works.engineer))


def rooted(action: CorrectiveAction) -> Cause:
    cause = eight_d.add_cause(action, "Tool worn", CauseCategory.MACHINE)
    why = eight_d.add_cause(action, "No tool life set", CauseCategory.PEOPLE, cause)
    eight_d.mark_cause(why, "root")
    return why


def test_an_8d_cannot_close_while_a_step_is_empty(works: Works) -> None:
    action = opened(works)
    assert len(eight_d.missing(action)) == 9 + 2
    rooted(action)
    written(works, action, but="d5")
    values(works, [9.0, 9.5, 7.0, 9.2, 8.8, 9.1], [4.0, 4.4, 3.8, 4.1, 4.2, 3.9, 4.0, 4.3])
    eight_d.set_verification(action, works.characteristic(), TURNING)
    action.refresh_from_db()
    assert eight_d.missing(action) == ["D5 Corrective actions chosen is not done."]
    with pytest.raises(NonconformityError, match="D5"):
        eight_d.close_action(action, Recorder(actor=works.manager))
    with pytest.raises(NonconformityError, match="is empty"):
        eight_d.write_discipline(action, DisciplineStep.D5, eight_d.Written(" ", None, None, done=True), Recorder())
    written(works, action)
    closed = eight_d.close_action(action, Recorder(actor=works.manager))
    assert closed.closed_at is not None
    for change in (lambda: rooted(action), lambda: written(works, action)):
        with pytest.raises(NonconformityError, match="is closed"):
            change()


@pytest.mark.parametrize(
    ("before", "after", "helped"),
    [
        ([9.0, 9.5, 7.0, 9.2, 8.8, 9.1], [4.0, 4.4, 3.8, 4.1, 4.2, 3.9], True),
        ([7.0, 7.4, 6.6, 7.2, 6.9, 7.1], [4.0, 4.1, 3.9, 4.05, 3.95, 4.0, 4.1, 3.9], True),
        ([4.0, 4.1, 3.9, 4.05, 3.95, 4.0, 4.1, 3.9], [7.0, 7.9, 6.2, 7.5, 6.6, 7.4, 7.1, 7.7], False),
        ([4.0, 4.4, 3.8], [4.1, 4.2], None),
        ([4.0, 4.4, 3.8], [], None),
    ],
)
def test_whether_it_helped_is_read_from_the_values(
    works: Works,
    before: list[float],
    after: list[float],
    helped: bool | None,  # noqa: FBT001
) -> None:
    action = opened(works)
    assert eight_d.effect_of(action) is None
    values(works, before, after)
    eight_d.set_verification(action, works.characteristic(), TURNING)
    action.refresh_from_db()
    effect = eight_d.effect_of(action)
    assert effect is not None
    assert (effect.before.count, effect.after.count, effect.helped) == (len(before), len(after), helped)
    assert ("The values say that it did not help." in eight_d.missing(action)) == (helped is False)


def test_what_cannot_be_decided_yet_closes_with_a_remark_only(works: Works) -> None:
    action = opened(works)
    rooted(action)
    written(works, action)
    values(works, [4.0, 4.4, 3.8], [4.1, 4.2])
    eight_d.set_verification(action, works.characteristic(), TURNING)
    with pytest.raises(NonconformityError, match="cannot decide yet"):
        eight_d.close_action(action, Recorder(actor=works.manager))
    closed = eight_d.close_action(action, Recorder(actor=works.manager), "Two machines a month")
    assert closed.closing_remark == "Two machines a month"


def test_causes_form_a_tree_of_bounded_depth(works: Works) -> None:
    action, other = opened(works), eight_d.open_action([], "Another", Recorder(actor=works.manager))
    cause = eight_d.add_cause(action, "Why 1", CauseCategory.METHOD)
    with pytest.raises(NonconformityError, match="below it"):
        eight_d.add_cause(other, "Foreign", CauseCategory.METHOD, cause)
    for depth in range(2, eight_d.DEEPEST + 1):
        cause = eight_d.add_cause(action, f"Why {depth}", CauseCategory.PEOPLE, cause)
    assert cause.category == CauseCategory.METHOD
    with pytest.raises(NonconformityError, match="below it"):
        eight_d.add_cause(action, "Too deep", CauseCategory.METHOD, cause)


def test_a_late_step_is_a_concern_until_it_is_done(works: Works) -> None:
    action = opened(works)
    Discipline.objects.filter(action=action, step="d3").update(due_on=(NOW - timedelta(days=3)).date())
    (finding,) = _find_late_steps()
    assert finding.said() == f"{action.number}: 1 step is late · Bore too wide"
    written(works, action)
    assert list(_find_late_steps()) == []


@pytest.mark.parametrize(
    ("chinese", "wanted"), [(False, "Root cause: No tool life set"), (True, "根本原因：No tool life set")]
)
def test_the_paper_says_in_one_language_what_stands_there(works: Works, chinese: bool, wanted: str) -> None:  # noqa: FBT001
    action = opened(works)
    rooted(action)
    written(works, action, but="d8")
    values(works, [9.0, 9.5, 7.0, 9.2, 8.8, 9.1], [4.0, 4.4, 3.8, 4.1, 4.2, 3.9])
    eight_d.set_verification(action, works.characteristic(), TURNING)
    action.refresh_from_db()
    pdf = render_eight_d(action, fonts_folder(), chinese=chinese, now=NOW)
    assert pdf == render_eight_d(action, fonts_folder(), chinese=chinese, now=NOW)
    text = extract_text(io.BytesIO(pdf))
    assert wanted in text
    assert action.number in text
    assert ("尚未寫入任何資料" if chinese else "Nothing is written yet") in text


def test_the_page_takes_steps_causes_and_the_close(works: Works) -> None:
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(works.manager, LOGIN_BACKEND)
    report = works.report(works.part("B-0"), characteristic=works.characteristic(upper_limit=8.0, lower_limit=0.0))
    assert browser.post(f"/nonconformities/{report.uid}/corrective-action/").status_code == 302
    action = CorrectiveAction.objects.get()
    home = f"/corrective-actions/{action.uid}/"
    browser.post(f"/nonconformities/{report.uid}/corrective-action/")
    assert CorrectiveAction.objects.count() == 1
    for step in DisciplineStep:
        said = {"step": step, f"{step}-text": f"About {step}", f"{step}-done": "on", f"{step}-due_on": "2026-12-01"}
        assert browser.post(f"{home}steps/", said).status_code == 302
    assert (
        browser.post(
            f"{home}steps/", {"step": "d1", "d1-text": "", "d1-done": "on", "d1-due_on": "2026-12-01"}
        ).status_code
        == 422
    )
    browser.post(f"{home}causes/", {"text": "Tool worn", "category": "machine"})
    browser.post(f"/corrective-actions/causes/{Cause.objects.get().uid}/", {"mark": "root"})
    values(works, [9.0, 9.5, 7.0, 9.2, 8.8, 9.1], [4.0, 4.4, 3.8, 4.1, 4.2, 3.9])
    since = TURNING.date().isoformat()
    browser.post(f"{home}verification/", {"characteristic": works.characteristic().pk, "since": since})
    page = browser.get(home).content.decode()
    assert "Root cause: Tool worn" in page
    assert "It helped." in page
    assert browser.get(f"{home}pdf/").content.startswith(b"%PDF-")
    browser.post(f"{home}close/")
    assert "Closed: 9 of 9 steps are done" in browser.get(home).content.decode()

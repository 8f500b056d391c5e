from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import crash_jobs

from samegauge.core.jobs import rules
from samegauge.core.jobs.models import Job
from samegauge.core.jobs.progress import MESSAGE_CHARACTERS, Progress
from samegauge.core.jobs.registry import UnknownJobError, function_of, job
from samegauge.core.scope import ScopeError, organisation_scope

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation


class RefusedError(Exception):
    message_zh = "第 7 行：沒有單位"


@job("refusing")
def refusing(progress: Progress) -> None:
    progress.step("refuse", _refuse)


def _refuse() -> None:
    raise RefusedError("line 7: no unit")


@job("broken")
def broken(_progress: Progress, text: str) -> None:
    raise ValueError(text)


@job("asked to stop in the middle")
def stopped(progress: Progress) -> None:
    progress.tell(1, 3, "one of three", "三之一")
    Job.objects.filter(uid=progress.uid).update(cancel_requested=True)
    progress.tell(2, 3, "two of three", "三之二")


@job("not JSON")
def not_json(progress: Progress) -> None:
    progress.step("give", lambda: {1, 2})


def test_a_job_done_here_leaves_its_result_and_its_progress(in_scope: Organisation, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    asked = rules.run_here(rules.enqueue("traces", {"folder": str(tmp_path)}, None))
    assert (asked.state, asked.result) == ("done", {"sizes": [3, 3, 5, 4]})
    assert (asked.done, asked.total, asked.message_zh) == (4, 4, "全部步驟")
    assert asked.started_at is not None
    assert asked.finished_at >= asked.started_at


def test_a_failure_keeps_its_reason_in_both_languages(in_scope: Organisation) -> None:
    asked = rules.run_here(rules.enqueue("refusing", {}, None))
    assert (asked.state, asked.message, asked.message_zh) == ("failed", "line 7: no unit", "第 7 行：沒有單位")
    assert asked.result is None


def test_an_unforeseen_fault_becomes_a_reason_that_fits_its_column(
    in_scope: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    asked = rules.run_here(rules.enqueue("broken", {"text": "x" * 1000}, None))
    assert asked.state == "failed"
    assert asked.message.startswith("Unexpected fault: ValueError: xxx")
    assert asked.message_zh.startswith("未預期的錯誤：ValueError: xxx")
    assert len(asked.message) == len(asked.message_zh) == MESSAGE_CHARACTERS
    assert "broken" in caplog.text


def test_a_job_asked_to_stop_ends_at_its_next_word(in_scope: Organisation) -> None:
    asked = rules.run_here(rules.enqueue("asked to stop in the middle", {}, None))
    assert (asked.state, asked.done, asked.message) == ("cancelled", 1, "one of three")


def test_a_job_cancelled_while_it_waits_is_never_done(in_scope: Organisation, tmp_path: Path) -> None:
    asked = rules.enqueue("traces", {"folder": str(tmp_path)}, None)
    rules.cancel(asked)
    assert asked.state == "cancelled"
    assert rules.run_here(asked).state == "cancelled"
    assert list(tmp_path.iterdir()) == []


def test_a_finished_job_is_neither_done_again_nor_cancelled(in_scope: Organisation, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    asked = rules.run_here(rules.enqueue("traces", {"folder": str(tmp_path)}, None))
    rules.cancel(asked)
    rules.run_here(asked)
    assert (asked.state, asked.cancel_requested) == ("done", False)
    assert (tmp_path / "starts").read_text().split() == ["one", "two", "three", "four"]


def test_progress_never_goes_back(in_scope: Organisation) -> None:
    asked: Any = rules.enqueue("refusing", {}, None)
    progress = Progress(asked.uid, lambda _name, work: work())
    progress.tell(5, 10, "later", "後")
    progress.tell(2, 10, "earlier", "前")
    asked.refresh_from_db()
    assert (asked.done, asked.message) == (5, "later")


def test_a_step_gives_the_same_the_first_time_as_from_its_kept_result(in_scope: Organisation) -> None:
    asked: Any = rules.enqueue("refusing", {}, None)
    progress = Progress(asked.uid, lambda _name, work: work())
    assert progress.step("give", lambda: {"sizes": (1, 2), 3: "three"}) == {"sizes": [1, 2], "3": "three"}


def test_a_step_whose_result_is_not_json_fails_the_job(in_scope: Organisation) -> None:
    asked = rules.run_here(rules.enqueue("not JSON", {}, None))
    assert asked.state == "failed"
    assert "not JSON serializable" in asked.message


def test_an_unknown_kind_is_refused_when_it_is_asked_for(in_scope: Organisation) -> None:
    with pytest.raises(UnknownJobError, match="'polish'"):
        rules.enqueue("polish", {}, None)
    assert not Job.objects.exists()


def test_a_kind_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        job("traces")(crash_jobs.traces)
    assert function_of("traces") is crash_jobs.traces


def test_a_job_is_asked_for_inside_a_scope_and_seen_in_no_other(
    organisation: Organisation, other_organisation: Organisation
) -> None:
    with pytest.raises(ScopeError):
        rules.enqueue("refusing", {}, None)
    with organisation_scope(organisation):
        asked = rules.enqueue("refusing", {}, None)
    with organisation_scope(other_organisation):
        assert not Job.objects.exists()
        with pytest.raises(Job.DoesNotExist):
            rules.run_here(asked)


def test_what_the_queue_gave_up_is_closed_with_a_reason(in_scope: Organisation) -> None:
    asked: Any = rules.enqueue("refusing", {}, None)
    assert not rules.fail_abandoned(asked.uid)
    Job.objects.update(state="running")
    assert rules.fail_abandoned(asked.uid)
    asked.refresh_from_db()
    assert (asked.state, asked.message_zh[:6]) == ("failed", "工作中斷次數")

"""What a job's function is given: named steps that are done once, and a line to say how far it is."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from samegauge.core.jobs.models import Job

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    StepRunner = Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]]
    Listener = Callable[[int, int, str, str], None]

MESSAGE_CHARACTERS = 300
WRITE_EVERY_S = 0.25


class JobError(Exception):
    """A job cannot go on, for a reason that a person reads."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


class JobCancelledError(Exception):
    """A person asked this job to stop."""


class StepsChangedError(Exception):
    """The program now has other steps than when this job was interrupted."""


class Progress:
    """Steps done before an interruption give their kept result instead of running again."""

    def __init__(self, uid: UUID, run_step: StepRunner, listener: Listener | None = None) -> None:
        self.uid = uid
        self._run_step = run_step
        self._listener = listener
        self._written_at_s = float("-inf")
        self._written_message = ""

    def step(self, name: str, work: Callable[..., Any], /, **arguments: Any) -> Any:
        """Run `work` as one step and return its result, which must be JSON.

        A step that is killed half-way runs again from its start: it must leave the same behind when run twice.
        Names are unique within a job and do not change with the data.
        """
        outcome = self._run_step(name, partial(_outcome, partial(work, **arguments)))
        if "failure" in outcome:
            raise JobError(*outcome["failure"])
        return outcome["value"]

    def tell(self, done: int, total: int, message: str = "", message_zh: str = "") -> None:
        """Write how far the job is, and stop it here when a person asked for that.

        Call it outside a transaction, else nobody sees it before the commit. `done` never goes back: steps that are
        replayed after an interruption say again what they said before. Of calls in quick succession with the same
        message, one in a quarter of a second is written.
        """
        now_s = time.monotonic()
        same = message == self._written_message
        if same and done < total and now_s - self._written_at_s < WRITE_EVERY_S:
            return
        self._written_at_s, self._written_message = now_s, message
        self.stop_if_asked()
        if self._listener is not None:
            self._listener(done, total, message, message_zh)
        Job.objects.filter(uid=self.uid, done__lte=done).update(
            done=done,
            total=total,
            message=message[:MESSAGE_CHARACTERS],
            message_zh=message_zh[:MESSAGE_CHARACTERS],
        )

    def stop_if_asked(self) -> None:
        if Job.objects.filter(uid=self.uid, cancel_requested=True).exists():
            raise JobCancelledError


def _outcome(work: Callable[[], Any]) -> dict[str, Any]:
    """Return what is kept of a step: its value as it reads back from JSON, or its failure in both languages."""
    try:
        value = work()
    except Exception as error:
        message_zh = getattr(error, "message_zh", None)
        if message_zh is None:
            raise
        return {"failure": [str(error), str(message_zh)]}
    return {"value": json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False))}

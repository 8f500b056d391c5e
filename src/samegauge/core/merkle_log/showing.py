"""The page of the log: in one sentence whether history could be rewritten unnoticed, and the facts behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.merkle_log.keys import witness_keys
from samegauge.core.merkle_log.models import Answer, SignedState, Waiting, WitnessAnswer
from samegauge.core.merkle_log.tree import checkpoint_of, log_key
from samegauge.formats.checkpoint import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.core.face import Kind
    from samegauge.core.merkle_log.models import Log
    from samegauge.formats.checkpoint import NoteKey

SHOWN_STATES = 10
WITNESSED_WITHIN = timedelta(days=2)


@dataclass(frozen=True)
class Standing:
    kind: Kind
    sentence: str
    reason: str


def log_page(log: Log, now: datetime) -> dict[str, Any]:
    states = list(SignedState.objects.order_by("-pk")[:SHOWN_STATES])
    answers = list(WitnessAnswer.objects.order_by("witness"))
    waiting = Waiting.objects.count()
    return {
        "standing": _standing(answers, now),
        "facts": [
            (_("Entries"), f"{log.size:,}"),
            (_("Waiting for their place"), f"{waiting:,}"),
            (_("Name of the log"), log.origin),
            (_("Key that a witness is told"), log_key(log).text if states else ""),
        ],
        "witnesses": _witness_table(answers),
        "table": _state_table(states),
    }


def _standing(answers: Sequence[WitnessAnswer], now: datetime) -> Standing:
    refusing = [one.witness for one in answers if one.answer == Answer.REFUSED]
    if refusing:
        sentence = _("%(witness)s refuses to sign: the log is not the one it saw before") % {"witness": refusing[0]}
        return Standing("alarm", sentence, _("After a restore this is so. Else find out who rewrote it."))
    seen = SignedState.objects.filter(witnessed_at__isnull=False).order_by("-witnessed_at").first()
    if seen is None or seen.witnessed_at is None:
        sentence = _("No witness has signed this log yet")
        return Standing("warning", sentence, _("Whoever holds the database and the key could rewrite it unnoticed."))
    days = (now - seen.witnessed_at).days
    if now - seen.witnessed_at > WITNESSED_WITHIN:
        sentence = ngettext(
            "The last witness signed %(days)d day ago", "The last witness signed %(days)d days ago", days
        ) % {"days": days}
        return Standing("warning", sentence, _("What was recorded since then could be rewritten unnoticed."))
    return Standing("ok", _("A witness outside has signed the log"), "")


def _witness_table(answers: Sequence[WitnessAnswer]) -> RecordTable:
    chips: dict[str, Chip] = {
        Answer.SIGNED: Chip("ok", pgettext("witness", "Signed")),
        Answer.REFUSED: Chip("alarm", pgettext("witness", "Refused")),
        Answer.SILENT: Chip("warning", _("Did not answer")),
    }
    columns = (
        Column(_("Witness")),
        Column(_("Its last answer")),
        Column(pgettext("time", "Since")),
        Column(_("Entries it signed"), numeric=True),
    )
    rows = tuple(
        (
            Cell(one.witness),
            Cell(chip=chips[one.answer], note=one.said),
            Cell(_shown(one.since)),
            Cell(f"{one.size:,}"),
        )
        for one in answers
    )
    return RecordTable(_("Witnesses"), columns, rows)


def _state_table(states: Sequence[SignedState]) -> RecordTable:
    keys = witness_keys()
    columns = (Column(_("Signed at")), Column(_("Entries"), numeric=True), Column(_("Seen by"), prose=True))
    rows = tuple(
        (Cell(_shown(state.made_at)), Cell(f"{state.size:,}"), Cell(_seen_by(state, keys) or "–")) for state in states
    )
    return RecordTable(_("Last signed states"), columns, rows)


def _seen_by(state: SignedState, keys: Sequence[NoteKey]) -> str:
    try:
        signed = checkpoint_of(state)
    except CheckpointError:
        return _("The state cannot be read: run the sanity check")
    return ", ".join(key.name for key in keys if signed.seen_by(key))


def _shown(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"

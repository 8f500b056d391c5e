"""Having outsiders sign: what they are sent, over HTTPS or as a file, and what their answers mean here."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from samegauge.core.merkle_log.keys import witness_keys
from samegauge.core.merkle_log.models import Answer, SignedState, WitnessAnswer
from samegauge.core.merkle_log.tree import checkpoint_of, tree_of
from samegauge.core.merkle_log.witness import SIZE_TYPE, Status
from samegauge.doors.http import OutgoingError, OutgoingSession, RequestFailure
from samegauge.formats.checkpoint import CheckpointError, WitnessRequest, read_signatures, text_of

if TYPE_CHECKING:
    from samegauge.formats.checkpoint import NoteKey, Signature

log = logging.getLogger(__name__)

ADD_CHECKPOINT = "/add-checkpoint"
_SIZE = re.compile(r"(0|[1-9][0-9]{0,17})\n?")
_LONGEST_REASON = 300


class AnswerError(Exception):
    """What came back is no signature by a witness that is believed here."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


def request_for(state: SignedState, old_size: int) -> WitnessRequest:
    """What a witness is sent that has signed the state of `old_size` entries before."""
    proof = tree_of(state.size).consistency(old_size) if 0 < old_size < state.size else ()
    return WitnessRequest(old_size, proof, checkpoint_of(state))


def take_signatures(data: bytes) -> list[str]:
    """Add what a witness answered to the state that it signed; return the names of the witnesses."""
    try:
        signatures = read_signatures(text_of(data))
    except CheckpointError as error:
        raise AnswerError(f"This is no witness's answer: {error}", f"這不是見證人的回覆：{error}") from error
    for state in SignedState.objects.order_by("-pk").iterator(100):
        if names := _added(state, signatures, witness_keys()):
            return names
    raise AnswerError(
        "No signature in it is by a witness whose key lies in keys/witnesses, over a state of this log.",
        "檔案中沒有由 keys/witnesses 中的見證人對本紀錄任何狀態所作的簽章。",
    )


def _added(state: SignedState, signatures: tuple[Signature, ...], keys: list[NoteKey]) -> list[str]:
    """Put the signatures that hold under the state; what others signed says nothing."""
    try:
        signed = checkpoint_of(state)
    except CheckpointError:  # the sanity check names it
        return []
    with_all = signed.with_signatures(signatures)
    names = []
    for key in keys:
        at = with_all.seen_by(key)
        if at is not None and any((one.name, one.key_hash) == (key.name, key.key_hash) for one in signatures):
            signed = signed.with_signatures(one for one in signatures if one.key_hash == key.key_hash)
            state.witnessed_at = max(at, state.witnessed_at or at)
            names.append(key.name)
            _remember(key.name, Answer.SIGNED, "", size=state.size)
    if names:
        state.note = signed.text
        state.save(update_fields=["note", "witnessed_at"])
    return names


def ask_witnesses() -> None:
    """Show the newest state to each witness that the site names and that has not signed it."""
    state = SignedState.objects.order_by("-pk").first()
    if state is None:
        return
    for address in settings.SITE.witnesses:
        host = urlsplit(address).hostname or address
        known = WitnessAnswer.objects.filter(witness=host).first()
        if known is None or known.answer != Answer.SIGNED or known.size != state.size:
            _ask(address, host, state, known.size if known else 0)


def _ask(address: str, host: str, state: SignedState, old_size: int) -> None:
    try:
        with OutgoingSession([host]) as session:
            status, said = _posted(session, address, request_for(state, min(old_size, state.size)))
            other = _SIZE.fullmatch(said) if status == Status.OTHER_SIZE else None
            if other is not None and old_size != int(other[1]) <= state.size:
                status, said = _posted(session, address, request_for(state, int(other[1])))
    except RequestFailure as error:
        _remember(host, Answer.SILENT, str(error))
        return
    if status != Status.SIGNED:
        log.warning("The witness %s refuses the log: %s %s", host, status, said[:_LONGEST_REASON])
        _remember(host, Answer.REFUSED, f"{status} {said}")
        return
    try:
        take_signatures(said.encode())
    except AnswerError as error:
        _remember(host, Answer.SILENT, str(error))
        return
    _remember(host, Answer.SIGNED, "", size=state.size)


def _posted(session: OutgoingSession, address: str, request: WitnessRequest) -> tuple[int, str]:
    url = address.rstrip("/") + ADD_CHECKPOINT
    answer = session.post(url, data=request.text.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})
    if answer.status_code == Status.OTHER_SIZE and not answer.headers.get("Content-Type", "").startswith(SIZE_TYPE):
        raise OutgoingError("The answer is not that of a witness.")
    return answer.status_code, answer.content.decode("utf-8", "replace")


def _remember(witness: str, answer: Answer, said: str, size: int | None = None) -> None:
    kept, new = WitnessAnswer.objects.get_or_create(
        witness=witness, defaults={"answer": answer, "since": datetime.now(UTC)}
    )
    if not new and kept.answer != answer:
        kept.answer, kept.since = answer, datetime.now(UTC)
    kept.said = said[:_LONGEST_REASON]
    kept.size = kept.size if size is None else size
    kept.save()

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from samegauge.core.merkle_log.witness import Status, Witness, WitnessError, open_witness
from samegauge.doors.crypto import key_from_seed
from samegauge.formats.checkpoint import (
    Checkpoint,
    CheckpointError,
    NoteKey,
    SignedCheckpoint,
    WitnessRequest,
    read_signatures,
    signed_checkpoint,
)
from samegauge.formats.tiles import TileTree

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
KEY = key_from_seed(bytes(range(32)))
ORIGIN = "samegauge/alpha"


class Shelf(dict[tuple[int, int], bytes]):
    def read(self, level: int, number: int) -> bytes:
        return self.get((level, number), b"")

    def write(self, level: int, number: int, hashes: bytes) -> None:
        self[level, number] = hashes


def tree(size: int, forged: int | None = None) -> TileTree:
    grown = TileTree(Shelf(), 0)
    grown.append([bytes([number % 251, number == forged]) * 16 for number in range(size)])
    return grown


def asked(size: int, old_size: int, forged: int | None = None) -> bytes:
    log = tree(size, forged)
    proof = log.consistency(old_size) if 0 < old_size < size else ()
    signed = signed_checkpoint(Checkpoint(ORIGIN, size, log.root()), KEY)
    return WitnessRequest(old_size, proof, signed).text.encode()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    made = open_witness(tmp_path / "witness", "association.example/w1")
    made.add_log(NoteKey(ORIGIN, KEY.public))
    return made


def test_a_log_that_only_grows_is_signed_again_and_again(witness: Witness) -> None:
    for old, size in ((0, 3), (3, 300), (300, 300), (300, 4000)):
        decision = witness.answer(asked(size, old), NOW)
        assert decision.status is Status.SIGNED
        signed = signed_checkpoint(Checkpoint(ORIGIN, size, tree(size).root()), KEY)
        assert signed.with_signatures(read_signatures(decision.body)).seen_by(witness.key) == NOW
        assert signed.with_signatures(read_signatures(decision.body)).signed_by(NoteKey(ORIGIN, KEY.public))
    assert open_witness(witness.folder).logs() == [(ORIGIN, 4000)]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (asked(600, 500, forged=123), Status.NOT_CONSISTENT),  # recomputed and signed again
        (asked(500, 500, forged=499), Status.OTHER_SIZE),  # another history of the same length
        (asked(400, 400), Status.OTHER_SIZE),  # taken back
        (asked(499, 0), Status.OTHER_SIZE),  # taken back, as if for the first time
    ],
)
@pytest.mark.threat("T03")
def test_a_rewritten_history_is_refused_shouted_and_kept_as_evidence(
    witness: Witness, request_bytes: bytes, status: Status
) -> None:
    assert witness.answer(asked(500, 0), NOW).status is Status.SIGNED
    decision = witness.answer(request_bytes, NOW + timedelta(hours=1))
    assert decision.status is status
    assert decision.shout
    assert decision.shout_zh
    assert ORIGIN in (witness.folder / "refused.txt").read_text("utf-8")
    assert witness.logs() == [(ORIGIN, 500)]
    assert witness.answer(asked(600, 500), NOW).status is Status.SIGNED


def test_who_does_not_know_what_was_signed_is_told_the_size(witness: Witness) -> None:
    witness.answer(asked(500, 0), NOW)
    decision = witness.answer(asked(600, 0), NOW)
    assert (decision.status, decision.body, decision.shout) == (Status.OTHER_SIZE, "500\n", "")


def test_strangers_and_broken_requests_are_refused(witness: Witness, tmp_path: Path) -> None:
    unknown = open_witness(tmp_path / "other", "other.example/w")
    assert unknown.answer(asked(5, 0), NOW).status is Status.UNKNOWN_LOG
    unknown.add_log(NoteKey(ORIGIN, key_from_seed(bytes(32)).public))
    assert unknown.answer(asked(5, 0), NOW).status is Status.FOREIGN_KEY
    good = asked(9, 0)
    assert witness.answer(good, NOW).status is Status.SIGNED
    for place in range(0, len(good), 3):
        bent = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        assert witness.answer(bent, NOW).status is not Status.SIGNED or b"old 8" not in bent
    for data in (b"", b"old 1\n", b"\xff", b"old 01\n\n", b"old 0\n" + b"A" * 100_000):
        assert witness.answer(data, NOW).status is Status.MALFORMED
    assert witness.answer(asked(5, 5).replace(b"old 5", b"old 6"), NOW).status is Status.MALFORMED


def test_a_witness_keeps_its_name_and_key(witness: Witness) -> None:
    again = open_witness(witness.folder)
    assert again.key == witness.key
    with pytest.raises(WitnessError, match=r"association\.example/w1"):
        open_witness(witness.folder, "another.example/w")
    with pytest.raises(WitnessError, match="holds no witness"):
        open_witness(witness.folder / "empty")
    with pytest.raises(CheckpointError, match="key of a witness"):
        witness.add_log(witness.key)


def test_a_cosignature_is_for_one_body_one_key_and_one_time(witness: Witness) -> None:
    line = witness.answer(asked(7, 0), NOW).body
    other = signed_checkpoint(Checkpoint(ORIGIN, 7, tree(7, forged=3).root()), KEY)
    assert other.with_signatures(read_signatures(line)).seen_by(witness.key) is None
    late = line[:-12] + ("A" if line[-12] != "A" else "B") + line[-11:]
    signed = SignedCheckpoint(signed_checkpoint(Checkpoint(ORIGIN, 7, tree(7).root()), KEY).body, read_signatures(late))
    assert signed.seen_by(witness.key) is None

"""A passport that carries the proof of its issuer's log, and the small proof that a QR code carries."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from passport_samples import FOREIGN_KEY, KEY, TRUSTED, sample

from samegauge.doors.crypto import key_from_seed, text_from_bytes
from samegauge.formats.canonical import canonical_bytes, leaf_digest, parse_json
from samegauge.formats.checkpoint import (
    Checkpoint,
    KeyKind,
    NoteKey,
    SignedCheckpoint,
    cosignature,
    hash_lines,
    signed_checkpoint,
)
from samegauge.formats.log_proof import LogProof, ProofState, read_proof, verify_proof
from samegauge.formats.passport import Logged, PassportError, State, build, facts, read, verdict_text, verify
from samegauge.formats.tiles import TileTree

if TYPE_CHECKING:
    from samegauge.doors.crypto import SigningKey
    from samegauge.formats.passport import Passport

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
WITNESS_KEY = key_from_seed(bytes(range(2, 34)))
WITNESS = NoteKey("association.example/w1", WITNESS_KEY.public, KeyKind.WITNESS)
ORIGIN = "samegauge/acme"
SIZE = 1000


class Shelf(dict[tuple[int, int], bytes]):
    def read(self, level: int, number: int) -> bytes:
        return self.get((level, number), b"")

    def write(self, level: int, number: int, hashes: bytes) -> None:
        self[level, number] = hashes


def places(passport: Passport) -> list[int]:
    return [17 + 211 * number for number in range(len(passport.events))]


def log_of(passport: Passport) -> TileTree:
    leaves = [leaf_digest(number) for number in range(SIZE)]
    for place, event in zip(places(passport), passport.events, strict=True):
        leaves[place] = bytes.fromhex(event.leaf_hash)
    tree = TileTree(Shelf(), 0)
    tree.append(leaves)
    return tree


def signed_state(tree: TileTree, key: SigningKey = KEY, *, seen: bool = True) -> SignedCheckpoint:
    signed = signed_checkpoint(Checkpoint(ORIGIN, tree.size, tree.root()), key)
    return signed.with_signatures([cosignature(signed, WITNESS.name, WITNESS_KEY, NOW)]) if seen else signed


def logged(signed: SignedCheckpoint | None = None) -> Passport:
    passport = sample()
    tree, at = log_of(passport), tuple(places(passport))
    checkpoint = (signed or signed_state(tree)).text
    return replace(passport, log=Logged(checkpoint, at, tuple(hash_lines(tree.proof_of(at)))))


def test_the_events_stand_in_a_log_that_a_witness_has_seen() -> None:
    data = build(logged(), KEY)
    verdict = verify(data, TRUSTED, [WITNESS])
    assert verdict.state is State.GENUINE
    assert verdict.log is not None
    assert (verdict.log.origin, verdict.log.size, verdict.log.seen) == (ORIGIN, SIZE, ((WITNESS.name, NOW),))
    assert WITNESS.name in verdict_text(verdict).en
    assert WITNESS.name in verdict_text(verdict).zh
    assert {fact.name: fact.value for fact in facts(verdict)}["log"] == f"{ORIGIN} · {SIZE}"
    assert read(data).log == logged().log


def test_a_witness_that_the_reader_does_not_believe_proves_nothing() -> None:
    stranger = NoteKey(WITNESS.name, FOREIGN_KEY.public, KeyKind.WITNESS)
    for believed in ([], [stranger]):
        verdict = verify(build(logged(), KEY), TRUSTED, believed)
        assert verdict.genuine
        assert verdict.log is not None
        assert verdict.log.seen == ()
        assert "no witness believed here" in verdict_text(verdict).en


def test_an_old_passport_still_holds_and_says_what_it_lacks() -> None:
    verdict = verify(build(sample(), KEY), TRUSTED, [WITNESS])
    assert verdict.genuine
    assert verdict.log is None
    assert "no proof of the log" in verdict_text(verdict).en
    assert "不附紀錄的證明" in verdict_text(verdict).zh


def test_the_version_says_whether_there_is_a_proof() -> None:
    document = cast("Any", parse_json(build(logged(), KEY)))
    document["header"]["version"] = 1
    document["header"]["chunks"] = document["header"]["chunks"][:]
    document["signature"] = text_from_bytes(KEY.sign(canonical_bytes(document["header"])))
    assert verify(canonical_bytes(document), TRUSTED).state is State.NOT_A_PASSPORT
    with pytest.raises(PassportError, match="proof of the log"):
        read(canonical_bytes(document))


def test_an_issuer_who_rewrote_his_log_cannot_make_its_events_fit() -> None:
    """The passport itself is signed, so only whoever holds the key can try."""
    honest = log_of(sample())
    other = log_of(replace(sample(), events=sample().events[:1]))
    for state in (signed_state(other), signed_state(honest, FOREIGN_KEY)):
        verdict = verify(build(logged(state), KEY), TRUSTED, [WITNESS])
        assert verdict.state is State.NOT_IN_LOG
        assert not verdict.genuine
        assert "contradicts itself" in verdict_text(verdict).en
    good = logged()
    assert good.log is not None
    for bent in (
        replace(good.log, places=(*good.log.places[:-1], good.log.places[-1] + 1)),
        replace(good.log, places=good.log.places[:-1]),
        replace(good.log, places=(good.log.places[0],) * len(good.log.places)),
        replace(good.log, proof=good.log.proof[:-1]),
        replace(good.log, proof=("not base64", *good.log.proof[1:])),
        replace(good.log, checkpoint="nothing"),
    ):
        assert verify(build(replace(good, log=bent), KEY), TRUSTED).state is State.NOT_IN_LOG


def test_no_changed_byte_of_the_proof_goes_unnoticed() -> None:
    data = build(logged(), KEY)
    start = data.index(b'"places"') - 900
    for place in range(start, data.index(b'"header"'), 5):
        assert not verify(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :], TRUSTED, [WITNESS]).genuine


def code() -> LogProof:
    passport = sample()
    tree, event, place = log_of(passport), passport.events[0], places(passport)[0]
    return LogProof(canonical_bytes(event.record), place, tree.inclusion(place), signed_state(tree))


def test_the_code_proves_one_event_without_any_file() -> None:
    text = code().text
    verdict = verify_proof(text, TRUSTED, [WITNESS])
    assert (verdict.state, verdict.trusted_as, verdict.seen) == (ProofState.PROVEN, "acme", ((WITNESS.name, NOW),))
    assert verdict.event == sample().events[0].record
    assert read_proof(text).text == text
    assert verify_proof(text, {}, []).state is ProofState.UNTRUSTED


def test_no_changed_letter_of_the_code_is_proven() -> None:
    text = code().text
    ends = text.index("\u2014 " + WITNESS.name)
    for place, letter in enumerate(text):
        bent = text[:place] + ("A" if letter != "A" else "B") + text[place + 1 :]
        verdict = verify_proof(bent, TRUSTED, [WITNESS])
        assert verdict.state is not ProofState.PROVEN or (place >= ends and not verdict.seen), place


def test_what_is_no_code_is_said_to_be_none() -> None:
    proof = code()
    odd = b64encode(b'{"a":1e999}').decode()
    texts = (
        "",
        "c2sp.org/tlog-proof@v1",
        proof.text.replace("index", "place"),
        proof.text.replace("extra ", "extra !"),
        proof.text.replace(b64encode(proof.extra).decode(), odd),
        "x" * 100_000,
    )
    for text in texts:
        state = verify_proof(text, TRUSTED, []).state
        assert state in {ProofState.NOT_A_PROOF, ProofState.DISPROVEN}

"""An issued passport stands in the log, its code proves it offline, and this site answers as a witness for others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from samegauge.apps.history.passport_pdf import proof_qr
from samegauge.apps.history.passports import issue, trusted_keys
from samegauge.cli.verify import Believed, verify_file
from samegauge.core.merkle_log import witnessing
from samegauge.core.merkle_log.keys import witness_keys
from samegauge.core.merkle_log.models import Answer, SignedState, WitnessAnswer
from samegauge.core.merkle_log.proofs import proof_of
from samegauge.core.merkle_log.tree import checkpoint_of, current_log, log_key, sign_newest, tree_of
from samegauge.core.merkle_log.witness import open_witness
from samegauge.core.merkle_log.witnessing import request_for, take_signatures
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, record
from samegauge.core.vault.rules import read_stored
from samegauge.doors.crypto import sha256
from samegauge.formats.log_proof import LogProof, ProofState, read_proof, verify_proof
from samegauge.formats.merkle import merkle_root
from samegauge.formats.passport import State, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation, Person

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BY = Recorder(actor_name="tester")


@pytest.fixture
def unit(in_scope: Organisation) -> Unit:
    item = Item.objects.create(number="TX", name="Machine", kind=ItemKind.MACHINE)
    unit = Unit.objects.create(serial="TX-1", item=item)
    for number in range(12):
        record(Fact("checked", NOW, {"number": number}, unit=unit), BY)
    assert in_scope.pk == unit.organisation_id
    return unit


@pytest.fixture
def witnessed(unit: Unit, home: Path) -> Path:
    """This site also watches a log: its own organisation's, as another site would be watched."""
    witness = open_witness(home / "witness", "association.example/w1")
    sign_newest(NOW)
    witness.add_log(log_key(current_log()))
    keys = home / "keys" / "witnesses"
    keys.mkdir(parents=True)
    (keys / "association.vkey").write_text(witness.key.text)
    assert unit.pk
    return home


@pytest.fixture
def owner(in_scope: Organisation, person_with_role: Callable[..., Person]) -> Client:
    client = Client()
    person = person_with_role("owner", in_scope)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def asked(body: bytes | str) -> Any:
    return Client().post("/witness/add-checkpoint", body, content_type="text/plain")


def test_an_issued_passport_proves_its_events_and_its_own_issue(unit: Unit, tmp_path: Path, home: Path) -> None:
    passport = issue(unit, BY, "https://gauge.example")
    data = read_stored(passport.signed)
    verdict = verify(data, trusted_keys()[0], witness_keys())
    assert verdict.state is State.GENUINE
    assert verdict.log is not None
    assert verdict.log.events == 12
    proof = proof_of(passport.event)
    assert proof is not None
    (tmp_path / "code.txt").write_text(proof.text)
    status, report = verify_file(tmp_path / "code.txt", Believed(), home)
    assert (status, report["state"], report["form"]) == (0, "proven", "proof")
    assert {fact["name"]: fact["value"] for fact in report["facts"]}["sha256"] == sha256(data).hex()
    (tmp_path / "code.txt").write_text(proof.text.replace("index 1", "index 2"))
    assert verify_file(tmp_path / "code.txt", Believed(), home)[0] == 1
    (tmp_path / "code.txt").write_text(proof.text[:200])
    assert verify_file(tmp_path / "code.txt", Believed(), home)[0] == 2
    status, report = verify_file(_kept(tmp_path, read_stored(passport.printed)), Believed(), home)
    assert (status, report["log"]["size"]) == (0, verdict.log.size)


def _kept(folder: Path, data: bytes) -> Path:
    (folder / "passport.pdf").write_bytes(data)
    return folder / "passport.pdf"


def test_a_passport_contradicts_a_history_that_was_computed_anew(unit: Unit) -> None:
    """The root that it carries is that of the log as it was: with one leaf changed there is another."""
    stated = verify(read_stored(issue(unit, BY, "https://gauge.example").signed), trusted_keys()[0]).log
    assert stated is not None
    leaves = list(tree_of(stated.size).leaves())
    assert merkle_root(leaves) == stated.root
    leaves[3] = bytes(32)
    assert merkle_root(leaves) != stated.root


def test_the_code_goes_onto_paper_also_for_a_log_of_a_million(unit: Unit) -> None:
    state = sign_newest(NOW)
    assert state is not None
    signed = checkpoint_of(state)
    event = record(Fact("passport_issued", NOW, {"key": "k" * 32, "bytes": 99999, "sha256": "a" * 64}, unit=unit), BY)
    sign_newest(NOW)
    own = proof_of(event)
    assert own is not None
    large = LogProof(own.extra, 999_999, tuple(bytes([number] * 32) for number in range(20)), signed)
    assert len(large.text) < 2_331  # what a code of level M holds; it is drawn at level L, which holds 2,953
    assert proof_qr(large).startswith("<svg")
    many = LogProof(own.extra, 999_999, tuple(bytes(32) for _ in range(60)), signed)
    assert proof_qr(many) == ""


def test_this_site_signs_for_others_and_refuses_a_rewritten_log(witnessed: Path) -> None:
    state = SignedState.objects.latest("pk")
    answer = asked(request_for(state, 0).text)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert take_signatures(answer.content) == ["association.example/w1"]
    assert asked(request_for(state, 0).text)["Content-Type"] == "text/x.tlog.size"
    assert asked("old 0\n\nnothing").status_code == 400
    assert asked(b"x" * 100_000).status_code == 400
    unknown = request_for(state, 0).text.replace("samegauge/", "elsewhere/")
    assert asked(unknown).status_code == 404
    assert not (witnessed / "witness" / "refused.txt").exists()


def test_a_site_that_is_no_witness_has_no_such_page(unit: Unit) -> None:
    state = sign_newest(NOW)
    assert state is not None
    assert asked(request_for(state, 0).text).status_code == 404
    assert unit.pk


def test_what_strangers_signed_is_not_taken_in(unit: Unit, tmp_path: Path) -> None:
    state = sign_newest(NOW)
    assert state is not None
    stranger = open_witness(tmp_path / "stranger", "stranger.example/w")
    stranger.add_log(log_key(current_log()))
    answer = stranger.answer(request_for(state, 0).text.encode(), NOW)
    for data in (answer.body.encode(), b"nothing", b"\xff"):
        with pytest.raises(witnessing.AnswerError) as refused:
            take_signatures(data)
        assert refused.value.message_zh
    assert unit.pk


def test_who_reads_the_code_needs_the_key(unit: Unit) -> None:
    proof = proof_of(issue(unit, BY, "https://gauge.example").event)
    assert proof is not None
    assert read_proof(proof.text) == proof
    assert verify_proof(proof.text, {}, []).state is ProofState.UNTRUSTED


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_the_page_of_the_log_says_whether_history_could_be_rewritten(
    witnessed: Path, owner: Client, language: str
) -> None:
    owner.cookies["django_language"] = language
    assert "sg-verdict-warning" in page(owner)
    given = owner.post("/administration/log/request/?since=0")
    answer = open_witness(witnessed / "witness").answer(given.content, datetime.now(UTC))
    owner.post("/administration/log/", {"file": SimpleUploadedFile("answer.txt", answer.body.encode())})
    assert "sg-verdict-ok" in page(owner)
    SignedState.objects.update(witnessed_at=datetime.now(UTC) - timedelta(days=3))
    assert "sg-verdict-warning" in page(owner)
    WitnessAnswer.objects.create(witness="w", answer=Answer.REFUSED, since=NOW, said="409")
    assert "sg-verdict-alarm" in page(owner)
    SignedState.objects.update(note="not a checkpoint")
    assert "sg-verdict-alarm" in page(owner)
    assert owner.post("/administration/log/request/").status_code == 200
    for form in ({"file": SimpleUploadedFile("bad.txt", b"nothing")}, {}):
        answered = owner.post("/administration/log/", form, follow=True)
        assert [message.level_tag for message in answered.context["messages"]] == ["error"]


def page(client: Client) -> str:
    return client.get("/administration/log/").content.decode()

"""A log asks a witness over HTTP: signed, asked again with the right size, refused where rewritten, or silent."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.core.merkle_log.models import Entry, Log, RowSeal, SignedState, Tile, Waiting, WitnessAnswer
from samegauge.core.merkle_log.tree import current_log, log_key, sign_newest
from samegauge.core.merkle_log.witness import SIZE_TYPE, Status, open_witness
from samegauge.core.merkle_log.witnessing import ask_witnesses
from samegauge.core.thread.rules import Fact, Recorder, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from samegauge.core.merkle_log.witness import Witness
    from samegauge.core.organisations.models import Organisation

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def witness(in_scope: Organisation, settings: Any, tmp_path: Path) -> Witness:
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    made = open_witness(tmp_path / "witness", "association.example/w1")
    keys = tmp_path / "home" / "keys" / "witnesses"
    keys.mkdir(parents=True)
    (keys / "association.vkey").write_text(made.key.text)
    made.add_log(log_key(current_log()))
    assert in_scope.pk
    return made


@pytest.fixture
def asked(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The witness on a port of this machine; what it was asked comes back."""
    requests: list[bytes] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(self.rfile.read(int(self.headers["Content-Length"])))
            decision = witness.answer(requests[-1], NOW)
            self.send_response(int(decision.status))
            self.send_header("Content-Type", SIZE_TYPE if decision.status == Status.OTHER_SIZE else "text/plain")
            self.end_headers()
            self.wfile.write(decision.body.encode())

        def log_message(self, *_said: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("SAMEGAUGE_WITNESSES", f"http://127.0.0.1:{server.server_port}/witness")
    yield requests
    server.shutdown()
    thread.join()
    server.server_close()


def grown(events: int) -> None:
    for _number in range(events):
        record(Fact("checked", NOW, {}), Recorder(actor_name="tester"))
    sign_newest(NOW)
    ask_witnesses()


def last_answer() -> tuple[str, int]:
    return WitnessAnswer.objects.filter(witness="127.0.0.1").values_list("answer", "size")[0]


def test_a_log_is_witnessed_over_http_and_a_rewritten_one_is_not(asked: list[bytes], witness: Witness) -> None:
    grown(3)
    assert last_answer() == ("signed", 3)
    assert SignedState.objects.latest("pk").witnessed_at == NOW
    ask_witnesses()
    assert len(asked) == 1  # the same state is shown once
    grown(300)
    assert (last_answer(), witness.logs()[0][1]) == (("signed", 303), 303)
    WitnessAnswer.objects.all().delete()  # forgotten here: the witness says how far it is, and is asked again
    grown(1)
    assert (last_answer(), len(asked)) == (("signed", 304), 4)
    for model in (Entry, Waiting, Tile, RowSeal, SignedState, Log):
        model.objects.all().delete()
    grown(310)
    assert last_answer()[0] == "refused"
    assert (witness.folder / "refused.txt").exists()
    assert SignedState.objects.latest("pk").witnessed_at is None


def test_a_witness_that_cannot_be_reached_holds_nothing_up(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEGAUGE_WITNESSES", "http://127.0.0.1:9/witness, https://elsewhere.example:bad/")
    grown(1)
    assert set(WitnessAnswer.objects.values_list("answer", flat=True)) == {"silent"}
    assert witness.logs()[0][1] == 0

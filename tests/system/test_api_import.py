"""A package sent to a running site by a program: kept, taken in by the worker, followed to its end."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from support.processes import RunningSite, site_processes, start_site, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MEMBERS = ("QIF-IncomingInspection/CoverResults_20_samples.QIF.gz", "NC-Code/NIST_MTC_CRADA_COVER_REV-A.NC")
ENDED = {"done", "failed", "cancelled"}


@dataclass(frozen=True)
class Program:
    """Speaks HTTP to the site with an engineer's token."""

    running: RunningSite
    token: str

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=60)
        connection.request(method, f"/api/{path}", body, {"Authorization": f"Bearer {self.token}", **(headers or {})})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        return answer.status, said

    def send(self, package: bytes, sha256: str) -> tuple[int, Any]:
        file = SimpleUploadedFile("package.zip", package)
        body = encode_multipart(BOUNDARY, {"kind": "nist-tdp", "sha256": [sha256], "files": [file]})
        return self.ask("POST", "imports", body, {"Content-Type": MULTIPART_CONTENT})


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with site_processes(tmp_path_factory.mktemp("api") / "home") as site:
        token = site.tell("token", "engineer")["text"]
        running = start_site(site)
        yield Program(running, token)
        running.child.stop()


@pytest.fixture(scope="module")
def package(test_data: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for member in MEMBERS:
            archive.write(test_data / "nist-smstestbed/tdp/mtc" / member, f"./{member}")
    return stream.getvalue()


def test_a_package_goes_in_and_its_end_can_be_read(program: Program, package: bytes) -> None:
    status, job = program.send(package, hashlib.sha256(package).hexdigest())
    assert (status, job["kind"], job["state"]) == (202, "import", "requested")

    def ended() -> Any:
        status, now = program.ask("GET", f"jobs/{job['uid']}")
        assert status == 200
        return now if now["state"] in ENDED else None

    done = wait_for(ended, "the import to end")
    assert done["state"] == "done", done["message"]
    status, batch = program.ask("GET", f"imports/{done['result']['import']}")
    assert (status, batch["kind"], batch["report"]["files"]) == (
        200,
        "nist-tdp",
        {"in": 2, "known": 0, "refused": 0},
    )
    assert batch["report"]["statuses"] == {"incoming": {"Cover": {"PASS": 541}}}
    status, files = program.ask("GET", f"imports/{batch['uid']}/files")
    assert {(file["name"].rpartition("/")[2], file["outcome"]) for file in files["items"]} == {
        (member.rpartition("/")[2], "in") for member in MEMBERS
    }
    assert program.ask("GET", "units?limit=1")[1]["count"] == 20


def test_a_wrong_hash_is_refused_and_asks_for_no_work(program: Program, package: bytes) -> None:
    before = program.ask("GET", "jobs")[1]["count"]
    status, said = program.send(package, "0" * 64)
    assert (status, hashlib.sha256(package).hexdigest()[:12] in said["detail"]) == (400, True)
    assert program.ask("GET", "jobs")[1]["count"] == before


def test_more_than_the_site_takes_is_refused_by_its_announced_length(program: Program) -> None:
    status, said = program.ask("POST", "imports", headers={"Content-Length": str(3 * 2**30)})
    assert (status, "MiB" in said["detail"]) == (413, True)

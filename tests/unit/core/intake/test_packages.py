"""Packages that come as one archive, and packages of which a part is damaged."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from qif_samples import qif
from support.import_here import rows_by_model, take_in

from samegauge.core.measurement.models import Measurement
from samegauge.core.production.models import Trace
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Unit

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation

RESULTS = qif(("SN-1", "BOX_A07"))


def zipped(members: dict[str, bytes], **attributes: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.writestr(info, content)
    return stream.getvalue()


def tarred(name: str, **attributes: Any) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        archive.addfile(info)
    return stream.getvalue()


GOOD_MEMBER = {"pkg/QIF-IncomingInspection/BoxResults.QIF": RESULTS}
ARCHIVES = {
    "traversal.zip": zipped(GOOD_MEMBER | {"pkg/../../../escape.qif": RESULTS}),
    "absolute.zip": zipped(GOOD_MEMBER | {"/etc/escape.qif": RESULTS}),
    "link.zip": zipped({"pkg/results.qif": b"/etc/passwd"}, external_attr=(stat.S_IFLNK | 0o777) << 16),
    "bomb.zip": zipped(GOOD_MEMBER | {"pkg/big.qif": bytes(64 << 20)}),
    "cut.zip": zipped(GOOD_MEMBER)[:-30],
    "link.tar.gz": tarred("pkg/results.qif", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "device.tgz": tarred("pkg/results.qif", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
    "traversal.tar.gz": tarred("../../escape.qif"),
    "nothing.zip": zipped({"holiday/beach.txt": b"sand"}),
    "no-archive.zip": b"not an archive at all",
}


@pytest.mark.asvs("5.3.2")
@pytest.mark.threat("T05")
@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_refused_whole(in_scope: Organisation, home: Path, name: str) -> None:
    before = rows_by_model()
    report = take_in("nist-tdp", {name: ARCHIVES[name]})
    assert report["files"] == {"in": 0, "known": 0, "refused": 1}
    [one] = report["refused"]
    assert one["file"] == name
    assert one["reason"].startswith(name)
    assert one["reason_zh"].startswith(name)
    assert rows_by_model() == before
    assert not list(home.parent.rglob("escape*"))


def test_an_archive_goes_in_like_its_folder(in_scope: Organisation) -> None:
    packed = take_in("nist-tdp", {"package.zip": zipped(GOOD_MEMBER)})
    assert packed["statuses"] == {"incoming": {"Box": {"PASS": 2, "FAIL": 1}}}
    assert list(Unit.objects.values_list("serial", flat=True)) == ["Box-07"]
    loose = take_in("nist-tdp", GOOD_MEMBER)
    assert loose["files"] == {"in": 0, "known": 1, "refused": 0}
    assert Measurement.objects.count() == 3


def test_a_package_with_damaged_traces_takes_in_the_others(in_scope: Organisation, test_data: Path) -> None:
    whole = (test_data / "nist-smstestbed/tdp/mtc/PartData/Cover-Hurco04-06of20.txt.gz").read_bytes()
    damaged = {
        "PartData/Cover-Hurco04-07of20.txt.gz": whole[: len(whole) // 2],
        "PartData/Cover-Hurco04-08of20.txt.gz": b"\x89PNG\r\n\x1a\n" + bytes(500),
    }
    report = take_in("nist-tdp", {"PartData/Cover-Hurco04-06of20.txt.gz": whole} | damaged)
    assert report["files"] == {"in": 1, "known": 0, "refused": 2}
    assert {one["file"] for one in report["refused"]} == set(damaged)
    assert list(Trace.objects.values_list("unit__serial", flat=True)) == ["Cover-06"]
    assert set(Unit.objects.values_list("serial", flat=True)) == {"Cover-06", "Hurco04"}
    assert organisation_lake().traces("Hurco04") == ("Cover-Hurco04-06of20",)


def test_equal_bytes_under_two_names_are_inspected_once(in_scope: Organisation) -> None:
    report = take_in("qif", {"first.qif": RESULTS, "copy.qif": RESULTS})
    assert report["files"] == {"in": 1, "known": 1, "refused": 0}
    assert Measurement.objects.count() == 3

"""The container alone, around hand-made PDFs; tests of the printed passport are in apps/history."""

from __future__ import annotations

import zlib

import pytest
from passport_samples import FOREIGN_KEY, KEY, TRUSTED, sample

from samegauge.formats.passport import (
    PdfError,
    State,
    build,
    extract_attachment,
    seal_holds,
    seal_pdf,
    verify_file_bytes,
    verify_pdf,
)

DATA = build(sample(), KEY)


def embedded(data: bytes, *, filtered: str = "/Filter/FlateDecode", length: int | None = None) -> bytes:
    stored = zlib.compress(data) if "Flate" in filtered else data
    size = len(stored) if length is None else length
    return (
        f"1 0 obj\n<</Length {size}/Type/EmbeddedFile{filtered}>>\nstream\n".encode()
        + stored
        + b"\nendstream\nendobj\n"
    )


def pdf(*objects: bytes) -> bytes:
    return b"%PDF-1.7\n" + b"".join(objects) + b"trailer\n<<>>\nstartxref\n9\n%%EOF"


@pytest.mark.parametrize("filtered", ["", "/Filter/FlateDecode", "/Filter [ /FlateDecode ]"])
def test_the_attachment_comes_out_byte_for_byte(filtered: str) -> None:
    assert extract_attachment(pdf(embedded(b"other file"), embedded(DATA, filtered=filtered))) == DATA


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "%PDF-"),
        (pdf(), "No passport"),
        (pdf(embedded(b"{}")), "No passport"),
        (pdf(embedded(DATA), embedded(DATA)), "2 passports"),
        (pdf(*[embedded(b"x")] * 17), "more than 16"),
        (pdf(embedded(DATA, filtered="/Filter/LZWDecode")), "never writes"),
        (pdf(embedded(DATA, filtered="", length=10**8)), "cut off"),
        (pdf(embedded(DATA))[:600], "cut off"),
        (b"%PDF-1.7\n1 0 obj\n<</Type/EmbeddedFile>>", "no stream"),
        (pdf(embedded(DATA).replace(b"stream\nx", b"stream\ny")), "cannot be unpacked"),
    ],
)
def test_other_pdfs_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(PdfError, match=reason):
        extract_attachment(data)
    assert verify_pdf(data, TRUSTED).state is State.NOT_ATTACHED


def test_a_bomb_is_refused_before_it_is_unpacked_whole() -> None:
    with pytest.raises(PdfError, match="64 MiB"):
        extract_attachment(pdf(embedded(bytes(80 << 20))))


def test_the_seal_binds_every_byte() -> None:
    sealed = seal_pdf(pdf(embedded(DATA)), KEY)
    assert seal_holds(sealed, KEY.public)
    assert not seal_holds(sealed, FOREIGN_KEY.public)
    broken = [place for place in range(len(sealed)) if seal_holds(flipped(sealed, place), KEY.public)]
    assert broken == []


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_changed_pages_are_told_from_a_changed_attachment() -> None:
    sealed = seal_pdf(pdf(b"% page: 10.001\n", embedded(DATA)), KEY)
    assert verify_file_bytes(sealed, TRUSTED).genuine
    assert verify_file_bytes(sealed.replace(b"10.001", b"10.002"), TRUSTED).state is State.PAGES_ALTERED
    assert verify_file_bytes(pdf(embedded(DATA)), TRUSTED).state is State.PAGES_ALTERED
    foreign = seal_pdf(pdf(embedded(DATA)), FOREIGN_KEY)
    assert verify_file_bytes(foreign, TRUSTED).state is State.PAGES_ALTERED
    altered = DATA.replace(b'"serial":"BLK-3"', b'"serial":"BLK-9"')
    assert verify_file_bytes(seal_pdf(pdf(embedded(altered)), KEY), TRUSTED).state is State.ALTERED


def test_a_later_version_behind_the_seal_breaks_it() -> None:
    sealed = seal_pdf(pdf(embedded(DATA)), KEY)
    assert (
        verify_file_bytes(sealed + b"\n2 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF", TRUSTED).state
        is State.PAGES_ALTERED
    )


def test_a_pdf_is_sealed_once_and_only_whole() -> None:
    sealed = seal_pdf(pdf(embedded(DATA)), KEY)
    with pytest.raises(PdfError, match="sealed already"):
        seal_pdf(sealed, KEY)
    with pytest.raises(PdfError, match="cut off"):
        seal_pdf(b"%PDF-1.7", KEY)

"""The forms of C2SP, against keys, signatures and texts that others published."""

# ruff: noqa: E501 - lines of others
from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samegauge.doors.crypto import key_from_seed
from samegauge.formats.checkpoint import (
    Checkpoint,
    CheckpointError,
    KeyKind,
    NoteKey,
    SignedCheckpoint,
    read_checkpoint,
    read_request,
    read_signatures,
    signed_checkpoint,
)

# The example of the tlog-cosignature specification.
COSIGNED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def test_a_signed_note_of_the_go_documentation_holds() -> None:
    """From the example of golang.org/x/mod/sumdb/note: key, text and signature."""
    key = NoteKey.from_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    body = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert SignedCheckpoint(body, read_signatures(line)).signed_by(key)
    assert not SignedCheckpoint(body.replace("you ", "You ", 1), read_signatures(line)).signed_by(key)
    assert key.kind is KeyKind.LOG


def test_the_number_of_a_public_witness_key_is_that_of_the_specification() -> None:
    """The key that the witness remora published: its number is worked out from name, kind and key."""
    text = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    key = NoteKey.from_text(text)
    assert key.kind is KeyKind.WITNESS
    assert key.text == text


def test_the_specification_s_example_is_read_and_written_alike() -> None:
    signed = read_checkpoint(COSIGNED)
    assert (signed.checkpoint.origin, signed.checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert signed.text == COSIGNED
    proof = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\n" + COSIGNED
    request = read_request(proof)
    assert (request.old_size, len(request.proof), request.text) == (20852014, 1, proof)


@pytest.mark.parametrize(
    "text",
    [
        "bananas.example+12344556",
        "rekor.example+00000000+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        "TEST+7997405c+AgcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        "a b+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        "",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        NoteKey.from_text(text)


@given(st.integers(0, 400), st.integers(0, 255))
def test_no_changed_byte_of_a_checkpoint_keeps_its_signature(place: int, value: int) -> None:
    key = key_from_seed(bytes(32))
    origin = "samegauge/alpha"
    data = bytearray(signed_checkpoint(Checkpoint(origin, 12345, bytes(range(32))), key).text.encode())
    place %= len(data)
    changed = data[place] != value
    data[place] = value
    try:
        holds = read_checkpoint(data.decode()).signed_by(NoteKey(origin, key.public))
    except ValueError:
        holds = False
    assert holds is not changed


@given(st.text(max_size=300))
def test_any_text_is_a_checkpoint_or_refused(text: str) -> None:
    for read in (read_checkpoint, read_request, read_signatures, NoteKey.from_text):
        with suppress(CheckpointError):
            assert read(text)

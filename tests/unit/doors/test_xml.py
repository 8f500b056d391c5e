from __future__ import annotations

import pytest

from samegauge.doors.xml import XmlLimits, XmlRefused, local_name, namespace_of, parse_xml

BOMB = (
    b'<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(ord("b"), ord("k")))
    + b"]>\n<lolz>&j;</lolz>"
)
HOSTILE = {
    "entity bomb": BOMB,
    "entity bomb in UTF-16": BOMB.decode().encode("utf-16"),
    "external entity": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
    "external document type": b'<!DOCTYPE r SYSTEM "http://example.org/r.dtd"><r/>',
    "parameter entity": b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://example.org/p">%p;]><r/>',
    "undefined entity": b"<r>&undefined;</r>",
    "unknown encoding": b'<?xml version="1.0" encoding="x-none"?><r/>',
    "encoding that hides markup": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-r/+AD4-',
    "not the declared encoding": b'<?xml version="1.0" encoding="UTF-8"?><r>\xff\xfe\xfd</r>',
    "zero byte": b"<r>\0</r>",
    "two roots": b"<r/><r/>",
    "empty": b"",
    "text": b"timestamp|name|value",
    "character out of range": b"<r>&#0;</r>",
}


@pytest.mark.asvs("1.5.1")
@pytest.mark.threat("T05")
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_documents_are_refused_with_both_reasons(case: str) -> None:
    with pytest.raises(XmlRefused) as caught:
        parse_xml(HOSTILE[case])
    assert caught.value.reason_en
    assert any("一" <= letter <= "鿿" for letter in caught.value.reason_zh)


def test_the_refusal_names_the_line() -> None:
    with pytest.raises(XmlRefused) as caught:
        parse_xml(b"<r>\n<a>\n</b>\n</r>")
    assert caught.value.line == 3
    assert str(caught.value).startswith("line 3: ")


def test_line_of_a_document_type() -> None:
    with pytest.raises(XmlRefused) as caught:
        parse_xml(BOMB)
    assert caught.value.line == 2


@pytest.mark.parametrize("share", [0, 1, 5, 17, 50, 80, 99])
def test_every_truncation_is_refused(share: int) -> None:
    whole = b"<?xml version='1.0'?><r>" + b"<a b='c'>text</a>" * 50 + b"</r>"
    with pytest.raises(XmlRefused):
        parse_xml(whole[: len(whole) * share // 100])


@pytest.mark.asvs("1.5.1")
@pytest.mark.threat("T05")
def test_size_element_and_depth_limits() -> None:
    small = XmlLimits(size_bytes=1000, elements=20, depth=5)
    assert len(parse_xml(b"<r>" + b"<a/>" * 19 + b"</r>", small)) == 19
    for data in (b"<r>" + b" " * 1000 + b"</r>", b"<r>" + b"<a/>" * 60 + b"</r>", b"<a>" * 6 + b"</a>" * 6):
        with pytest.raises(XmlRefused):
            parse_xml(data, small)
    assert parse_xml(b"<a>" * 5 + b"</a>" * 5, small).tag == "a"


def test_very_deep_documents_are_refused_by_default() -> None:
    with pytest.raises(XmlRefused):
        parse_xml(b"<a>" * 5000 + b"</a>" * 5000)


def test_comments_and_instructions_are_no_children() -> None:
    root = parse_xml(b"<?xml version='1.0'?><?style x?><r><!-- note --><a/><?go?></r>")
    assert [local_name(child) for child in root] == ["a"]


def test_names_and_lines() -> None:
    root = parse_xml(b"<r xmlns='urn:x'>\n<a/>\n</r>")
    assert (local_name(root), namespace_of(root)) == ("r", "urn:x")
    assert [child.sourceline for child in root] == [2]
    assert namespace_of(parse_xml(b"<r/>")) == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "big5", "iso-8859-1"])
def test_common_encodings_are_read(encoding: str) -> None:
    declared = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = "Größe" if encoding == "iso-8859-1" else "量測"
    document = f'<?xml version="1.0" encoding="{declared}"?><r>{text}</r>'
    assert parse_xml(document.encode(encoding)).text == text

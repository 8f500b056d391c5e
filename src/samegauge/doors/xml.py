"""The one place that reads and writes XML: no document type, no entities, no network, bounded size and depth."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from lxml import (  # pyright: ignore[reportMissingTypeStubs]  # lxml ships no types
    etree as _untyped_etree,  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_etree: Any = _untyped_etree  # pyright: ignore[reportUnknownVariableType]

# Encodings whose '<' is the byte 0x3C (with zero bytes beside it in UTF-16), so that markup can be counted unparsed.
_ENCODINGS = frozenset(
    {"ascii", "us-ascii", "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "iso-8859-15"}
    | {"latin-1", "windows-1252", "windows-1250", "big5"}
)
_DECLARED_ENCODING = re.compile(rb"\A<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_PROLOG_BYTES = 1024


class XmlElement(Protocol):
    """The part of an lxml element that readers use."""

    tag: str
    text: str | None
    sourceline: int | None

    def get(self, key: str) -> str | None: ...
    def items(self) -> list[tuple[str, str]]: ...
    def find(self, path: str) -> XmlElement | None: ...
    def findall(self, path: str) -> list[XmlElement]: ...
    def findtext(self, path: str) -> str | None: ...
    def iter(self, tag: str | None = None) -> Iterator[XmlElement]: ...
    def __iter__(self) -> Iterator[XmlElement]: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class XmlLimits:
    size_bytes: int = 64 << 20
    elements: int = 1_000_000
    depth: int = 64


DEFAULT_LIMITS = XmlLimits()


class XmlRefused(Exception):  # noqa: N818 - it names what happened to the document, not a fault of the program
    """A document that is malformed, too large or uses parts of XML that this door keeps shut."""

    def __init__(self, line: int | None, reason_en: str, reason_zh: str) -> None:
        super().__init__(reason_en if line is None else f"line {line}: {reason_en}")
        self.line = line
        self.reason_en = reason_en
        self.reason_zh = reason_zh


def parse_xml(data: bytes, limits: XmlLimits = DEFAULT_LIMITS) -> XmlElement:
    """Return the root element; comments and processing instructions are dropped, so every child is an element."""
    _refuse_by_bytes(data, limits)
    parser = _etree.XMLParser(
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = _etree.fromstring(data, parser)
    except (_etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None)
        detail = " ".join(str(error).split())[:300]
        raise XmlRefused(
            line if isinstance(line, int) and line > 0 else None,
            f"The XML is not well formed ({detail}). Export the file again or send it whole.",
            f"XML 格式不正確（{detail}）。重新匯出，或傳送完整的檔案。",
        ) from error
    if root.getroottree().docinfo.doctype:
        raise _document_type_refused(None)
    too_deep = "/" + "/".join("*" * (limits.depth + 1))
    if root.xpath(f"boolean({too_deep})"):
        raise XmlRefused(
            None,
            f"Elements are nested more than {limits.depth} deep; no format read here needs that.",
            f"元素巢狀超過 {limits.depth} 層；這裡讀取的格式都不需要這麼深。",
        )
    return cast("XmlElement", root)


@dataclass(frozen=True, slots=True)
class XmlNode:
    """An element to be written: a name without its namespace, and either a text or elements within."""

    name: str
    within: str | tuple[XmlNode, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


def xml_bytes(root: XmlNode, namespace: str) -> bytes:
    """The document in UTF-8, all of its elements in one namespace; equal bytes for equal contents."""
    top = _etree.Element(f"{{{namespace}}}{root.name}", dict(root.attributes), nsmap={None: namespace})
    waiting: list[tuple[Any, XmlNode]] = [(top, root)]
    try:
        while waiting:
            element, node = waiting.pop()
            if isinstance(node.within, str):
                element.text = node.within
                continue
            waiting += [
                (_etree.SubElement(element, f"{{{namespace}}}{one.name}", dict(one.attributes)), one)
                for one in node.within
            ]
    except ValueError as error:  # a control character, which XML has no way to write
        raise XmlRefused(
            None,
            "A text holds a control character, which no XML document can carry. Remove it from the record.",
            "文字含有 XML 無法記載的控制字元。從紀錄中移除。",
        ) from error
    _etree.indent(top)
    written: bytes = _etree.tostring(top, encoding="UTF-8", xml_declaration=True)
    return written


def local_name(element: XmlElement) -> str:
    return element.tag.rpartition("}")[2]


def namespace_of(element: XmlElement) -> str:
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def _refuse_by_bytes(data: bytes, limits: XmlLimits) -> None:
    if len(data) > limits.size_bytes:
        raise XmlRefused(
            None,
            f"The document has {len(data)} bytes; the limit is {limits.size_bytes}.",
            f"文件有 {len(data)} 位元組，上限為 {limits.size_bytes}。",
        )
    # Every element costs at least one '<', so this bounds the tree before any of it is built.
    if data.count(b"<") > 2 * limits.elements:
        raise XmlRefused(
            None,
            f"The document holds more than {limits.elements} elements.",
            f"文件的元素超過 {limits.elements} 個。",
        )
    plain = _without_byte_order_mark(data).replace(b"\0", b"")
    prolog = plain[:_PROLOG_BYTES].lstrip()
    if not prolog.startswith(b"<"):
        raise XmlRefused(
            1, "This is not an XML document: it does not start with '<'.", "這不是 XML 文件：開頭不是「<」。"
        )
    declared = _DECLARED_ENCODING.match(prolog)
    if declared and declared[1].decode("ascii").lower() not in _ENCODINGS:
        name = declared[1].decode("ascii")
        raise XmlRefused(
            1,
            f"The encoding {name} is not accepted; save the file as UTF-8.",
            f"不接受 {name} 編碼。另存為 UTF-8。",
        )
    position = plain.find(b"<!DOCTYPE")
    if position >= 0:
        raise _document_type_refused(plain.count(b"\n", 0, position) + 1)


def _without_byte_order_mark(data: bytes) -> bytes:
    for mark in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :]
    return data


def _document_type_refused(line: int | None) -> XmlRefused:
    return XmlRefused(
        line,
        "The document declares a document type (DOCTYPE); entities and external files are never read. "
        "Remove the declaration.",
        "文件含有 DOCTYPE 宣告；系統一律不讀取實體與外部檔案。移除該宣告。",
    )

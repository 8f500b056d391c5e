"""Reading XML documents of outside formats: root, attributes, numbers and times, with file and line in each refusal."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from samegauge.doors.xml import DEFAULT_LIMITS, XmlElement, XmlLimits, XmlRefused, local_name, namespace_of, parse_xml
from samegauge.formats.container import read_bytes
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER_LENGTH = 64
_STATED_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


def open_document(source: Path | bytes, name: str, limits: XmlLimits = DEFAULT_LIMITS) -> XmlElement:
    """Root element of a plain or gzip XML file."""
    data = read_bytes(source, name, limits.size_bytes)
    try:
        return parse_xml(data, limits)
    except XmlRefused as refused:
        raise FormatError(name, refused.line, refused.reason_en, refused.reason_zh) from refused


def check_root(root: XmlElement, name: str, wanted: str, namespaces: re.Pattern[str]) -> str:
    """Namespace of the root, once it is the element and the edition that the caller reads."""
    namespace = namespace_of(root)
    if local_name(root) != wanted or namespaces.fullmatch(namespace) is None:
        found = f"{local_name(root)} ({namespace or '-'})"[:200]
        raise FormatError(
            name,
            root.sourceline,
            f"The document is {found}, not a supported {wanted}.",
            f"文件是 {found}，不是支援的 {wanted}。",
        )
    return namespace


def attribute(element: XmlElement, key: str, name: str) -> str:
    value = element.get(key)
    if value is None or not value.strip():
        raise FormatError(
            name,
            element.sourceline,
            f"The element {local_name(element)} lacks the attribute {key}.",
            f"元素 {local_name(element)} 缺少屬性 {key}。",
            field=key,
        )
    return value


def number(text: str, element: XmlElement, name: str) -> float:
    """Finite decimal number; Python's own spellings (nan, inf, 1_000, full-width digits) are no numbers here."""
    stripped = text.strip()
    matches = len(stripped) <= _NUMBER_LENGTH and _NUMBER.fullmatch(stripped) is not None
    value = float(stripped) if matches else math.nan
    if not math.isfinite(value):
        shown = ascii(stripped[:40])
        raise FormatError(
            name,
            element.sourceline,
            f"{shown} is not a finite decimal number.",
            f"{shown} 不是有限的十進位數字。",
            field=local_name(element),
        )
    return value


def integer(text: str, element: XmlElement, name: str) -> int:
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped) is None:
        shown = ascii(stripped[:40])
        raise FormatError(
            name,
            element.sourceline,
            f"{shown} is not a whole number.",
            f"{shown} 不是整數。",
            field=local_name(element),
        )
    return int(stripped)


def clock(text: str, element: XmlElement, name: str) -> datetime:
    """UTC time of an ISO 8601 text, or its plain clock time where it states no zone."""
    stripped = text.strip()
    if _STATED_INSTANT.fullmatch(stripped) is not None:
        try:
            value = datetime.fromisoformat(stripped)
            return value if value.tzinfo is None else value.astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # a day or an hour that does not exist
    raise FormatError(
        name,
        element.sourceline,
        f"{stripped[:40]!a} is not a date and time of ISO 8601.",
        f"{stripped[:40]!a} 不是 ISO 8601 日期時間。",
        field=local_name(element),
    )


def instant(text: str, element: XmlElement, name: str) -> datetime | None:
    """UTC time of an ISO 8601 text; None where the text states no zone, since guessing one would shift a record."""
    value = clock(text, element, name)
    return value if value.tzinfo is not None else None

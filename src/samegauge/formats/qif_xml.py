"""Paths and references inside one QIF document."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from samegauge.formats.errors import FormatError
from samegauge.formats.xml_document import clock, number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from samegauge.doors.xml import XmlElement

OWN_ATTRIBUTES = "samegauge."
_Found = TypeVar("_Found")


@lru_cache(maxsize=512)
def _qualified(namespace: str, path: str) -> str:
    return "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))


class QifXml:
    """The document's root with its namespace and file name, so that paths are written without either."""

    def __init__(self, root: XmlElement, namespace: str, name: str) -> None:
        self.root = root
        self.name = name
        self._namespace = namespace

    def child(self, element: XmlElement, path: str) -> XmlElement | None:
        return element.find(_qualified(self._namespace, path))

    def children(self, element: XmlElement, path: str) -> list[XmlElement]:
        return element.findall(_qualified(self._namespace, path))

    def text(self, element: XmlElement, path: str) -> str | None:
        found = element.findtext(_qualified(self._namespace, path))
        return (found.strip() or None) if found is not None else None

    def first_text(self, element: XmlElement, path: str) -> str | None:
        """Text at the path below any descendant."""
        found = element.findtext(f".//{_qualified(self._namespace, path)}")
        return (found.strip() or None) if found is not None else None

    def required(self, element: XmlElement, path: str) -> XmlElement:
        found = self.child(element, path)
        if found is None:
            raise self.refusal(element, f"The element {path} is missing.", f"缺少元素 {path}。", path)
        return found

    def number(self, element: XmlElement, path: str) -> float:
        found = self.required(element, path)
        return number(found.text or "", found, self.name)

    def optional_number(self, element: XmlElement, path: str) -> float | None:
        found = self.child(element, path)
        return None if found is None else number(found.text or "", found, self.name)

    def own_attribute(self, element: XmlElement, name: str) -> str:
        """Text of one of our attributes, with which the writer says what the standard has no element for."""
        for attribute in self.children(element, "Attributes/AttributeStr"):
            if attribute.get("name") == f"{OWN_ATTRIBUTES}{name}":
                return (attribute.get("value") or "").strip()
        return ""

    def statistic(self, element: XmlElement, name: str) -> float | None:
        """A number of a statistic, which QIF 3 wraps once more than QIF 2."""
        wrapped = self.optional_number(element, f"{name}/Value")
        return self.optional_number(element, name) if wrapped is None else wrapped

    def clock(self, element: XmlElement, path: str) -> datetime | None:
        found = self.child(element, path)
        return None if found is None else clock(found.text or "", found, self.name)

    def resolve(self, table: Mapping[str, _Found], reference: XmlElement) -> _Found:
        """What a reference points to; a reference into another document (xId) has no answer in this one."""
        identity = (reference.text or "").strip()
        if reference.get("xId") is not None:
            raise self.refusal(
                reference,
                "The reference points into another document. Export results and plan as one file.",
                "這個參照指向另一份文件。把結果與計畫匯出成同一個檔案。",
                "xId",
            )
        found = table.get(identity)
        if found is None:
            raise self.refusal(
                reference,
                f"The id {identity[:40]!a} is referred to but not defined.",
                f"識別碼 {identity[:40]!a} 被引用卻未定義。",
            )
        return found

    def refusal(self, element: XmlElement, reason_en: str, reason_zh: str, field: str | None = None) -> FormatError:
        return FormatError(self.name, element.sourceline, reason_en, reason_zh, field=field)

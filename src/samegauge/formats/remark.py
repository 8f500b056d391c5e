"""Something a reader of a document should know; the document was accepted with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    code: str
    line: int | None
    text_en: str
    text_zh: str

"""The one exception of this room: a file that is refused whole, with where and why in both languages."""

from __future__ import annotations


class FormatError(Exception):
    """Lines count from 1; None where the fault has no line (a truncated archive, a limit)."""

    def __init__(
        self, file: str, line: int | None, reason_en: str, reason_zh: str, *, field: str | None = None
    ) -> None:
        self.file = file
        self.line = line
        self.field = field
        self.reason_en = reason_en
        self.reason_zh = reason_zh
        super().__init__(self.message_en)

    @property
    def message_en(self) -> str:
        line = f", line {self.line}" if self.line is not None else ""
        field = f", {self.field}" if self.field else ""
        return f"{self.file}{line}{field}: {self.reason_en}"

    @property
    def message_zh(self) -> str:
        line = f"第 {self.line} 行" if self.line is not None else ""
        field = f"欄位 {self.field}" if self.field else ""
        place = "，".join(part for part in (self.file, line, field) if part)
        return f"{place}：{self.reason_zh}"

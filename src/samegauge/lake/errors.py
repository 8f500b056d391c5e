"""What this room refuses, in both languages."""

from __future__ import annotations


class LakeError(Exception):
    def __init__(self, message_en: str, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_en = message_en
        self.message_zh = message_zh

from __future__ import annotations


class BackupError(Exception):
    """A backup cannot be made or used; the message says what is wrong, where, and what to do."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh

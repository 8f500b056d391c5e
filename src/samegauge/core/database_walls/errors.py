from __future__ import annotations


class WallsError(Exception):
    """The walls cannot be built here, or do not stand."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh

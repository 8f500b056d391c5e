"""The real API of stations as a device reaches it, in the test's own process and transaction."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ApiHub:
    def __init__(self, token: str) -> None:
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    async def work(self) -> Any:
        with _outside_the_loop():
            answer = self._client.get("/api/stations/S17/work")
        assert answer.status_code == 200, answer.content
        return answer.json()

    async def record(self, entries: Sequence[Any]) -> Any:
        with _outside_the_loop():
            answer = self._client.post("/api/stations/entries", {"entries": entries}, content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()


@contextmanager
def _outside_the_loop() -> Iterator[None]:
    """Inside a running loop Django opens another connection, which does not see the test's transaction."""
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)

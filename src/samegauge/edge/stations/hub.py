"""The platform over HTTP, with the token of the person at the device."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from samegauge.doors.http import OutgoingSession
from samegauge.edge.stations.work import HubError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_OK = 200
# No clock is believed to be further off; the platform says what is wrong with the date.
_MOST_OFFSET = timedelta(days=400)


class HttpHub:
    """`authority` is the certificate of a platform that signs its own (`samegauge run --lan`).

    Entries go with how far this machine's clock is behind the platform's, so that the platform dates them.
    """

    def __init__(self, address: str, station: str, token: str, authority: Path | None = None) -> None:
        self._address, self._station = address.rstrip("/"), station
        self._clock_offset = timedelta()
        self._session = OutgoingSession([urlsplit(address).hostname or ""])
        self._session.headers["Authorization"] = f"Bearer {token}"
        if authority is not None:
            self._session.verify = str(authority)

    async def work(self) -> Mapping[str, Any]:
        now = datetime.now(UTC)
        work = await self._ask("GET", f"/api/stations/{quote(self._station, safe='')}/work")
        if server_time := work.get("server_time"):
            offset = datetime.fromisoformat(server_time) - now
            self._clock_offset = min(max(offset, -_MOST_OFFSET), _MOST_OFFSET)
        return work

    async def record(self, entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        device = {"clock_offset_ms": round(self._clock_offset / timedelta(milliseconds=1))}
        return await self._ask("POST", "/api/stations/entries", {"entries": list(entries), "device": device})

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        try:
            answer = await asyncio.to_thread(self._session.request, method, f"{self._address}{path}", json=body)
            if answer.status_code != _OK:
                raise HubError(
                    f"{self._address}{path} answers {answer.status_code}. Check the station's code and the token.",
                    f"{self._address}{path} 回應 {answer.status_code}。檢查站別代碼與權杖。",
                )
            return cast("Mapping[str, Any]", answer.json())
        except (OSError, ValueError) as error:  # what requests raises is an OSError
            raise HubError(
                f"{self._address} is not reached: {error}",
                f"連不上 {self._address}：{error}。",
            ) from error

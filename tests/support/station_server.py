"""The platform's part for devices at station S17 over HTTP on this machine; it can be away or mute."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "right"


@dataclass
class StationServer:
    """`mute` takes entries in and breaks the line before it answers; `sent` has what came twice two times."""

    unit: dict[str, Any]
    instruments: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""
    entries: list[dict[str, Any]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    offsets_ms: list[int] = field(default_factory=list)
    clock_ahead: timedelta = timedelta()
    away: bool = False
    mute: bool = False

    def take(self, entry: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(entry["id"])
        known = any(one["id"] == entry["id"] for one in self.entries)
        if not known:
            self.entries.append({**entry, "outcome": "taken", "reason": None})
        return {"id": entry["id"], "outcome": "known" if known else "taken"}


@contextmanager
def station_server(unit: dict[str, Any], instruments: list[dict[str, Any]] | None = None) -> Iterator[StationServer]:
    ours = StationServer(unit, instruments or [])

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = {**ours.unit, "entries": list(ours.entries)}
            server_time = (datetime.now(UTC) + ours.clock_ahead).isoformat().replace("+00:00", "Z")
            work = {"units": [here], "instruments": ours.instruments, "server_time": server_time}
            self._answer(work if self.path.endswith("/S17/work") else None)

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ours.offsets_ms.append(said["device"]["clock_offset_ms"])
            results = [] if ours.away else [ours.take(one) for one in said["entries"]]
            ours.done.set()
            if ours.mute:
                self.close_connection = True
            else:
                self._answer({"results": results})

        def _answer(self, said: Any) -> None:
            known = self.headers["Authorization"] == f"Bearer {TOKEN}"
            status = 503 if ours.away else 401 if not known else 200 if said else 404
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    ours.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield ours
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Plain record pages a second from the whole server, behind all walls, against the same site as a plain WSGI app."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenery import claim, database_name, member, on_both_databases, open_site, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTNERS = 1_000
CONNECTIONS = 8
ROUND_S = 4.0
ROUNDS = 5
FLOOR_PER_S = 300
PLAIN = """
import sys
from granian.constants import Interfaces
from granian.server import Server
Server("samegauge.web.wsgi:application", port=int(sys.argv[1]), interface=Interfaces.WSGI, workers=2).serve()
"""


def measure() -> list[dict[str, Any]]:
    open_site()
    from django.urls import reverse

    from samegauge.core.partners.models import Partner
    from samegauge.core.scope import organisation_scope

    client, organisation = member()
    with organisation_scope(organisation):
        Partner.objects.bulk_create([Partner(number=f"P-{place:04d}", name="Partner") for place in range(PARTNERS)])
        path = reverse("partner_record", args=[Partner.objects.order_by("number")[500].uid])
    settle()
    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode()
    executable = Path(sys.executable)
    with (
        served([str(executable.with_name("samegauge")), "run", "--port", "{port}"], request) as ours,
        served([str(executable), "-c", PLAIN, "{port}"], request) as plain,
    ):
        rates: dict[int, list[float]] = {ours: [], plain: []}
        for _ in range(ROUNDS):
            for port, measured in rates.items():
                measured.append(asyncio.run(rate_per_s(port, request)))
    name = f"plain record page, {database_name()}"
    more = {"rounds": [round(one) for one in rates[ours]], "floor_per_s": FLOOR_PER_S}
    row = claim(name, statistics.median(rates[ours]), statistics.median(rates[plain]), "requests/s", **more)
    return [row | {"ratio": round(row["ours"] / row["peer"], 3)}]


@contextmanager
def served(command: list[str], request: bytes) -> Iterator[int]:
    """Run a server on a free port of this machine until the block ends; give the port."""
    from support.processes import free_port

    port = free_port()
    words = [word.format(port=port) for word in command]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                asyncio.run(one_answer(port, request))
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        child.terminate()
        child.wait(20)


async def one_answer(port: int, request: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await ask(reader, writer, request)
    writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200"), head[:200]
    await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))


async def rate_per_s(port: int, request: bytes) -> float:
    """Ask over keep-alive connections at once, each as soon as it has its answer."""
    ends_s = time.perf_counter() + ROUND_S

    async def one_caller() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = 0
        while time.perf_counter() < ends_s:
            await ask(reader, writer, request)
            answered += 1
        writer.close()
        return answered

    started_s = time.perf_counter()
    answered = await asyncio.gather(*(one_caller() for _ in range(CONNECTIONS)))
    return sum(answered) / (time.perf_counter() - started_s)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    sys.exit(on_both_databases(measure))

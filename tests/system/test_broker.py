"""The broker that the shop floor's readings travel through keeps what is sent while the reader is away."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import aiomqtt
import pytest

if TYPE_CHECKING:
    from collections.abc import Coroutine

pytestmark = pytest.mark.broker

PATIENCE_S = 60.0


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on a thread of its own: a browser test of the same process may hold this one's loop."""
    outcome: list[Any] = []
    thread = threading.Thread(target=lambda: outcome.append(asyncio.run(coroutine)))
    thread.start()
    thread.join()
    return outcome[0]


def _reader(broker: Any) -> aiomqtt.Client:
    return aiomqtt.Client(broker.host, broker.port, identifier="reader", clean_session=False)


async def _subscribe_go_away_and_come_back(broker: Any) -> list[bytes]:
    async with _reader(broker) as reader:
        await reader.subscribe("spindle/temperature", qos=1)
    async with aiomqtt.Client(broker.host, broker.port, identifier="machine") as machine:
        for reading in (b"31.5", b"31.7"):
            await machine.publish("spindle/temperature", reading, qos=1)
    received = []
    async with _reader(broker) as reader:
        async with aiomqtt.Client(broker.host, broker.port, identifier="machine") as machine:
            await machine.publish("spindle/temperature", b"end", qos=1)
        async with asyncio.timeout(PATIENCE_S):
            async for message in reader.messages:
                received.append(message.payload)
                if message.payload == b"end":
                    break
    return received


def test_readings_sent_while_the_reader_is_away_arrive_once_and_in_order(broker: Any) -> None:
    assert _run(_subscribe_go_away_and_come_back(broker)) == [b"31.5", b"31.7", b"end"]


async def _last_value_for_a_newcomer(broker: Any) -> bytes:
    async with aiomqtt.Client(broker.host, broker.port, identifier="machine") as machine:
        await machine.publish("spindle/state", b"idle", qos=1, retain=True)
        await machine.publish("spindle/state", b"running", qos=1, retain=True)
    async with aiomqtt.Client(broker.host, broker.port, identifier="newcomer") as newcomer:
        await newcomer.subscribe("spindle/state", qos=1)
        async with asyncio.timeout(PATIENCE_S):
            return (await anext(aiter(newcomer.messages))).payload


def test_a_newcomer_gets_the_last_retained_value(broker: Any) -> None:
    assert _run(_last_value_for_a_newcomer(broker)) == b"running"

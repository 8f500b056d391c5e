from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from samegauge.cli.main import main
from samegauge.edge.gauges.port import SerialGauge, SerialLine
from samegauge.formats.gauge_strings import read_gauge

if TYPE_CHECKING:
    from samegauge.edge.gauges.lines import Line


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")


def test_what_it_sends_is_heard_at_the_port_that_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "gauge", "--value", "-7.5", "--sigma", "0", "--every", "0.25", "--count", "20", "--json"]
    playing = threading.Thread(target=main, args=(words,))
    playing.start()
    heard: list[Line] = []

    async def scene() -> None:
        said = ""
        async with asyncio.timeout(60.0):
            while " on " not in said:
                await asyncio.sleep(0.02)
                said += capsys.readouterr().err
            path = Path(said.split(" on ")[1].split(". ")[0])
            gauge = SerialGauge(path, SerialLine(), heard.append, lambda *_said: None)
            task = asyncio.create_task(gauge.run())
            while not heard:  # noqa: ASYNC110 - a thread fills it
                await asyncio.sleep(0.02)
            task.cancel()

    asyncio.run(scene())
    playing.join()
    assert {read_gauge(line.text).value for line in heard} == {-7.5}
    assert json.loads(capsys.readouterr().out) == {"readings": 20}


@pytest.mark.parametrize("words", [["--every", "0"], ["--sigma", "-1"], ["--value", "nan"], ["--value", "10000"]])
def test_what_no_gauge_shows_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "gauge", *words]) == 2
    assert "--every is more than 0 s" in capsys.readouterr().err

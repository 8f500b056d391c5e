from __future__ import annotations

import pytest

from samegauge.cli.edge_tool import parameter_sets
from samegauge.cli.main import main
from samegauge.cli.output import CommandError
from samegauge.cli.station_device import zone_named

CALL = ["edge", "tool", "127.0.0.1", "--hub", "https://hub.example", "--station", "S17", "--set", "1"]


def test_parameter_sets_are_given_for_steps_or_for_all() -> None:
    assert parameter_sets(["3", "torque-1=5", "torque-9=0"]) == {"": 3, "torque-1": 5, "torque-9": 0}


@pytest.mark.parametrize("wrong", ["", "three", "torque-1=", "1000", "-1", "٣"])
def test_what_is_no_parameter_set_is_named(wrong: str) -> None:
    with pytest.raises(CommandError, match="number from 0 to 999") as refused:
        parameter_sets([wrong])
    assert refused.value.status == 2


@pytest.mark.parametrize("wrong", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_that_is_none_is_named(wrong: str) -> None:
    with pytest.raises(CommandError, match="no such time zone"):
        zone_named(wrong)


def test_without_a_token_nothing_is_connected(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMEGAUGE_TOKEN", raising=False)
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")
    assert main(CALL) == 2
    assert "Set SAMEGAUGE_TOKEN" in capsys.readouterr().err

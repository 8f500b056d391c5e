from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.formats.gauge_strings import GaugeStringError, Reading, _table, read_gauge, value_in
from samegauge.quantities.units import unit

CASES = json.loads(Path(__file__).with_name("gauge_string_cases.json").read_text(encoding="utf-8"))
RUNS = settings(max_examples=150, deadline=None, derandomize=True)


@pytest.mark.parametrize(("text", "expected", "_of"), CASES, ids=repr)
def test_strings_of_manuals_and_their_neighbours(text: str, expected: list[object] | str, _of: str) -> None:
    if isinstance(expected, str):
        with pytest.raises(GaugeStringError) as refused:
            read_gauge(text)
        assert refused.value.reason == expected
        assert refused.value.message_zh
        return
    one = read_gauge(text)
    assert [one.value, one.decimals, one.unit, one.channel] == expected


@RUNS
@given(st.decimals(-99999, 99999, places=4), st.sampled_from(["", " mm", "mm", " µm", " in"]), st.sampled_from(".,"))
def test_a_written_number_is_read_as_it_was_written(number: object, suffix: str, point: str) -> None:
    one = read_gauge(f"{number:+011.4f}".replace(".", point) + suffix)
    assert f"{one.value:.4f}" == f"{float(str(number)):.4f}"
    assert one.decimals == 4
    assert one.unit == (suffix.strip() or None)


@RUNS
@given(st.text(max_size=70))
def test_any_text_is_a_finite_reading_or_a_refusal(text: str) -> None:
    try:
        one = read_gauge(text)
    except GaugeStringError as error:
        one = None
        reason = error.reason
    assert abs(one.value) < 1e65 if one else reason in _table()["reasons"]


def test_two_forms_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    forms = [*_table()["forms"], {"name": "halves", "pattern": "^([+-]?)7([0-9]+)$", "groups": ["sign", "number"]}]
    monkeypatch.setattr("samegauge.formats.gauge_strings._patterns", lambda: _compiled(forms))
    with pytest.raises(GaugeStringError, match="two ways"):
        read_gauge("712")


def _compiled(forms: list[dict[str, object]]) -> list[object]:
    return [(re.compile(str(form["pattern"])), form) for form in forms]


def test_a_reading_becomes_the_steps_unit_or_is_refused() -> None:
    inch = read_gauge("0.5 in")
    assert value_in(inch, "mm") == pytest.approx(12.7)
    assert value_in(read_gauge("31.6 kgfcm"), "N·m") == pytest.approx(3.0989, abs=1e-4)
    assert value_in(read_gauge("12.5"), "µm") == 12.5
    with pytest.raises(GaugeStringError, match="another quantity"):
        value_in(inch, "N·m")
    assert isinstance(inch, Reading)


def test_the_tables_units_are_the_declared_ones() -> None:
    table = _table()
    assert {name: [unit(name).dimension, unit(name).factor] for name in table["si"]} == table["si"]
    assert set(table["units"].values()) <= set(table["si"])
    assert all(unit(name).symbol == name for name in table["units"].values())

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from samegauge.quantities.errors import IncompatibleUnitsError, UnknownUnitError
from samegauge.quantities.units import convert, unit, units


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1.0, "INCH", "mm", 25.4),
        (8.0, "µm", "mm", 0.008),
        (8.0, "um", "μm", 8.0),
        (180.0, "DEGREE", "rad", math.pi),
        (1.0, "deg", "arcsec", 3600.0),
        (1.5, "h", "min", 90.0),
        (600.0, "mm/min", "MILLIMETER/SECOND", 10.0),
        (60.0, "REVOLUTION/MINUTE", "rad/s", 2.0 * math.pi),
        (98.6, "FAHRENHEIT", "CELSIUS", 37.0),
        (-40.0, "°C", "°F", -40.0),
        (25.0, "CELSIUS", "K", 298.15),
        (50.0, "PERCENT", "1", 0.5),
        (100.0, "FOOT/MINUTE", "m/min", 30.48),
        (1.0, "psi", "Pa", 6894.757293168),
        (1.0, "kgf·cm", "N·m", 0.0980665),
        (1.0, "kpm", "N·m", 9.80665),
        (1.0, "lbf·in", "N·m", 0.112984829027617),
        (1.0, "lbf·ft", "lbf·in", 12.0),
        (16.0, "ozf·in", "lbf·in", 1.0),
        (16.0, "oz", "lb", 1.0),
    ],
)
def test_known_conversions(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source=source, target=target) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("symbol", sorted(units()))
def test_there_and_back_is_the_same(symbol: str) -> None:
    for other in units().values():
        if other.dimension == unit(symbol).dimension:
            there = convert(12.5, source=symbol, target=other.symbol)
            assert convert(there, source=other.symbol, target=symbol) == pytest.approx(12.5, rel=1e-12)


def test_array_equals_scalar() -> None:
    values = np.array([0.0, 1.0, -3.5])
    together = convert(values, source="°F", target="°C")
    assert together.tolist() == [convert(float(value), source="°F", target="°C") for value in values]


def test_every_spelling_means_one_unit() -> None:
    spellings = Counter(spelling for one in units().values() for spelling in (one.symbol, *one.aliases))
    assert [spelling for spelling, times in spellings.items() if times > 1] == []


def test_units_of_the_recorded_machines_are_known() -> None:
    reported = [
        "CELSIUS", "DEGREE", "DEGREE/MINUTE", "DEGREE/SECOND", "FOOT/MINUTE", "MILLIMETER", "MILLIMETER/SECOND",
        "PERCENT", "REVOLUTION/MINUTE", "SECOND",
    ]  # fmt: skip
    assert [unit(spelling).dimension for spelling in reported] == [
        "temperature", "angle", "angular_speed", "angular_speed", "speed", "length", "speed",
        "number", "angular_speed", "time",
    ]  # fmt: skip


def test_case_matters_only_where_it_must() -> None:
    assert unit("Millimeter").symbol == "mm"
    with pytest.raises(UnknownUnitError):
        unit("Mm")


def test_errors_say_what_is_wrong_in_both_languages() -> None:
    with pytest.raises(UnknownUnitError, match="furlong") as unknown:
        unit("furlong")
    assert "furlong" in unknown.value.reason_zh
    with pytest.raises(IncompatibleUnitsError, match="length") as mixed:
        convert(1.0, source="mm", target="s")
    assert "毫米" in mixed.value.reason_zh

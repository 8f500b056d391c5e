"""Numbers as people read them: real minus, grouped thousands, as many digits as are known, none hiding a limit."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
NOTHING = "\N{EN DASH}"
SIGNIFICANT_DIGITS = 6
MOST_EXTRA_DIGITS = 6
MOST_DECIMALS = 12
LEAST_ROUND_DIGIT = 3.0


def number_text(value: float | None, decimals: int | None = None) -> str:
    """Write a number; without `decimals` with at most six significant digits and no trailing zeros."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if decimals is None:
        decimals = _decimals_of_significant(value)
        text = f"{value:,.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:,.{decimals}f}"
    if text.lstrip("-").strip("0.,") == "":
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def quantity_text(value: float | None, unit: str, decimals: int | None = None) -> str:
    """Write number and unit so that no line break parts them."""
    text = number_text(value, decimals)
    return f"{text}{NO_BREAK_SPACE}{unit}" if unit else text


def uncertainty_decimals(expanded_uncertainty: float) -> int:
    """Return the decimals that give an uncertainty two significant digits, or one where the second is a zero."""
    if not math.isfinite(expanded_uncertainty) or expanded_uncertainty <= 0:
        return 0
    digits, exponent = f"{expanded_uncertainty:.1e}".split("e")
    # 0.90 says no more than 0.9; but 1.0 must keep its zero, or the value would be rounded by half its uncertainty.
    shown = 1 if digits.endswith("0") and float(digits) >= LEAST_ROUND_DIGIT else 2
    return min(max(shown - 1 - int(exponent), 0), MOST_DECIMALS)


def judged_decimals(value: float, lower: float | None, upper: float | None, decimals: int) -> int:
    """Return the decimals at which the rounded value lies on the same side of each limit as the unrounded one."""
    limits = [limit for limit in (lower, upper) if limit is not None]
    for shown in range(decimals, min(decimals + MOST_EXTRA_DIGITS, MOST_DECIMALS)):
        if all(_side(round(value, shown), round(limit, shown)) == _side(value, limit) for limit in limits):
            return shown
    return min(decimals + MOST_EXTRA_DIGITS, MOST_DECIMALS)


def duration_text(seconds: float) -> str:
    """Write a length of time in the two units that matter."""
    if seconds < 0 or not math.isfinite(seconds):
        return NOTHING
    if seconds < 60:  # noqa: PLR2004
        return quantity_text(seconds, "s", 0 if seconds >= 10 or seconds == int(seconds) else 1)  # noqa: PLR2004
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    days, rest_h = divmod(hours, 24)
    if not hours:
        parts = ((minutes, "min"), (rest_s, "s"))
    elif days < 2:  # noqa: PLR2004
        parts = ((hours, "h"), (rest_min, "min"))
    else:
        parts = ((days, "d"), (rest_h, "h"))
    return NO_BREAK_SPACE.join(quantity_text(count, unit, 0) for count, unit in parts if count)


def _side(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)


def _decimals_of_significant(value: float) -> int:
    if value == 0:
        return 0
    return min(max(SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(abs(value))), 0), MOST_DECIMALS)

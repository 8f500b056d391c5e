"""Cells as people write them, read as forms take them: dates of the Republic, full-width digits, units, yes and no."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from samegauge.core.takeover.words import choice_words, unit_named
from samegauge.quantities.errors import IncompatibleUnitsError
from samegauge.quantities.units import convert

if TYPE_CHECKING:
    from samegauge.core.kinds.declaration import RecordField

LANGUAGES = ("en", "zh-hant")
YES = {"yes", "true", "1", "y", "是", "有", "v", "✓", "○", "ok"}
NO = {"no", "false", "0", "n", "否", "無", "", "x", "✗"}
FIRST_YEAR_OF_THE_REPUBLIC = 1911
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_AS_WRITTEN = re.compile(r"(\d{4})[-/.年 ]\s*(\d{1,2})[-/.月 ]\s*(\d{1,2})[日]?(?:[ T]\d{1,2}:\d{2}.*)?")
_ERA = "中華民國|民國"
_OF_THE_REPUBLIC = re.compile(rf"({_ERA})?\s*(\d{{2,3}})[-/.年]\s*(\d{{1,2}})[-/.月]\s*(\d{{1,2}})[日]?")
_CLOSE_TOGETHER = re.compile(r"(\d{3,4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(.*)")
_CERTAIN_DIGITS = 3
_MONTHS = 12


class CellError(Exception):
    """What stands in a cell cannot be read as its field wants it."""


def read_cell(one: RecordField, text: str, unit: str) -> str:
    """Return what a form takes for the field; `unit` is the one that the column states, or nothing."""
    plain = text.strip()
    if isinstance(one.model_field, models.BooleanField):
        return _yes_or_no(plain)
    if not plain:
        return ""
    if one.choices:
        return _choice(one, plain)
    if isinstance(one.model_field, models.DateField):
        return day_of(plain)
    if one.is_number:
        return number_of(plain, unit, one.unit)
    return plain


def half_width(text: str) -> str:
    """Letters and digits as a scanner types them; Chinese stays as it is."""
    return text.translate(_FULL_WIDTH).strip()


def day_of(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _AS_WRITTEN.fullmatch(plain):
        return _day(*map(int, found.groups()), text=text)
    if found := _OF_THE_REPUBLIC.fullmatch(plain):
        era, year, month, day = found.groups()
        if era or len(year) == _CERTAIN_DIGITS:
            return _day(int(year) + FIRST_YEAR_OF_THE_REPUBLIC, int(month), int(day), text=text)
        raise CellError(
            _("%(text)s has a year of two digits, which can mean two years. Write all of it, or 民國 before it.")
            % {"text": text}
        )
    if found := _CLOSE_TOGETHER.fullmatch(plain):
        year = int(found[1]) + (FIRST_YEAR_OF_THE_REPUBLIC if len(found[1]) == _CERTAIN_DIGITS else 0)
        return _day(year, int(found[2]), int(found[3]), text=text)
    if found := _YEAR_LAST.fullmatch(plain):
        first, second, year = map(int, found.groups())
        if first == second or max(first, second) > _MONTHS:
            month, day = sorted((first, second))
            return _day(year, month, day, text=text)
    raise CellError(_("%(text)s is no date that means one day. Write it as 2026-11-21 or 115/11/21.") % {"text": text})


def _day(year: int, month: int, day: int, *, text: str) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise CellError(_("There is no day %(text)s.") % {"text": text}) from error


def number_of(text: str, stated: str, wanted: str) -> str:
    """Return a number in the field's unit; a unit in the cell stands above the one that the column states."""
    plain = unicodedata.normalize("NFKC", text.strip().removesuffix("°")).replace("−", "-")
    found = _NUMBER.fullmatch(plain)
    digits = found[1].replace(",", "") if found else ""
    try:
        value = float(digits)
    except ValueError as error:
        raise CellError(_("%(text)s is no number. Write it as 1234.5.") % {"text": text}) from error
    own = unit_named(found[2]) if found and found[2] else None
    if found and found[2] and (own is None or not wanted):
        raise CellError(_("%(unit)s is no unit that is known here.") % {"unit": found[2]})
    source = own.symbol if own else stated
    if not source or source == wanted:
        return digits
    try:
        return f"{convert(value, source=source, target=wanted):.12g}"
    except IncompatibleUnitsError as error:
        raise CellError(
            _("%(unit)s cannot be expressed in %(wanted)s.") % {"unit": source, "wanted": wanted}
        ) from error


def _yes_or_no(text: str) -> str:
    word = unicodedata.normalize("NFKC", text).casefold()
    if word in YES:
        return "yes"
    if word in NO:
        return ""
    raise CellError(_("%(text)s is neither yes nor no.") % {"text": text})


def _choice(one: RecordField, text: str) -> str:
    value = _choices(one.model_field).get(half_width(text).casefold())
    if value is None:
        known = ", ".join(str(label) for _value, label in one.choices)
        raise CellError(_("%(text)s is none of: %(known)s.") % {"text": text, "known": known})
    return value


@cache
def _choices(model_field: Any) -> dict[str, str]:
    """Every word for a choice, in both languages and as the trade says it, with its value."""
    values = [(str(value), label) for value, label in model_field.flatchoices]
    words = {word: value for value, _label in values for word in choice_words(value)}
    for language in LANGUAGES:
        with override(language):
            words |= {str(label).casefold(): value for value, label in values}
    return words | {value.casefold(): value for value, _label in values}

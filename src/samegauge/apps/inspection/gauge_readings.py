"""Readings of a gauge study as they come: from a sheet with columns, or from the grid of the form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from samegauge.apps.inspection.models import StudyKind
from samegauge.core.language import reads_chinese
from samegauge.core.takeover.cells import CellError, half_width, number_of
from samegauge.core.takeover.matching import stated_unit
from samegauge.formats.errors import FormatError
from samegauge.formats.spreadsheet import read_sheet, write_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from samegauge.formats.spreadsheet import Sheet, SheetRow

MOST_READINGS = 2000
LONGEST_LABEL = 60
COLUMNS = {
    "part": ("part", "sample", "specimen", "occasion", "零件", "工件", "樣本", "樣品", "次別"),
    "operator": ("operator", "appraiser", "person", "人員", "量測者", "評定者", "作業員"),
    "value": ("value", "reading", "measurement", "rating", "值", "讀值", "量測值", "評定"),
    "reference": ("reference", "standard", "master", "true", "參考值", "標準值", "標準", "標準件"),
}
RATED = frozenset({StudyKind.ATTRIBUTE})
WITH_REFERENCES = frozenset({StudyKind.LINEARITY, StudyKind.ATTRIBUTE})
WITHOUT_OPERATORS = frozenset({StudyKind.TYPE_ONE, StudyKind.BIAS, StudyKind.LINEARITY, StudyKind.STABILITY})
WITHOUT_PARTS = frozenset({StudyKind.TYPE_ONE, StudyKind.BIAS})


class StudyError(Exception):
    """The study is not taken: what is wrong, where, and what to do, in the reader's language."""


@dataclass(frozen=True)
class Reading:
    """A rating is a text, everything else a number; `reference` is what the part truly is, where that is known."""

    part: str
    operator: str
    value: float | str
    reference: float | str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def readings_of_sheet(data: bytes, name: str, kind: StudyKind, unit: str) -> list[Reading]:
    """Read a CSV or XLSX file with one reading a line; it is taken whole or refused with file, line and column."""
    try:
        sheet = read_sheet(data, name)
    except FormatError as error:
        raise StudyError(error.message_zh if reads_chinese() else error.message_en) from error
    places = {part: _place(sheet, part) for part in COLUMNS}
    for part in _needed(kind):
        if places[part] is None:
            raise StudyError(_missing(sheet, part))
    if len(sheet.rows) > MOST_READINGS:
        raise StudyError(_("More than %(most)d readings. Split the study.") % {"most": MOST_READINGS})
    return [_reading(sheet, row, places, kind, unit) for row in sheet.rows]


def _needed(kind: StudyKind) -> list[str]:
    parts = [] if kind in WITHOUT_PARTS else ["part"]
    operators = [] if kind in WITHOUT_OPERATORS else ["operator"]
    references = ["reference"] if kind is StudyKind.LINEARITY else []
    return [*parts, *operators, "value", *references]


def _place(sheet: Sheet, part: str) -> int | None:
    titles = [half_width(title).casefold() for title in sheet.header]
    for word in COLUMNS[part]:
        for place, title in enumerate(titles):
            if title == word or title.startswith((f"{word} ", f"{word}[", f"{word}(", f"{word}_")):
                return place
    return None


def _missing(sheet: Sheet, part: str) -> str:
    wanted = next(word for word in COLUMNS[part] if word.isascii() != reads_chinese())
    said = {"file": sheet.file, "column": wanted, "columns": ", ".join(sheet.header)}
    return _("%(file)s: there is no column “%(column)s”. The columns are: %(columns)s.") % said


def _reading(sheet: Sheet, row: SheetRow, places: Mapping[str, int | None], kind: StudyKind, unit: str) -> Reading:
    def cell(part: str) -> str:
        place = places[part]
        return "" if place is None else row.cells[place].strip()

    def read(part: str) -> float | str:
        place = places[part] or 0
        return _value(cell(part), kind, stated_unit(sheet.header[place]), unit, lambda: _where(sheet, row, place))

    return Reading(
        cell("part")[:LONGEST_LABEL] or "1",
        cell("operator")[:LONGEST_LABEL] or "1",
        read("value"),
        read("reference") if places["reference"] is not None and cell("reference") else None,
    )


def _where(sheet: Sheet, row: SheetRow, place: int) -> str:
    said = {"file": sheet.file, "line": row.line, "column": sheet.header[place]}
    return _("%(file)s, line %(line)d, column “%(column)s”") % said


def _value(text: str, kind: StudyKind, stated: str, unit: str, where: Callable[[], str]) -> float | str:
    if kind in RATED:
        if text:
            return text[:LONGEST_LABEL]
        raise StudyError(_("%(where)s: the rating is missing.") % {"where": where()})
    try:
        return float(number_of(text, stated, unit))
    except CellError as error:
        raise StudyError(_("%(where)s: %(fault)s") % {"where": where(), "fault": error}) from error


def readings_of_grid(
    posted: Mapping[str, str], size: tuple[int, int, int], kind: StudyKind, unit: str
) -> list[Reading]:
    """Read the form's grid: a row a part, a column an operator and trial; `r1` holds the first part's reference."""
    parts, operators, trials = size
    found = []
    for part in range(1, parts + 1):
        name = posted.get(f"p{part}", "").strip()[:LONGEST_LABEL] or str(part)
        reference = _cell(posted, f"r{part}", kind, unit, name) if posted.get(f"r{part}", "").strip() else None
        if reference is None and kind is StudyKind.LINEARITY:
            raise StudyError(_("Part %(part)s: the reference value is missing.") % {"part": name})
        for operator in range(1, operators + 1):
            who = posted.get(f"o{operator}", "").strip()[:LONGEST_LABEL] or str(operator)
            found += [
                Reading(name, who, _cell(posted, f"v{part}-{operator}-{trial}", kind, unit, name), reference)
                for trial in range(1, trials + 1)
            ]
    return found


def _cell(posted: Mapping[str, str], field: str, kind: StudyKind, unit: str, part: str) -> float | str:
    return _value(posted.get(field, "").strip(), kind, "", unit, lambda: _("Part %(part)s") % {"part": part})


def as_file(readings: Sequence[Reading]) -> bytes:
    """What was typed, as the file that is kept as evidence."""
    rows = [(one.part, one.operator, _text(one.value), _text(one.reference)) for one in readings]
    return write_csv(("part", "operator", "value", "reference"), rows)


def _text(value: float | str | None) -> str:
    return "" if value is None else str(value)

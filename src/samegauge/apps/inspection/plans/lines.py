"""The lines of a draft as somebody states them, and what is wrong with them, each fault with its line and field."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from samegauge.apps.inspection.plans.models import (
    FINEST_DECIMALS,
    ChartKind,
    Frequency,
    PlannedCharacteristic,
    ProcedureStep,
    RouteStop,
    StepKind,
)
from samegauge.apps.inspection.plans.words import LABELS
from samegauge.core.charts.numerals import number_text, quantity_text
from samegauge.core.measurement.models import Characteristic
from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

MOST_LINES = 200
MOST_COUNT = 1_000_000
FEWEST_CHOICES = 2


@dataclass(frozen=True)
class PlanLine:
    """A characteristic and how it is inspected; with the uid of one that stands unchanged it is that one."""

    key: str = ""
    name: str = ""
    unit_code: str = ""
    nominal: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    characteristic_uid: UUID | None = None
    instrument_kind: str = ""
    resolution: float | None = None
    frequency: str = Frequency.EVERY_UNIT.value
    every_n: int | None = None
    sample_size: int | None = None
    sample_acceptance: int | None = None
    chart: str = ChartKind.INDIVIDUALS_EWMA.value
    reaction: str = ""
    reaction_zh: str = ""
    assumed: bool = False


@dataclass(frozen=True)
class Choice:
    value: str
    text: str
    text_zh: str = ""
    passes: bool = True


@dataclass(frozen=True)
class StepLine:
    """A step; the picture is the SHA-256 of a file in the vault."""

    key: str = ""
    kind: str = StepKind.CHECK.value
    text: str = ""
    text_zh: str = ""
    required: bool = True
    unit_code: str = ""
    nominal: float | None = None
    lower: float | None = None
    upper: float | None = None
    decimals: int = 1
    instrument_kind: str = ""
    characteristic_uid: UUID | None = None
    choices: tuple[Choice, ...] = ()
    item: str = ""
    position: str = ""
    meaning: str = ""
    meaning_zh: str = ""
    picture: str = ""


@dataclass(frozen=True)
class StopLine:
    station: str = ""
    sequence: int = 1
    procedure_code: str = ""
    only_with: Mapping[str, Sequence[str]] = field(default_factory=dict)


Line = PlanLine | StepLine | StopLine


@dataclass(frozen=True)
class Fault:
    """What is wrong in which line, counted from 1, and in which field of it."""

    line: int
    field: str
    text: str

    def __str__(self) -> str:
        name = str(LABELS.get(self.field, self.field))
        if self.line == 0:
            return _("%(field)s: %(text)s") % {"field": name, "text": self.text}
        return _("Line %(line)d, %(field)s: %(text)s") % {"line": self.line, "field": name, "text": self.text}


class LinesError(Exception):
    """The draft stays as it was."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Known:
    """What the organisation has that lines may name; units of characteristics by their uid."""

    items: frozenset[str] = frozenset()
    units: Mapping[UUID | None, str] = field(default_factory=dict)
    pictures: frozenset[str] = frozenset()
    stations: frozenset[str] = frozenset()
    procedures: frozenset[str] = frozenset()


def faults_of_plan(lines: Sequence[PlanLine], known: Known) -> list[Fault]:
    found = list(_columns_fit(lines, Characteristic, PlannedCharacteristic))
    found += _once(lines, "key")
    for place, line in enumerate(lines, 1):
        found += _missing(place, line, "key", "name")
        # What an import stated keeps the import's own unit.
        found += () if known.units.get(line.characteristic_uid) == line.unit_code else _unit(place, line.unit_code)
        found += _limits(place, line, "lower_limit", "upper_limit")
        found += _frequency(place, line)
        if line.characteristic_uid and line.characteristic_uid not in known.units:
            found.append(Fault(place, "characteristic_uid", _("The item has no such characteristic.")))
        if line.resolution is not None and line.resolution <= 0:
            found.append(Fault(place, "resolution", _("A resolution is above zero.")))
    return found


def faults_of_steps(lines: Sequence[StepLine], known: Known) -> list[Fault]:
    found = [*_columns_fit(lines, ProcedureStep), *_once(lines, "key")]
    for place, line in enumerate(lines, 1):
        found += _missing(place, line, "key", "text")
        found += _by_kind(place, line, known)
        if line.picture and line.picture not in known.pictures:
            found.append(Fault(place, "picture", _("No such picture is kept here. Send a JPEG or PNG first.")))
    return found


def faults_of_stops(lines: Sequence[StopLine], known: Known) -> list[Fault]:
    found = list(_columns_fit(lines, RouteStop))
    for place, line in enumerate(lines, 1):
        found += _missing(place, line, "station", "procedure_code")
        if line.station and line.station not in known.stations:
            found.append(Fault(place, "station", _("There is no station %(code)s.") % {"code": line.station}))
        if line.procedure_code and line.procedure_code not in known.procedures:
            said = {"code": line.procedure_code}
            found.append(Fault(place, "procedure_code", _("There is no procedure %(code)s. Draft it first.") % said))
        if place > 1 and line.sequence < lines[place - 2].sequence:
            found.append(Fault(place, "sequence", _("It comes before the line above. Move it up.")))
        found += _options(place, line)
        found += _meeting(place, line, lines)
    return found


def _columns_fit(lines: Sequence[Line], *models: Any) -> Iterator[Fault]:
    """Texts that are too long, choices that there are not, and numbers that are none."""
    if len(lines) > MOST_LINES:
        yield Fault(MOST_LINES + 1, "key", _("A revision has at most %(most)d lines.") % {"most": MOST_LINES})
    columns = {one.name: one for model in models for one in model._meta.concrete_fields}
    for place, line in enumerate(lines, 1):
        for one in fields(line):
            value = getattr(line, one.name)
            if text := misfit(value, columns.get(one.name)):
                yield Fault(place, one.name, text)


def misfit(value: Any, column: Any) -> str:
    """Say why a value cannot stand in a column; nothing when it can."""
    if isinstance(value, str):
        return _text_misfit(value, column)
    if isinstance(value, float) and not math.isfinite(value):
        return _("It is no number.")
    if isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= MOST_COUNT:
        return _("A whole number from 0 to %(most)s is needed.") % {"most": number_text(MOST_COUNT, 0)}
    return ""


def _text_misfit(value: str, column: Any) -> str:
    if not value.isprintable():
        return _("It holds a character that cannot be shown. Type it anew.")
    if column is None:
        return ""
    if column.choices and value and value not in {choice for choice, _label in column.choices}:
        return _("“%(value)s” is none of: %(choices)s.") % {
            "value": value,
            "choices": ", ".join(choice for choice, _label in column.choices if choice),
        }
    if column.max_length and len(value) > column.max_length:
        return _("At most %(most)d characters.") % {"most": column.max_length}
    return ""


def _missing(place: int, line: Line, *names: str) -> Iterator[Fault]:
    for name in names:
        if not getattr(line, name).strip():
            yield Fault(place, name, _("Fill it in."))


def _once(lines: Sequence[PlanLine] | Sequence[StepLine], name: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for place, line in enumerate(lines, 1):
        value = getattr(line, name).strip().casefold()
        if value and first.setdefault(value, place) != place:
            yield Fault(place, name, _("Line %(line)d has it already.") % {"line": first[value]})


def _unit(place: int, spelling: str) -> Iterator[Fault]:
    if not spelling.strip():
        yield Fault(place, "unit_code", _("State the unit; 1 where there is none."))
        return
    try:
        unit(spelling)
    except UnknownUnitError:
        said = _("“%(unit)s” is no unit that is known here. Write it as mm, µm, N·m or HB.") % {"unit": spelling}
        yield Fault(place, "unit_code", said)


def _limits(place: int, line: PlanLine | StepLine, lower_name: str, upper_name: str) -> Iterator[Fault]:
    lower, upper, nominal = getattr(line, lower_name), getattr(line, upper_name), line.nominal
    if lower is not None and upper is not None and lower >= upper:
        said = {"lower": quantity_text(lower, line.unit_code), "upper": quantity_text(upper, line.unit_code)}
        yield Fault(place, upper_name, _("%(upper)s is not above the lower limit, %(lower)s.") % said)
        return
    below = nominal is not None and lower is not None and nominal < lower
    above = nominal is not None and upper is not None and nominal > upper
    if below or above:
        said = {"nominal": quantity_text(nominal, line.unit_code)}
        yield Fault(place, "nominal", _("%(nominal)s lies outside the limits.") % said)


def _frequency(place: int, line: PlanLine) -> Iterator[Fault]:
    if line.frequency == Frequency.EVERY_NTH and (line.every_n is None or line.every_n < 2):  # noqa: PLR2004 - 1 is each
        yield Fault(place, "every_n", _("Say every how many units, 2 or more."))
    size, acceptance = line.sample_size, line.sample_acceptance
    if line.frequency == Frequency.PER_LOT and (size is None) != (acceptance is None):
        yield Fault(place, "sample_size" if size is None else "sample_acceptance", _("State both, or neither."))
    elif line.frequency == Frequency.PER_LOT and size is not None and not (acceptance or 0) < size:
        yield Fault(place, "sample_acceptance", _("Fewer may fail than are measured."))


def _by_kind(place: int, line: StepLine, known: Known) -> Iterator[Fault]:
    if line.kind == StepKind.VALUE:
        yield from _value(place, line, known)
    elif line.kind == StepKind.CHOICE:
        yield from _choices(place, line.choices)
    elif line.kind == StepKind.PART and line.item not in known.items:
        said = _("There is no item %(number)s.") % {"number": line.item} if line.item else _("Fill it in.")
        yield Fault(place, "item", said)
    elif line.kind == StepKind.SIGNATURE:
        yield from _missing(place, line, "meaning")


def _value(place: int, line: StepLine, known: Known) -> Iterator[Fault]:
    yield from _unit(place, line.unit_code)
    yield from _limits(place, line, "lower", "upper")
    if line.decimals > FINEST_DECIMALS:
        yield Fault(place, "decimals", _("At most %(most)d decimals.") % {"most": FINEST_DECIMALS})
    if line.characteristic_uid is None:
        return
    measured_in = known.units.get(line.characteristic_uid)
    if measured_in is None:
        yield Fault(place, "characteristic_uid", _("The item has no such characteristic."))
    elif measured_in != line.unit_code:
        said = {"unit": measured_in}
        yield Fault(place, "unit_code", _("The characteristic is measured in %(unit)s.") % said)


def _choices(place: int, choices: Sequence[Choice]) -> Iterator[Fault]:
    if len(choices) < FEWEST_CHOICES:
        yield Fault(place, "choices", _("State two choices or more."))
    elif len({one.value for one in choices}) < len(choices):
        yield Fault(place, "choices", _("Two choices are the same."))
    elif not all(one.value.strip() and one.text.strip() for one in choices):
        yield Fault(place, "choices", _("A choice has no text."))
    elif not any(one.passes for one in choices):
        yield Fault(place, "choices", _("One choice at least must let the machine pass."))
    elif not all(f"{one.value}{one.text}{one.text_zh}".isprintable() for one in choices):
        yield Fault(place, "choices", _("It holds a character that cannot be shown. Type it anew."))


def _options(place: int, line: StopLine) -> Iterator[Fault]:
    for name, values in line.only_with.items():
        texts = (name, *map(str, values))
        if not values or not all(text.strip() and text.isprintable() for text in texts):
            said = _("Write an option and its values, as in “magazine: 40, 60”.")
            yield Fault(place, "only_with", said)


def _meeting(place: int, line: StopLine, lines: Sequence[StopLine]) -> Iterable[Fault]:
    """A machine may come to a station once: two stops there need values of one option that exclude each other."""
    for before, other in enumerate(lines[: place - 1], 1):
        if line.station and other.station == line.station and not _excluded(line, other):
            said = _("A machine could come to %(station)s here and by line %(line)d. Tell them apart by an option.")
            return [Fault(place, "only_with", said % {"line": before, "station": line.station})]
    return []


def _excluded(one: StopLine, other: StopLine) -> bool:
    shared = one.only_with.keys() & other.only_with.keys()
    return any(not set(map(str, one.only_with[name])) & set(map(str, other.only_with[name])) for name in shared)

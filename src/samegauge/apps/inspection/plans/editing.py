"""A draft is begun, and its lines are written anew as a whole: all of them or none, and never over somebody else's."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain, count
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from samegauge.apps.inspection.plans.drafting import lot_sampling
from samegauge.apps.inspection.plans.lines import (
    Choice,
    Fault,
    Known,
    LinesError,
    PlanLine,
    StepLine,
    StopLine,
    faults_of_plan,
    faults_of_steps,
    faults_of_stops,
    misfit,
)
from samegauge.apps.inspection.plans.models import (
    Frequency,
    InspectionPlan,
    PartOfRevision,
    PlannedCharacteristic,
    Procedure,
    ProcedureStep,
    Revised,
    RevisionState,
    Route,
    RouteStop,
    StepKind,
)
from samegauge.apps.inspection.plans.pictures import pictures_kept
from samegauge.apps.inspection.plans.rules import LINES, RevisedT, RevisionError, draft, lines_of, locked
from samegauge.core.measurement.models import Characteristic
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item
from samegauge.formats.canonical import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.inspection.plans.lines import Line
    from samegauge.core.organisations.models import Person
    from samegauge.formats.canonical import JsonValue

BY_HAND = "UserDefinedUnit"
VERSION_DIGITS = 16
# What a step of a kind holds besides its text; of what another kind holds nothing is kept.
OF_KIND: dict[str, frozenset[str]] = {
    StepKind.VALUE: frozenset(
        {"unit_code", "nominal", "lower", "upper", "decimals", "instrument_kind", "characteristic_uid"}
    ),
    StepKind.CHOICE: frozenset({"choices"}),
    StepKind.PART: frozenset({"item", "position"}),
    StepKind.SIGNATURE: frozenset({"meaning", "meaning_zh"}),
}
OF_SOME_KIND = frozenset().union(*OF_KIND.values())


class StaleError(RevisionError):
    """Somebody else has changed the draft since it was read."""


@dataclass(frozen=True)
class Edit:
    """A draft as it shall be; `seen` is the version of it that the editor had before them."""

    seen: str
    title: str
    title_zh: str
    lines: Sequence[Line]
    source: str = ""


def begin(revised: RevisedT, actor: Person | None) -> RevisedT:
    """Keep the first draft of a new code, still without lines."""
    if type(revised)._default_manager.filter(code=revised.code).exists():
        raise RevisionError(
            _("%(code)s is there already. Open it and make its next revision.") % {"code": revised.code}
        )
    return draft(revised, [], actor)


def version_of(revised: Revised) -> str:
    """Which state of the draft somebody saw: another text, limit or order makes another."""
    head = [revised.state, revised.title, revised.title_zh, getattr(revised, "source", "")]
    lines = [_plain(asdict(line)) for line in stated_lines(revised)]
    return leaf_hash(cast("JsonValue", {"head": head, "lines": lines}))[:VERSION_DIGITS]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def stated_lines(revised: Revised) -> list[Any]:
    """Return the lines of a revision as somebody would state them."""
    model, name = LINES[type(revised)]
    related = {PlannedCharacteristic: ["characteristic"], RouteStop: ["station"]}
    rows = model._default_manager.filter(**{name: revised}).order_by("sequence", "pk")
    rows = rows.select_related(*related.get(model, ["item", "characteristic", "picture"]))
    return [STATED[model](row) for row in rows]


def _plan_line(row: PlannedCharacteristic) -> PlanLine:
    one, own = row.characteristic, ("instrument_kind", "resolution", "frequency", "every_n", "chart", "reaction")
    return PlanLine(
        **{name: getattr(one, name) for name in DEFINES},
        **{name: getattr(row, name) for name in (*own, "reaction_zh", "assumed")},
        characteristic_uid=one.uid,
        sample_size=row.sampling.get("size"),
        sample_acceptance=row.sampling.get("acceptance"),
    )


def _step_line(row: ProcedureStep) -> StepLine:
    own = ("key", "kind", "text", "text_zh", "required", "unit_code", "nominal", "lower", "upper", "decimals")
    more = ("instrument_kind", "position", "meaning", "meaning_zh")
    return StepLine(
        **{name: getattr(row, name) for name in (*own, *more)},
        choices=tuple(
            Choice(one["value"], one["text"], one.get("text_zh", ""), one.get("passes", True)) for one in row.choices
        ),
        item=row.item.number if row.item else "",
        characteristic_uid=row.characteristic.uid if row.characteristic else None,
        picture=row.picture.sha256 if row.picture else "",
    )


def _stop_line(row: RouteStop) -> StopLine:
    return StopLine(row.station.code, row.sequence, row.procedure_code, row.only_with)


DEFINES = ("key", "name", "unit_code", "nominal", "lower_limit", "upper_limit")
STATED: dict[type[PartOfRevision], Any] = {
    PlannedCharacteristic: _plan_line,
    ProcedureStep: _step_line,
    RouteStop: _stop_line,
}


def rewrite(revised: Revised, edit: Edit, actor: Person | None) -> None:
    """Put the lines of a draft as they shall be in the place of those that it has."""
    with transaction.atomic():
        locked(revised)
        if revised.state != RevisionState.DRAFT:
            said = {"revision": revised}
            raise RevisionError(_("%(revision)s is no draft any more: a change makes the next revision.") % said)
        if edit.seen != version_of(revised):
            said = {"revision": revised, "who": revised.drafted_by or "–"}
            raise StaleError(
                _("%(who)s has changed %(revision)s meanwhile. Read it again before you change it.") % said
            )
        if faults := [*_head_faults(revised, edit), *_faults(revised, edit.lines)]:
            raise LinesError(faults)
        revised.title, revised.title_zh = edit.title, edit.title_zh
        if isinstance(revised, InspectionPlan):
            revised.source = edit.source
        revised.drafted_by, revised.drafted_at = actor, datetime.now(UTC)
        revised.save()
        _replace(revised, edit.lines)


def _head_faults(revised: Revised, edit: Edit) -> Iterable[Fault]:
    if not edit.title.strip():
        yield Fault(0, "title", _("Fill it in."))
    columns = {one.name: one for one in revised._meta.concrete_fields}
    for name in ("title", "title_zh", "source"):
        if name in columns and (text := misfit(getattr(edit, name), columns[name])):
            yield Fault(0, name, text)


def _faults(revised: Revised, lines: Sequence[Any]) -> list[Fault]:
    if isinstance(revised, InspectionPlan):
        return faults_of_plan(lines, Known(units=_units(revised, lines)))
    if isinstance(revised, Procedure):
        return faults_of_steps(lines, _known_to_steps(revised, lines))
    return faults_of_stops(lines, _known_to_stops(lines))


def _units(revised: Revised, lines: Sequence[Any]) -> dict[Any, str]:
    asked = {line.characteristic_uid for line in lines} - {None}
    rows = Characteristic.objects.filter(item=revised.item, uid__in=asked)
    return dict(rows.values_list("uid", "unit_code"))


def _known_to_steps(revised: Procedure, lines: Sequence[StepLine]) -> Known:
    items = Item.objects.filter(number__in={line.item for line in lines}, retired_at=None)
    return Known(
        items=frozenset(items.values_list("number", flat=True)),
        units=_units(revised, lines),
        pictures=frozenset(pictures_kept({line.picture for line in lines})),
    )


def _known_to_stops(lines: Sequence[StopLine]) -> Known:
    stations = Station.objects.filter(code__in={line.station for line in lines}, retired_at=None)
    procedures = Procedure.objects.filter(code__in={line.procedure_code for line in lines})
    return Known(
        stations=frozenset(stations.values_list("code", flat=True)),
        procedures=frozenset(procedures.values_list("code", flat=True)),
    )


def _replace(revised: Revised, lines: Sequence[Any]) -> None:
    model, name = LINES[type(revised)]
    standing = lines_of(revised)
    model._default_manager.filter(**{name: revised}).delete()
    rows: list[PartOfRevision] = []
    if isinstance(revised, InspectionPlan):
        known = list(Characteristic.objects.filter(item=revised.item).order_by("-pk"))
        rows += [_planned(revised, line, place, known) for place, line in enumerate(lines, 1)]
    elif isinstance(revised, Procedure):
        rows += _steps(revised, lines)
    elif isinstance(revised, Route):
        rows += _stops(revised, lines)
    model._default_manager.bulk_create(rows, batch_size=500)
    if isinstance(revised, InspectionPlan):
        kept = {cast("Any", row).characteristic_id for row in rows}
        _forget(revised, {row.characteristic_id for row in standing} - kept)


def _planned(
    plan: InspectionPlan, line: PlanLine, place: int, known: Sequence[Characteristic]
) -> PlannedCharacteristic:
    own = ("instrument_kind", "resolution", "frequency", "chart", "reaction", "reaction_zh", "assumed")
    return PlannedCharacteristic(
        plan=plan,
        sequence=place,
        characteristic=_defined(plan, line, place, known),
        every_n=line.every_n if line.frequency == Frequency.EVERY_NTH else None,
        sampling=_sampling(line),
        **{name: getattr(line, name) for name in own},
    )


def _defined(plan: InspectionPlan, line: PlanLine, place: int, known: Sequence[Characteristic]) -> Characteristic:
    """A characteristic is what values were judged by and never changes: other limits make another one."""
    said = {name: getattr(line, name) for name in DEFINES}
    same = [one for one in known if said == {name: getattr(one, name) for name in DEFINES}]
    named = [one for one in same if one.uid == line.characteristic_uid]
    if found := [*named, *(one for one in same if _is_of(plan, one))]:
        return found[0]
    taken = {one.plan for one in known if one.key == line.key}
    stated = next(
        name for name in map(str, chain([plan], (f"{plan}.{turn}" for turn in count(2)))) if name not in taken
    )
    return Characteristic.objects.create(
        item=plan.item, plan=stated, inspection_kind=plan.kind, kind=BY_HAND, sequence=place, **said
    )


def _is_of(plan: InspectionPlan, characteristic: Characteristic) -> bool:
    """Whether it was stated by this plan, in whichever of its revisions, and by no import."""
    return characteristic.plan == plan.code or characteristic.plan.startswith(f"{plan.code} rev. ")


def _sampling(line: PlanLine) -> dict[str, Any]:
    if line.frequency != Frequency.PER_LOT:
        return {}
    stated = {"size": line.sample_size, "acceptance": line.sample_acceptance}
    worked_out = lot_sampling()
    same = stated == {name: worked_out[name] for name in stated}
    return worked_out if same or line.sample_size is None else stated


def _forget(plan: InspectionPlan, characteristics: set[int]) -> None:
    """Delete what this code's drafts have stated and nothing names any more."""
    for row in Characteristic.objects.filter(pk__in=characteristics):
        if _is_of(plan, row):
            with suppress(ProtectedError):
                row.delete()


def _steps(procedure: Procedure, lines: Sequence[StepLine]) -> Iterable[ProcedureStep]:
    items = {one.number: one for one in Item.objects.filter(number__in={line.item for line in lines})}
    asked = {line.characteristic_uid for line in lines} - {None}
    characteristics: dict[Any, Characteristic] = {
        one.uid: one for one in Characteristic.objects.filter(uid__in=asked, item=procedure.item)
    }
    pictures = pictures_kept({line.picture for line in lines})
    for place, line in enumerate(lines, 1):
        held = OF_KIND.get(line.kind, frozenset())
        own = {name: value for name, value in asdict(line).items() if name in held or name not in OF_SOME_KIND}
        own["choices"] = [asdict(one) for one in line.choices] if "choices" in held else []
        own["item"] = items.get(own.get("item", ""))
        own["characteristic"] = characteristics.get(own.pop("characteristic_uid", None))
        own["picture"] = pictures.get(line.picture)
        yield ProcedureStep(procedure=procedure, sequence=place, **own)


def _stops(route: Route, lines: Sequence[StopLine]) -> Iterable[RouteStop]:
    """Places count from 1 without gaps, whatever numbers were sent."""
    stations = {one.code: one for one in Station.objects.filter(code__in={line.station for line in lines})}
    places = {number: place for place, number in enumerate(sorted({line.sequence for line in lines}), 1)}
    for line in lines:
        yield RouteStop(
            route=route,
            station=stations[line.station],
            sequence=places[line.sequence],
            procedure_code=line.procedure_code,
            only_with={name: [str(value) for value in values] for name, values in line.only_with.items()},
        )

"""Drafts over the API: begun without lines, and their lines written anew as a whole."""

# ruff: noqa: TC001, TC002, TC003 - annotations are read at run time
from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Status
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, Field, StringConstraints

from samegauge.apps.inspection.models import InstrumentKind
from samegauge.apps.inspection.plans.api import WholeRevision, whole_revision
from samegauge.apps.inspection.plans.editing import Edit, begin, rewrite
from samegauge.apps.inspection.plans.lines import (
    MOST_COUNT,
    MOST_LINES,
    Choice,
    LinesError,
    PlanLine,
    StepLine,
    StopLine,
)
from samegauge.apps.inspection.plans.models import (
    FINEST_DECIMALS,
    ChartKind,
    Frequency,
    InspectionPlan,
    Procedure,
    ProcedureKind,
    Revised,
    Route,
    StepKind,
)
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.apps.inspection.plans.rules import RevisionError
from samegauge.core.api_contract import GuardedRouter, Problem, Sha256, Word
from samegauge.core.measurement.models import InspectionKind
from samegauge.core.organisations.permissions import needs
from samegauge.core.thread.models import Item

router = GuardedRouter(tags=["plans"])

PLAIN = r"^[^\x00-\x1f\x7f]*$"
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=PLAIN, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(max_length=200, pattern=PLAIN)]
Phrase = Annotated[str, StringConstraints(max_length=500, pattern=PLAIN)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]


class BegunRevision(BaseModel):
    code: Code
    item: Word
    title: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN, strip_whitespace=True)]
    title_zh: Title = ""


class BegunPlan(BegunRevision):
    kind: InspectionKind
    source: Annotated[str, StringConstraints(max_length=300, pattern=PLAIN)] = ""


class BegunProcedure(BegunRevision):
    kind: ProcedureKind = ProcedureKind.SOP


class StatedSample(BaseModel):
    """Both left out: worked out from the two assumed risks."""

    size: Count | None = None
    acceptance: Count | None = None


class StatedCharacteristic(BaseModel):
    """With the uid of one that stands and the same name, unit and limits it is that one; otherwise another one."""

    characteristic_uid: UUID | None = None
    key: Annotated[str, StringConstraints(max_length=120, pattern=PLAIN)]
    name: Title
    unit_code: Annotated[str, StringConstraints(max_length=20, pattern=PLAIN)]
    nominal: Number | None = None
    lower_limit: Number | None = None
    upper_limit: Number | None = None
    instrument_kind: InstrumentKind | Literal[""] = ""
    resolution: Number | None = None
    frequency: Frequency = Frequency.EVERY_UNIT
    every_n: Count | None = None
    sampling: StatedSample = StatedSample()
    chart: ChartKind = ChartKind.INDIVIDUALS_EWMA
    reaction: Phrase = ""
    reaction_zh: Phrase = ""
    assumed: bool = False


class StatedChoice(BaseModel):
    value: Title
    text: Title
    text_zh: Title = ""
    passes: bool = True


class StatedStep(BaseModel):
    """What its kind does not use is not kept; the limits are in `unit_code`."""

    key: Annotated[str, StringConstraints(max_length=60, pattern=PLAIN)]
    kind: StepKind
    text: Phrase
    text_zh: Phrase = ""
    required: bool = True
    unit_code: Annotated[str, StringConstraints(max_length=20, pattern=PLAIN)] = ""
    nominal: Number | None = None
    lower: Number | None = None
    upper: Number | None = None
    decimals: int = Field(1, ge=0, le=FINEST_DECIMALS)
    instrument_kind: InstrumentKind | Literal[""] = ""
    characteristic_uid: UUID | None = None
    choices: list[StatedChoice] = Field([], max_length=MOST_LINES)
    item: Word | None = None
    position: Annotated[str, StringConstraints(max_length=100, pattern=PLAIN)] = ""
    meaning: Title = ""
    meaning_zh: Title = ""
    picture: Sha256 | None = Field(None, description="Of a JPEG or PNG that was sent to /stations/photos before")


class StatedStop(BaseModel):
    """Stops with the same sequence may be passed in any order."""

    station: Annotated[str, StringConstraints(max_length=30, pattern=PLAIN)]
    sequence: Count
    procedure_code: Code
    only_with: dict[Word, list[Word]] = Field({}, max_length=MOST_LINES)


class StatedLines(BaseModel):
    """A draft as it shall be; `version` is the one that was read, and nothing is written over another."""

    version: Word
    title: Title | None = Field(None, description="Left out: as it stands")
    title_zh: Title | None = None


class PlanLines(StatedLines):
    source: Annotated[str, StringConstraints(max_length=300, pattern=PLAIN)] | None = None
    lines: list[StatedCharacteristic] = Field(max_length=MOST_LINES)


class ProcedureLines(StatedLines):
    lines: list[StatedStep] = Field(max_length=MOST_LINES)


class RouteLines(StatedLines):
    lines: list[StatedStop] = Field(max_length=MOST_LINES)


BEGUN: dict[int, Any] = {201: WholeRevision, 409: Problem}
WRITTEN: dict[int, Any] = {200: WholeRevision, 409: Problem}


@router.post("/plans/blank", response=BEGUN)
@needs(SUPERVISORS)
def inspection_plan_begin(request: HttpRequest, said: BegunPlan) -> Any:
    """Begin a plan of a new code as a draft without lines."""
    return _begun(request, InspectionPlan, said)


@router.post("/procedures/blank", response=BEGUN)
@needs(SUPERVISORS)
def procedure_begin(request: HttpRequest, said: BegunProcedure) -> Any:
    """Begin a procedure of a new code as a draft without steps."""
    return _begun(request, Procedure, said)


@router.post("/routes/blank", response=BEGUN)
@needs(SUPERVISORS)
def route_begin(request: HttpRequest, said: BegunRevision) -> Any:
    """Begin a route of a new code as a draft without stops."""
    return _begun(request, Route, said)


def _begun(request: HttpRequest, kind: type[Any], said: BegunRevision) -> Any:
    item = get_object_or_404(Item, number=said.item, retired_at=None)
    actor: Any = request.user
    try:
        made = begin(kind(**{**said.model_dump(), "item": item}), actor)
    except RevisionError as refusal:
        raise HttpError(409, str(refusal)) from refusal
    return Status(201, whole_revision(made))


@router.put("/plans/{uuid:plan_uid}/lines", response=WRITTEN)
@needs(SUPERVISORS)
def inspection_plan_lines(request: HttpRequest, plan_uid: UUID, said: PlanLines) -> Any:
    """Write the characteristics of a draft anew, in their order; all of them or none."""
    plan = _found(InspectionPlan, plan_uid)
    source = plan.source if said.source is None else said.source
    return _written(request, plan, said, [_plan_line(one) for one in said.lines], source)


@router.put("/procedures/{uuid:procedure_uid}/lines", response=WRITTEN)
@needs(SUPERVISORS)
def procedure_lines(request: HttpRequest, procedure_uid: UUID, said: ProcedureLines) -> Any:
    """Write the steps of a draft anew, in their order; all of them or none."""
    return _written(request, _found(Procedure, procedure_uid), said, [_step_line(one) for one in said.lines])


@router.put("/routes/{uuid:route_uid}/lines", response=WRITTEN)
@needs(SUPERVISORS)
def route_lines(request: HttpRequest, route_uid: UUID, said: RouteLines) -> Any:
    """Write the stops of a draft anew, in their order; all of them or none."""
    return _written(request, _found(Route, route_uid), said, [StopLine(**one.model_dump()) for one in said.lines])


def _found(kind: type[Any], uid: UUID) -> Any:
    return get_object_or_404(kind.objects.select_related("item"), uid=uid)


def _plan_line(said: StatedCharacteristic) -> PlanLine:
    sample = said.sampling
    own = said.model_dump(exclude={"sampling"})
    return PlanLine(**own, sample_size=sample.size, sample_acceptance=sample.acceptance)


def _step_line(said: StatedStep) -> StepLine:
    texts = {name: getattr(said, name) or "" for name in ("item", "picture")}
    choices = tuple(Choice(**one.model_dump()) for one in said.choices)
    return StepLine(**{**said.model_dump(), **texts, "choices": choices})


def _written(
    request: HttpRequest, revised: Revised, said: StatedLines, lines: list[Any], source: str = ""
) -> WholeRevision:
    edit = Edit(
        seen=said.version,
        title=revised.title if said.title is None else said.title,
        title_zh=revised.title_zh if said.title_zh is None else said.title_zh,
        lines=lines,
        source=source,
    )
    actor: Any = request.user
    try:
        rewrite(revised, edit, actor)
    except LinesError as refusal:
        faults: list[dict[str, Any]] = [
            {
                "loc": ["body", "said", *(["lines", one.line - 1] if one.line else []), one.field],
                "msg": str(one),
                "type": "value_error",
            }
            for one in refusal.faults
        ]
        raise ValidationError(faults) from refusal
    except RevisionError as refusal:
        raise HttpError(409, str(refusal)) from refusal
    return whole_revision(revised)

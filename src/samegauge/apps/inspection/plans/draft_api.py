"""Drafting a plan from what is known of an item, and what the values say of its parts."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Schema, Status
from ninja.errors import HttpError
from pydantic import BaseModel, model_validator

from samegauge.apps.inspection.plans.api import WholeRevision, whole_revision
from samegauge.apps.inspection.plans.drafting import plan_from_characteristics, plan_from_template, templates
from samegauge.apps.inspection.plans.judging import judged
from samegauge.apps.inspection.plans.models import InspectionPlan
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.apps.inspection.plans.rules import RevisionError
from samegauge.core.api_contract import GuardedRouter, Problem, Word
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import Item

router = GuardedRouter(tags=["plans"])


class NewPlan(BaseModel):
    """Either `characteristics_of`, the plan that an import named, or `template`."""

    item: Word
    characteristics_of: Word | None = None
    template: Word | None = None

    @model_validator(mode="after")
    def _from_one_origin(self) -> Self:
        if (self.characteristics_of is None) == (self.template is None):
            raise ValueError("Name one of characteristics_of and template.")
        if self.template is not None and self.template not in templates():
            raise ValueError(f"There is no template {self.template}: {', '.join(sorted(templates()))}.")
        return self


DRAFTED: dict[int, Any] = {201: WholeRevision, 409: Problem}


@router.post("/plans/draft", response=DRAFTED)
@needs(SUPERVISORS)
def inspection_plan_draft(request: HttpRequest, said: NewPlan) -> Any:
    """Draft a plan from the characteristics that an import brought of an item, or from a template of the trade."""
    item = get_object_or_404(Item, number=said.item, retired_at=None)
    actor: Any = request.user
    try:
        if said.template is not None:
            made = plan_from_template(item, templates()[said.template], actor)
        else:
            made = plan_from_characteristics(item, said.characteristics_of or "", actor)
    except RevisionError as refusal:
        raise HttpError(409, str(refusal)) from refusal
    return Status(201, whole_revision(made))


class LineJudgement(Schema):
    characteristic_uid: UUID
    key: str
    conforming: int
    failed: int
    undecided: int
    missing: int


class PlanJudgement(Schema):
    """Of the newest units that the plan holds for; `missing` lack a value and fail no line."""

    units: int
    conforming: int
    failed: int
    undecided: int
    missing: int
    not_shown: int
    lines: list[LineJudgement]


@router.get("/plans/{uuid:plan_uid}/judgement", response=PlanJudgement)
@needs(Action.READ)
def inspection_plan_judgement(request: HttpRequest, plan_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    """Tell how many measured units conform to every line of a plan, and how many to each."""
    found = judged(get_object_or_404(InspectionPlan, uid=plan_uid))
    lines = [
        LineJudgement(
            characteristic_uid=one.line.characteristic.uid,
            key=one.line.characteristic.key,
            conforming=one.conforming,
            failed=one.failed,
            undecided=one.undecided,
            missing=one.missing,
        )
        for one in found.lines
    ]
    counts = {name: getattr(found, name) for name in PlanJudgement.model_fields if name != "lines"}
    return PlanJudgement(lines=lines, **counts)

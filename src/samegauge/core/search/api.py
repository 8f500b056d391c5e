"""The one box for programs: what a number, a name or a word of a note leads to."""

# ruff: noqa: TC002 - annotations are read at run time
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import BaseModel, Field

from samegauge.core.api_contract import GuardedRouter
from samegauge.core.face import Provenance  # noqa: TC001 - read at run time
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.search.folding import LONGEST_QUESTION
from samegauge.core.search.sources import found_groups

if TYPE_CHECKING:
    from samegauge.core.search.sources import Group

router = GuardedRouter(tags=["search"])
SHOWN = 10


class FoundRecord(Schema):
    title: str
    note: str
    path: str = Field(description="The page of what was found, under the site's address")
    provenance: Provenance = Field(description="Empty: recorded; else it is simulated, assumed or from memory")


class FoundGroup(Schema):
    kind: str
    name: str = Field(description="What they are, in the language that was asked for")
    count: int
    more: bool = Field(description="There are more than were counted")
    found: list[FoundRecord]


def found_group(group: Group) -> FoundGroup:
    rows = [FoundRecord(title=hit.title, note=hit.note, path=hit.url, provenance=hit.provenance) for hit in group.hits]
    return FoundGroup(kind=group.key, name=group.name, count=group.count, more=group.more, found=rows)


class Question(BaseModel):
    q: str = Field("", max_length=LONGEST_QUESTION, pattern=r"^[^\x00]*$", description="Words of a name or number")
    kind: str = Field("", max_length=60, description="Of this kind only, as `kind` of an answer says it")


@router.get("/search", response=list[FoundGroup])
@needs(Action.READ)
def search_records(request: HttpRequest, asked: Query[Question]) -> Any:
    """Find records, people and pages by what they are called: the first ten of each kind, or 200 of one."""
    member = request.membership  # type: ignore[attr-defined]
    return [found_group(group) for group in found_groups(asked.q, SHOWN, member, asked.kind)]

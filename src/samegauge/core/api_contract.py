"""What all API operations share: a guard that cannot be forgotten, one form of problem, bounded lists and words."""

from __future__ import annotations

import inspect
import math
import re
from datetime import date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from django.core.exceptions import PermissionDenied
from ninja import Router, Schema
from ninja.throttling import SimpleRateThrottle
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from samegauge.core.organisations.permissions import require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

MOST_ROWS = 500
FIRST_YEAR, LAST_YEAR = 1900, 2199
RATE = "3000/m"

RowT = TypeVar("RowT")
RecordT = TypeVar("RecordT")
DayT = TypeVar("DayT", date, datetime)


def _within_reach(day: DayT) -> DayT:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"A year from {FIRST_YEAR} to {LAST_YEAR} is needed.")
    return day


def _written_out(text: Any) -> Any:
    """Refuse numbers, which the library would read as seconds since 1970."""
    if not isinstance(text, str) or not _ISO_8601.fullmatch(text):
        raise ValueError("Write it out: 2026-11-21 for a day, 2026-11-21T14:32:00Z for a moment.")
    return text


_ISO_8601 = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII)

# A NUL character is refused at the door: PostgreSQL cannot store one.
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_within_reach)]
Day = Annotated[date, BeforeValidator(_written_out), AfterValidator(_within_reach)]


class Window(Schema):
    """Which rows of a list: at most 500 at once."""

    limit: int = Field(50, ge=1, le=MOST_ROWS)
    offset: int = Field(0, ge=0, le=10**9)

    def of(self, rows: QuerySet[Any] | Sequence[Any], shown: Callable[[Any], RecordT]) -> dict[str, Any]:
        total = len(rows) if isinstance(rows, list) else rows.count()  # type: ignore[call-arg]
        return {"count": total, "items": [shown(row) for row in rows[self.offset : self.offset + self.limit]]}


class Listed(Schema, Generic[RowT]):
    """Some rows of a list and how many it has in all."""

    count: int
    items: list[RowT]


class Fault(Schema):
    """One field that cannot be used."""

    loc: list[str | int]
    msg: str
    type: str


class Problem(Schema):
    """What is wrong and what to do, in the language asked for."""

    detail: str


class FieldProblem(Schema):
    """Which fields cannot be used, and why."""

    detail: list[Fault]


PROBLEMS: dict[int, Any] = {
    400: Problem,
    401: Problem,
    403: Problem,
    404: Problem,
    411: Problem,
    413: Problem,
    415: Problem,
    422: FieldProblem,
    429: Problem,
    503: Problem,
}


def add_problems(document: dict[str, Any]) -> None:
    """Say of every operation how it can fail: once here, because a model for each took a third of the site's start."""
    for model in (Problem, FieldProblem):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= schema.pop("$defs", {}) | {model.__name__: schema}
    for operation in (one for methods in document["paths"].values() for one in methods.values()):
        for status, model in PROBLEMS.items():
            content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
            operation["responses"].setdefault(status, {"description": HTTPStatus(status).phrase, "content": content})


class MemberRate(SimpleRateThrottle):
    """So many requests for each membership, counted in each web process."""

    scope = "member"

    def __init__(self) -> None:
        super().__init__(RATE)

    def get_cache_key(self, request: HttpRequest) -> str:
        return f"api-rate-{request.membership.pk}"  # type: ignore[attr-defined]

    def wait(self) -> float | None:
        seconds = super().wait()
        return None if seconds is None else math.ceil(seconds)


def _role_first(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse a role before what it sent is read: the library checks the body before it calls the operation."""
    operation: Any = run.__self__  # type: ignore[attr-defined]

    def checked(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if getattr(request, "membership", None) is not None:
            try:
                require(request, operation.view_func.needs)
            except PermissionDenied as refusal:
                return operation.api.on_exception(request, refusal)
        return run(request, **arguments)

    return checked


class GuardedRouter(Router):
    """Takes only operations that state their action with `needs`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_decorator(_role_first, mode="view")

    def api_operation(self, methods: list[str], path: str, **options: Any) -> Callable[[Any], Any]:
        answers = options.pop("response")
        if not isinstance(answers, dict):
            answers = {200: answers}
        register = super().api_operation(methods, path, response=answers, **options)

        def guarded(view: Callable[..., Any]) -> Callable[..., Any]:
            if not hasattr(view, "needs"):
                raise TypeError(f"The API operation {view.__name__} does not state its action with needs().")
            # The guard's wrapper lives in another module than the names in the annotations.
            view.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
            return register(view)

        return guarded


class SignalQuestion(Schema):
    """Which readings, over which stretch, and into how many stretches of screen they are thinned."""

    tag: Word = Field(description="Name of the reading in the machine's device description")
    start: Instant | None = None
    end: Instant | None = None
    buckets: int | None = Field(None, ge=1, le=4000)

    def query(self) -> dict[str, str]:
        stated = {"tag": self.tag, "start": self.start, "end": self.end, "buckets": self.buckets}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in stated.items()
            if value is not None
        }


class Series(Schema):
    """Smallest and largest value per stretch, in `unit`; null where nothing was heard for long."""

    name: str
    unit: str
    minimum: list[float | None]
    maximum: list[float | None]


class Signal(Schema):
    start: float = Field(description="Begin, seconds since 1970 UTC")
    end: float = Field(description="End, seconds since 1970 UTC")
    time_s: list[float] = Field(description="Begin of each stretch, seconds since 1970 UTC")
    series: list[Series]


def file_answer(*media_types: str) -> dict[str, Any]:
    """What the API document says about an operation that answers with a file."""
    content = {
        media_type: {
            "schema": {"type": "object"} if media_type.endswith("json") else {"type": "string", "format": "binary"}
        }
        for media_type in media_types or ("application/octet-stream",)
    }
    return {"responses": {200: {"description": "The file", "content": content}}}

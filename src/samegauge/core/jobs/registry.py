"""Which function does which kind of job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from collections.abc import Callable

    JobFunction = Callable[..., dict[str, Any] | None]

_FunctionT = TypeVar("_FunctionT", bound="JobFunction")

_functions: dict[str, JobFunction] = {}
_regular: list[Callable[[], None]] = []


class UnknownJobError(Exception):
    """No function is registered for this kind of job."""


def job(kind: str) -> Callable[[_FunctionT], _FunctionT]:
    """Register `function(progress, **json_arguments)`, whose work is a sequence of idempotent `progress.step`s."""

    def register(function: _FunctionT) -> _FunctionT:
        if kind in _functions:
            raise ValueError(f"The kind of job {kind!r} is registered twice.")
        _functions[kind] = function
        return function

    return register


def function_of(kind: str) -> JobFunction:
    if kind not in _functions:
        autodiscover_modules("jobs")
    if kind not in _functions:
        raise UnknownJobError(f"No work is registered for the kind of job {kind!r}.")
    return _functions[kind]


def regularly(function: Callable[[], None]) -> Callable[[], None]:
    """Have the worker call a function every few seconds, to ask for work that is due."""
    _regular.append(function)
    return function


def regular_functions() -> tuple[Callable[[], None], ...]:
    return tuple(_regular)

"""The typed face of numba for this room: kernels keep their signatures, and numba is imported when the first one runs.

Kernels made here own no memory: they write into arrays their caller holds. Numba's reference counting is therefore off
(`_nrt`); with it on, handing arrays from step to step made the SHDR loop five times slower (measured). Importing numba
takes half a second, which the web processes, that never run a kernel, would pay at every start.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from types import FunctionType

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
_LOCK = RLock()


class _Lazy:
    """Stands for a kernel until it is called; then the kernel and the steps it calls by name become machine code."""

    def __init__(self, function: FunctionType, **options: Any) -> None:
        self._function, self._options = function, options
        self._machine_code: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        return self.machine_code()(*arguments)

    def machine_code(self) -> Callable[..., Any]:
        with _LOCK:
            if self._machine_code is None:
                self._machine_code = self._compile()
            return self._machine_code

    def _compile(self) -> Callable[..., Any]:
        import numba

        names = self._function.__globals__
        for name in self._function.__code__.co_names:
            if isinstance(step := names.get(name), _Lazy):
                names[name] = step.machine_code()
        library: Any = numba
        code: Callable[..., Any] = library.njit(nogil=True, error_model="numpy", **self._options)(self._function)
        return code


def compiled(function: Kernel) -> Kernel:
    """Machine code kept on disk between starts; releases the interpreter lock, so that threads run side by side."""
    return cast("Kernel", _Lazy(cast("FunctionType", function), cache=True, _nrt=False))


def inlined(function: Kernel) -> Kernel:
    """A step of a hot loop, merged into the kernel that calls it."""
    return cast("Kernel", _Lazy(cast("FunctionType", function), forceinline=True, _nrt=False))

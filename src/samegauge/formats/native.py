"""The typed face of numba for this room: the decorators keep the signatures that a strict type checker would lose.

Kernels made here own no memory: they write into arrays their caller holds. Numba's reference counting is therefore off
(`_nrt`); with it on, handing arrays from step to step made the SHDR loop five times slower (measured).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
_LIBRARY: Any = numba


def compiled(function: Kernel) -> Kernel:
    """Machine code kept on disk between starts; releases the interpreter lock, so that threads run side by side."""
    return cast("Kernel", _LIBRARY.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function))


def inlined(function: Kernel) -> Kernel:
    """A step of a hot loop, merged into the kernel that calls it."""
    return cast("Kernel", _LIBRARY.njit(nogil=True, error_model="numpy", forceinline=True, _nrt=False)(function))

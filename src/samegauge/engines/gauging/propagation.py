"""The uncertainty budget: law of propagation, effective degrees of freedom, coverage factor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError
from samegauge.engines.gauging.inputs import InputQuantity, correlation_matrix
from samegauge.engines.laws.inference import checked_confidence, student_quantile
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Model: TypeAlias = Callable[..., Any]

_COMPLEX_STEP = 1e-30
_CENTRAL_STEP = 0.05
_SECOND_ORDER_STEP = 0.1
_ROUNDING = 1e-9


class Derivative(Enum):
    """How sensitivities are found: central differences for any model, or complex step for analytic ones, exactly."""

    CENTRAL = "central differences of fourth order"
    COMPLEX_STEP = "complex step"


@dataclass(frozen=True, slots=True)
class PropagationOptions:
    """`coverage_factor` replaces the one from the effective degrees of freedom.

    `whole_dof` rounds those down first (GUM G.4.1). `second_order` adds the next terms of the series, for independent
    inputs (GUM 5.1.2, note).
    """

    coverage: float = 0.95
    coverage_factor: float | None = None
    whole_dof: bool = True
    derivative: Derivative = Derivative.CENTRAL
    second_order: bool = False


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """`contribution` is sensitivity times uncertainty, with sign; `share_percent` that of the variance."""

    quantity: InputQuantity
    sensitivity: float
    contribution: float
    share_percent: float


@dataclass(frozen=True, slots=True)
class Budget:
    """The result y with its combined and expanded uncertainty; unit: that of the model's result."""

    value: float
    standard_uncertainty: float
    effective_dof: float
    coverage_factor: float
    expanded_uncertainty: float
    rows: tuple[BudgetRow, ...]
    method: Method

    @property
    def lower(self) -> float:
        return self.value - self.expanded_uncertainty

    @property
    def upper(self) -> float:
        return self.value + self.expanded_uncertainty


_DEFAULT = PropagationOptions()


def propagate(
    model: Model,
    inputs: Sequence[InputQuantity],
    *,
    correlations: Mapping[tuple[str, str], float] | None = None,
    options: PropagationOptions = _DEFAULT,
) -> Budget:
    """What uncertainty does a result have that is calculated from uncertain quantities?

    Parameters
    ----------
    model : callable
        Function of the input quantities, in their order [any unit].
    inputs : sequence of InputQuantity
        Input quantities, at least one [1].
    correlations : mapping of pair of names to float, optional
        Correlation coefficients [1].
    options : PropagationOptions
        Coverage, coverage factor, derivative [1].

    Returns
    -------
    Budget
        Result, uncertainties, degrees of freedom, contributions [unit of the model's result].

    Raises
    ------
    InvalidOptionError
        No inputs, correlations that fit none, coverage out of range, second order with correlations, or a model that
        takes no complex numbers with complex step.
    NonFiniteValuesError
        The model gives NaN or infinity near the estimates.

    Notes
    -----
    u_c^2 = sum over i and j of c_i c_j r_ij u_i u_j, c_i the partial derivatives at the estimates. Effective degrees of
    freedom by Welch and Satterthwaite over independent groups; inputs that are correlated with each other form a group
    with the fewest degrees of freedom in it (exact where they share their observations). First order: holds where the
    model is nearly linear over the uncertainties; check with the simulation.

    Examples
    --------
    >>> inputs = [InputQuantity("a", 3.0, 0.3), InputQuantity("b", 4.0, 0.4)]
    >>> budget = propagate(lambda a, b: a + b, inputs)
    >>> round(budget.standard_uncertainty, 6), round(budget.coverage_factor, 2)
    (0.5, 1.96)

    References
    ----------
    JCGM 100:2008 (GUM), 5.1, 5.2, annex G.
    """
    if not inputs:
        raise InvalidOptionError("A model needs at least one input quantity.", "模型至少需要一個輸入量。")
    checked_confidence(options.coverage)
    matrix = correlation_matrix(inputs, correlations or {})
    correlated = bool((matrix != np.eye(len(inputs))).any())
    if options.second_order and correlated:
        raise InvalidOptionError(
            "Second-order terms hold for independent inputs only.", "二階項只適用於互相獨立的輸入量。"
        )
    value = _finite(model(*[quantity.value for quantity in inputs]))
    sensitivities = np.array([_sensitivity(model, inputs, place, options) for place in range(len(inputs))])
    parts = sensitivities * np.array([quantity.standard_uncertainty for quantity in inputs])
    variance = max(float(parts @ matrix @ parts), 0.0)
    more = _second_order(model, inputs) if options.second_order else 0.0
    combined = math.sqrt(max(variance + more, 0.0))
    dof = _effective_dof(parts, matrix, inputs, combined)
    used_dof = max(math.floor(dof + _ROUNDING), 1) if options.whole_dof and math.isfinite(dof) else dof
    factor = options.coverage_factor or student_quantile(0.5 + options.coverage / 2.0, used_dof)
    shares = parts * (matrix @ parts) * (100.0 / variance if variance > 0.0 else 0.0)
    return Budget(
        value=value,
        standard_uncertainty=combined,
        effective_dof=dof,
        coverage_factor=factor,
        expanded_uncertainty=factor * combined,
        rows=tuple(
            BudgetRow(quantity, float(sensitivities[place]), float(parts[place]), float(shares[place]))
            for place, quantity in enumerate(inputs)
        ),
        method=Method(
            name="law of propagation of uncertainty",
            reference="JCGM 100:2008 (GUM)",
            estimator=f"first order{' and second order' if options.second_order else ''}; {options.derivative.value}; "
            + ("coverage factor given" if options.coverage_factor else "Welch-Satterthwaite, Student's t"),
            constants={"coverage_factor": factor, "effective_dof": dof},
            confidence=options.coverage,
            data_hash=hash_of_data([(one.value, one.standard_uncertainty, one.dof) for one in inputs], matrix),
            assumed=("the result is normally distributed", "the model is nearly linear over the uncertainties"),
        ),
    )


def _finite(result: object) -> float:
    number = float(np.asarray(result, dtype=np.float64))
    if not math.isfinite(number):
        raise NonFiniteValuesError(f"The model gives {number} near the estimates.", f"模型在估計值附近得到 {number}。")
    return number


def _sensitivity(model: Model, inputs: Sequence[InputQuantity], place: int, options: PropagationOptions) -> float:
    values: list[Any] = [quantity.value for quantity in inputs]
    if options.derivative is Derivative.COMPLEX_STEP:
        values[place] = complex(values[place], _COMPLEX_STEP)
        try:
            return _finite(np.imag(model(*values)) / _COMPLEX_STEP)
        except TypeError as error:
            raise InvalidOptionError(
                "The model takes no complex numbers; use NumPy's functions in it, or central differences.",
                "模型不接受複數；模型內請用 NumPy 函數，或改用中央差分。",
            ) from error
    quantity = inputs[place]
    step = _CENTRAL_STEP * quantity.standard_uncertainty or 1e-4 * max(abs(quantity.value), 1.0)

    def at(shift: float) -> float:
        values[place] = quantity.value + shift * step
        return _finite(model(*values))

    return (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * step)


def _second_order(model: Model, inputs: Sequence[InputQuantity]) -> float:
    """Next terms of the variance: f_ij^2 / 2 + f_i f_ijj, with derivatives per standard uncertainty of each input."""
    h = _SECOND_ORDER_STEP
    centre = np.array([quantity.value for quantity in inputs])
    sizes = np.diag([h * quantity.standard_uncertainty for quantity in inputs])

    def at(shift: NDArray[np.float64] | float) -> float:
        return _finite(model(*(float(one) for one in centre + shift)))

    total, middle = 0.0, at(0.0)
    for i, one in enumerate(sizes):
        ahead, behind = at(one), at(-one)
        slope = (ahead - behind) / 2.0
        third = (at(2.0 * one) - 2.0 * ahead + 2.0 * behind - at(-2.0 * one)) / 2.0
        # The plain difference carries the third derivative with it; without it the slope is the tangent's.
        tangent = slope - third / 6.0
        total += (ahead - 2.0 * middle + behind) ** 2 / 2.0 + tangent * third
        for j, other in enumerate(sizes):
            if i != j:
                pp, pm, mp, mm = at(one + other), at(one - other), at(other - one), at(-one - other)
                mixed = (pp - pm - mp + mm) / 4.0
                bent = ((pp - 2.0 * ahead + pm) - (mp - 2.0 * behind + mm)) / 2.0
                total += mixed**2 / 2.0 + tangent * bent
    # Both terms are products of four steps.
    return total / h**4


def _effective_dof(
    parts: NDArray[np.float64], matrix: NDArray[np.float64], inputs: Sequence[InputQuantity], combined: float
) -> float:
    if not combined > 0.0:
        return math.inf
    total, left = 0.0, set(range(len(inputs)))
    while left:
        group = _group(left.pop(), matrix)
        left -= group
        places = sorted(group)
        own = parts[places]
        share = float(own @ matrix[np.ix_(places, places)] @ own) / combined**2
        total += share**2 / min(inputs[place].dof for place in places)
    return 1.0 / total if total > 0.0 else math.inf


def _group(first: int, matrix: NDArray[np.float64]) -> set[int]:
    found, waiting = {first}, [first]
    while waiting:
        near = {int(place) for place in np.flatnonzero(matrix[waiting.pop()])} - found
        found |= near
        waiting.extend(near)
    return found

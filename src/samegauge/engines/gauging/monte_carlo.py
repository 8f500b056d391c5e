"""Propagation of distributions: simulate a measurement model and read coverage intervals off the outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, TooFewValuesError
from samegauge.engines.gauging.inputs import Distribution, InputQuantity, correlation_matrix
from samegauge.engines.gauging.variances import Bounds
from samegauge.engines.laws.inference import checked_confidence
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.random import Generator
    from numpy.typing import ArrayLike, NDArray

    from samegauge.engines.gauging.propagation import Budget, Model

_FEWEST_BLOCK = 10_000
_FEWEST_BLOCKS = 10
_FEWEST = 2
_MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """`trials` fixed, or None: until the numbers are stable to `digits` of the uncertainty, or `most_trials` are done.

    `vectorised`: the model takes arrays; otherwise it is called once a trial.
    """

    coverage: float = 0.95
    trials: int | None = None
    digits: int = 2
    most_trials: int = 5_000_000
    seed: int = 1
    vectorised: bool = True


@dataclass(frozen=True, slots=True)
class Simulation:
    """`stable` is None for a fixed number of trials. `values` are the sorted outcomes, in the unit of the result.

    `symmetric` leaves equal probabilities on both sides, `shortest` is the narrowest interval with that coverage.
    """

    mean: float
    standard_uncertainty: float
    symmetric: Bounds
    shortest: Bounds
    trials: int
    tolerance: float
    stable: bool | None
    values: NDArray[np.float64]
    method: Method


_DEFAULT = SimulationOptions()


def simulate(
    model: Model,
    inputs: Sequence[InputQuantity],
    *,
    correlations: Mapping[tuple[str, str], float] | None = None,
    options: SimulationOptions = _DEFAULT,
) -> Simulation:
    """How is a result distributed that is calculated from quantities with known distributions?

    Parameters
    ----------
    model : callable
        Function of the input quantities, in their order; of arrays unless told otherwise [any unit].
    inputs : sequence of InputQuantity
        Input quantities, at least one [1].
    correlations : mapping of pair of names to float, optional
        Correlation coefficients, of normal quantities only [1].
    options : SimulationOptions
        Coverage, number of trials or digits, seed [1].

    Returns
    -------
    Simulation
        Mean, standard uncertainty, both coverage intervals, sorted outcomes [unit of the model's result].

    Raises
    ------
    InvalidOptionError
        No inputs, options out of range, correlations of quantities that are not normal.
    NonFiniteValuesError
        The model gives NaN or infinity.

    Notes
    -----
    Adaptive: blocks of max(10,000, 100 / (1 - p)) trials, at least 10 of them (two, as the standard allows, make a poor
    standard error), until twice the standard error of mean, uncertainty and both
    ends over the blocks is below the tolerance, half a unit of the last digit asked for. The ends watched are those of
    the shortest interval. The same seed gives the same result on every machine with the same NumPy generator.

    Examples
    --------
    >>> inputs = [InputQuantity("a", 3.0, 0.3), InputQuantity("b", 4.0, 0.4)]
    >>> found = simulate(lambda a, b: a + b, inputs, options=SimulationOptions(trials=100_000))
    >>> round(found.standard_uncertainty, 2)
    0.5

    References
    ----------
    JCGM 101:2008, clauses 5 to 7, 7.9.
    """
    _checked(inputs, options)
    matrix = correlation_matrix(inputs, correlations or {})
    together = _correlated_places(inputs, matrix)
    generator = np.random.default_rng(options.seed)
    block = max(_FEWEST_BLOCK, math.ceil(100.0 / (1.0 - options.coverage)))
    if options.trials is not None:
        values = _outcomes(model, _drawn(inputs, matrix, together, generator, options.trials), options)
        return _result(values, inputs, matrix, options, None)
    found: list[NDArray[np.float64]] = []
    marks: list[tuple[float, float, float, float]] = []
    stable = False
    while not stable and block * (len(found) + 1) <= max(options.most_trials, block * _FEWEST_BLOCKS):
        values = np.sort(_outcomes(model, _drawn(inputs, matrix, together, generator, block), options))
        shortest = _shortest(values, options.coverage)
        found.append(values)
        marks.append((float(values.mean()), float(values.std(ddof=1)), shortest.lower, shortest.upper))
        if len(found) >= _FEWEST_BLOCKS:
            errors = np.std(marks, axis=0, ddof=1) / math.sqrt(len(marks))
            spread = float(np.mean([mark[1] for mark in marks]))
            stable = bool((2.0 * errors <= numerical_tolerance(spread, options.digits)).all())
    return _result(np.concatenate(found), inputs, matrix, options, stable)


def numerical_tolerance(uncertainty: float, digits: int = 2) -> float:
    """How exactly must a number be known whose uncertainty is stated with some digits?

    Parameters
    ----------
    uncertainty : float
        Standard uncertainty [any unit].
    digits : int
        Significant digits of it that mean something [1].

    Returns
    -------
    float
        Half a unit of the last digit; 0 where there is no uncertainty [unit of the uncertainty].

    Notes
    -----
    u = c 10^l with c a whole number of so many digits; the tolerance is 10^l / 2.

    Examples
    --------
    >>> numerical_tolerance(0.00035), numerical_tolerance(2.0, 1)
    (5e-06, 0.5)

    References
    ----------
    JCGM 101:2008, 7.9.2.
    """
    if not uncertainty > 0.0:
        return 0.0
    mantissa, exponent = f"{uncertainty:.{digits - 1}e}".split("e")
    return 0.5 * float(f"1e{int(exponent) - digits + 1}") if float(mantissa) else 0.0


def shortest_interval(values: ArrayLike, coverage: float = 0.95) -> Bounds:
    """Which is the narrowest interval that holds a share of some values?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Values in any order, at least 2 [any unit].
    coverage : float
        Share, between 0 and 1 [1].

    Returns
    -------
    Bounds
        Ends of the interval [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 values.
    InvalidOptionError
        Coverage outside (0, 1).

    Notes
    -----
    Of all intervals from the r-th to the (r + q)-th value, q = p n rounded, the narrowest, and of equals the lowest.

    Examples
    --------
    >>> shortest_interval([0.0, 1.0, 1.1, 1.2, 1.3, 9.0], 0.5)
    Bounds(lower=1.0, upper=1.3)

    References
    ----------
    JCGM 101:2008, 7.7.4.
    """
    x = checked_values(values)
    if x.size < _FEWEST:
        raise TooFewValuesError(
            f"An interval needs at least 2 values, not {x.size}.", f"區間至少需要 2 個數值，目前 {x.size} 個。"
        )
    return _shortest(np.sort(x), checked_confidence(coverage))


@dataclass(frozen=True, slots=True)
class Validation:
    """Differences of the ends of the first-order interval from those of the simulation, against the tolerance."""

    lower_difference: float
    upper_difference: float
    tolerance: float
    validated: bool


def validated(budget: Budget, simulation: Simulation, *, digits: int = 2, shortest: bool = False) -> Validation:
    """Does the first-order budget give the interval that the simulation gives?

    Parameters
    ----------
    budget : Budget
        Law of propagation, with the coverage of the simulation [any unit].
    simulation : Simulation
        Propagation of distributions [unit of the budget].
    digits : int
        Significant digits of the uncertainty that mean something [1].
    shortest : bool
        Compare with the shortest interval instead of the symmetric one [1].

    Returns
    -------
    Validation
        Differences and whether both are within the tolerance [unit of the budget].

    Notes
    -----
    d = |y +- U - end of the simulated interval|, both at most half a unit of the last digit of u(y). The simulation
    should have been run to one fifth of that; a fixed small number of trials may refuse a sound budget.

    Examples
    --------
    >>> from samegauge.engines.gauging.propagation import propagate
    >>> inputs = [InputQuantity("a", 3.0, 0.3), InputQuantity("b", 4.0, 0.4)]
    >>> validated(propagate(np.add, inputs), simulate(np.add, inputs), digits=1).validated
    True

    References
    ----------
    JCGM 101:2008, clause 8.
    """
    interval = simulation.shortest if shortest else simulation.symmetric
    low, high = abs(budget.lower - interval.lower), abs(budget.upper - interval.upper)
    tolerance = numerical_tolerance(budget.standard_uncertainty, digits)
    return Validation(low, high, tolerance, max(low, high) <= tolerance)


def _checked(inputs: Sequence[InputQuantity], options: SimulationOptions) -> None:
    if not inputs:
        raise InvalidOptionError("A model needs at least one input quantity.", "模型至少需要一個輸入量。")
    checked_confidence(options.coverage)
    trials = options.most_trials if options.trials is None else options.trials
    if trials < _FEWEST or not 1 <= options.digits <= _MOST_DIGITS:
        raise InvalidOptionError(
            f"At least {_FEWEST} trials and 1 to {_MOST_DIGITS} digits are needed.",
            f"至少需要 {_FEWEST} 次試驗，位數須在 1 與 {_MOST_DIGITS} 之間。",
        )


def _correlated_places(inputs: Sequence[InputQuantity], matrix: NDArray[np.float64]) -> list[int]:
    places = [place for place, row in enumerate(matrix) if np.count_nonzero(row) > 1]
    odd = [inputs[place].name for place in places if inputs[place].distribution is not Distribution.NORMAL]
    if odd:
        raise InvalidOptionError(
            f"Correlated quantities must be normal; {', '.join(odd)} are not.",
            f"有相關的輸入量必須是常態分布；{'、'.join(odd)} 不是。",
        )
    return places


def _drawn(
    inputs: Sequence[InputQuantity],
    matrix: NDArray[np.float64],
    together: list[int],
    generator: Generator,
    count: int,
) -> list[NDArray[np.float64]]:
    drawn = [quantity.drawn(generator, count) for quantity in inputs]
    if together:
        # A square root by eigenvalues also serves perfect correlation, where Cholesky's fails.
        sizes, vectors = np.linalg.eigh(matrix[np.ix_(together, together)])
        root = vectors * np.sqrt(np.maximum(sizes, 0.0))
        joint = root @ generator.standard_normal((len(together), count))
        for row, place in enumerate(together):
            drawn[place] = inputs[place].value + inputs[place].standard_uncertainty * joint[row]
    return drawn


def _outcomes(model: Model, drawn: list[NDArray[np.float64]], options: SimulationOptions) -> NDArray[np.float64]:
    count = drawn[0].size
    outcome = (
        model(*drawn)
        if options.vectorised
        else [model(*(float(value) for value in row)) for row in zip(*drawn, strict=True)]
    )
    values = np.broadcast_to(np.asarray(outcome, dtype=np.float64), (count,))
    broken = int(np.count_nonzero(~np.isfinite(values)))
    if broken:
        raise NonFiniteValuesError(
            f"The model gives no finite number in {broken} of {count} trials; restrict the inputs or the model.",
            f"模型在 {count} 次試驗中有 {broken} 次得不到有限數值；請限制輸入量或修改模型。",
        )
    return values


def _shortest(ordered: NDArray[np.float64], coverage: float) -> Bounds:
    span = min(math.floor(coverage * ordered.size + 0.5), ordered.size - 1)
    widths = ordered[span:] - ordered[: ordered.size - span]
    first = int(np.argmin(widths))
    return Bounds(float(ordered[first]), float(ordered[first + span]))


def _result(
    values: NDArray[np.float64],
    inputs: Sequence[InputQuantity],
    matrix: NDArray[np.float64],
    options: SimulationOptions,
    stable: bool | None,  # noqa: FBT001 - a finding, not a switch
) -> Simulation:
    ordered = np.sort(values)
    tail = (1.0 - options.coverage) / 2.0
    low, high = np.quantile(ordered, [tail, 1.0 - tail])
    uncertainty = float(ordered.std(ddof=1))
    return Simulation(
        mean=float(ordered.mean()),
        standard_uncertainty=uncertainty,
        symmetric=Bounds(float(low), float(high)),
        shortest=_shortest(ordered, options.coverage),
        trials=ordered.size,
        tolerance=numerical_tolerance(uncertainty, options.digits),
        stable=stable,
        values=ordered,
        method=Method(
            name="propagation of distributions",
            reference="JCGM 101:2008",
            estimator="Monte Carlo, "
            + ("fixed number of trials" if stable is None else f"adaptive to {options.digits} digits"),
            constants={"trials": ordered.size, "seed": options.seed},
            confidence=options.coverage,
            data_hash=hash_of_data([(one.value, one.standard_uncertainty, one.dof) for one in inputs], matrix),
            simulated=("pseudo-random draws from the distributions of the inputs",),
        ),
    )

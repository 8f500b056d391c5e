"""Run length of a Shewhart chart whose limits were estimated from a baseline, not known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.laws.continuous import normal_below
from samegauge.engines.laws.numerics import log_gamma, root_between
from samegauge.engines.spc.constants import c4
from samegauge.engines.spc.run_length.result import INDEPENDENT_NORMAL, LEVELS, RunLength
from samegauge.engines.values import require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CENTRE_NODES = 48
_SPREAD_NODES = 600
_REACH = 14.0  # standard deviations to either side of the peak of what is integrated
_FURTHEST = 1e15  # points
_NEARLY_SURE = 1.0 - 2.0**-53


class _Grid(NamedTuple):
    """Chance of an alarm at one point and weight, for each pair of estimates that a baseline may give."""

    alarm: NDArray[np.float64]
    weight: NDArray[np.float64]


def xbar_baseline_run_length(
    points: int, dof: int, *, width: float = 3.0, shift: float = 0.0, unbiased: bool = True
) -> RunLength:
    """How long does a chart of means or single values run when its limits come from a finite baseline?

    Parameters
    ----------
    points : int
        Plotted points in the baseline, from which the centre line was averaged, at least 2 [1].
    dof : int
        Degrees of freedom of the estimate of sigma: m (n - 1) for m subgroups of n, pooled [1].
    width : float
        Distance of both limits from the centre line, positive [estimated standard deviations of what is plotted].
    shift : float
        Distance of the mean from the true mean in control [true standard deviations of what is plotted].
    unbiased : bool
        Whether the estimate of sigma was divided by c4.

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles over all baselines of that size [points].

    Raises
    ------
    InvalidOptionError
        Fewer than two points or one degree of freedom, or a width that is not positive.

    Notes
    -----
    Given the estimates the run length is geometric with p = F(z - L s - shift) + F(-z - L s + shift); centre z is
    normal with variance 1 / points, s^2 chi-square over dof. Mean and standard deviation are E[1 / p] and that of the
    mixture; they are infinite for dof <= L^2 and dof <= 2 L^2, because now and then a baseline gives limits so wide
    that no alarm comes. The median says more: it lies below that of known limits. This is for a chart of one point at
    a time; `individuals_ewma_baseline_run_length` takes an EWMA of the same values into account.

    Examples
    --------
    >>> found = xbar_baseline_run_length(25, 100)
    >>> round(found.mean), round(found.median), round(found.early)
    (418, 209, 14)

    References
    ----------
    Quesenberry C. P., Journal of Quality Technology 25 (1993) 237. Chen G., Statistica Sinica 7 (1997) 789.
    """
    require(
        points > 1 and dof > 0 and width > 0.0,
        f"A baseline needs 2 points and 1 degree of freedom, a chart a positive width; not {points}, {dof}, {width}.",
        f"基準期至少要 2 點、1 個自由度，界限倍數須大於 0；不能是 {points}、{dof}、{width}。",
    )
    grid = _grid(points, dof, width, shift, unbiased=unbiased)
    tail = dof / width**2 * (c4(dof + 1) ** 2 if unbiased else 1.0)
    mean = float((grid.weight / grid.alarm).sum()) if tail > 1.0 else math.inf
    square = float((grid.weight * (2.0 - grid.alarm) / grid.alarm**2).sum()) if tail > 2.0 else math.inf  # noqa: PLR2004 - twice the order of the mean
    method = Method(
        name="run length of limits estimated from a baseline",
        reference="Quesenberry 1993; Chen 1997",
        estimator="mixture of geometric laws over the estimates of centre and spread",
        constants={"points": points, "dof": dof, "width": width, "shift": shift, "unbiased": float(unbiased)},
        assumed=(INDEPENDENT_NORMAL,),
    )
    early, median, late = (_quantile(grid, level) for level in LEVELS)
    return RunLength(
        mean, math.sqrt(max(square - mean**2, 0.0)) if square < math.inf else math.inf, early, median, late, method
    )


def _grid(points: int, dof: int, width: float, shift: float, *, unbiased: bool) -> _Grid:
    z, z_weight = np.polynomial.hermite_e.hermegauss(_CENTRE_NODES)
    centre, z_weight = z[:, None] / math.sqrt(points), z_weight[:, None] / z_weight.sum()
    scale = 1.0 / c4(dof + 1) if unbiased else 1.0
    # 1 / p grows like exp((L s)^2 / 2): what is integrated peaks to the right of where the density of s does.
    thin = max(dof - (width * scale) ** 2, 0.25 * dof)
    low = max(0.0, 1.0 - _REACH / math.sqrt(2.0 * dof))
    high = math.sqrt(dof / thin) + _REACH / math.sqrt(2.0 * thin)
    x, x_weight = np.polynomial.legendre.leggauss(_SPREAD_NODES)
    s, half = low + (high - low) / 2.0 * (x + 1.0), (high - low) / 2.0
    density = np.exp((dof - 1) * np.log(s) - dof * s**2 / 2.0 + _log_norm(dof))
    far = width * scale * s
    alarm = np.minimum(normal_below(centre - far - shift) + normal_below(-centre - far + shift), _NEARLY_SURE)
    weight = z_weight * (half * x_weight * density)
    return _Grid(alarm, weight / weight.sum())


def _log_norm(dof: int) -> float:
    """Log of the factor that makes s^(dof - 1) exp(-dof s^2 / 2) a density."""
    return math.log(2.0) + dof / 2.0 * math.log(dof / 2.0) - log_gamma(dof / 2.0)


def _quantile(grid: _Grid, level: float) -> float:
    """First point by which a share `level` of all charts has given its alarm."""

    def missing(log_points: float) -> float:
        silent = np.exp(math.exp(log_points) * np.log1p(-grid.alarm))
        return 1.0 - level - float((grid.weight * silent).sum())

    if missing(math.log(_FURTHEST)) < 0.0:
        return math.inf
    if missing(0.0) >= 0.0:
        return 1.0
    return float(math.ceil(math.exp(root_between(missing, 0.0, math.log(_FURTHEST))) - 1e-6))

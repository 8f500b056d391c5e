"""One gauge on one reference: the type-1 study (Cg, Cgk) and the test whether the gauge is biased."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.gauging.ranges import d2_star, range_dof
from samegauge.engines.gauging.study import NO_REPEATABILITY
from samegauge.engines.gauging.variances import Bounds
from samegauge.engines.laws.continuous import student_below
from samegauge.engines.laws.inference import checked_confidence, student_quantile
from samegauge.engines.spc.capability.intervals import centred_index_interval, spread_index_interval
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from samegauge.engines.spc.capability.cautions import Caution

_FEWEST = 2
_CAPABILITY_SIGMAS = 6.0


class DeviationEstimator(Enum):
    """How the repeatability of repeated readings is estimated."""

    SAMPLE = "sample standard deviation (n - 1)"
    RANGE = "range / d2*"


@dataclass(frozen=True, slots=True)
class Bias:
    """`bias` is mean minus reference, positive where the gauge reads too much; bounds at the method's confidence."""

    count: int
    mean: float
    bias: float
    lower: float
    upper: float
    deviation: float
    dof: float
    t: float
    p_value: float
    method: Method

    @property
    def significant(self) -> bool:
        """True where zero is outside the bounds."""
        return self.lower > 0.0 or self.upper < 0.0


def bias_study(
    readings: ArrayLike,
    reference: float,
    *,
    confidence: float = 0.95,
    estimator: DeviationEstimator = DeviationEstimator.SAMPLE,
) -> Bias:
    """Does a gauge read too much or too little, judging by repeated readings of one reference?

    Parameters
    ----------
    readings : array_like of float, shape (n,)
        Repeated readings, at least 2 [any unit].
    reference : float
        Reference value [unit of the readings].
    confidence : float
        Confidence level, between 0 and 1 [1].
    estimator : DeviationEstimator
        Sample standard deviation, or range over d2* as on AIAG's older form [1].

    Returns
    -------
    Bias
        Bias with bounds and t test [unit of the readings].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 readings.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        Confidence outside (0, 1) or a reference that is not finite.

    Notes
    -----
    t = bias sqrt(n) / s with n - 1 degrees of freedom, or those of one range. The uncertainty of the reference is not
    in the bounds. Equal readings have no t: the p-value is then 1 without bias and 0 with one.

    Examples
    --------
    >>> found = bias_study([5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1, 6.2, 5.6, 6.0], 6.0)
    >>> round(found.bias, 4), round(found.t, 2)
    (0.0067, 0.12)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III, section B, bias, independent sample method.
    """
    x = checked_values(readings)
    if x.size < _FEWEST:
        raise TooFewValuesError(
            f"A bias needs at least 2 readings, not {x.size}.", f"偏倚至少需要 2 筆讀值，目前 {x.size} 筆。"
        )
    if not math.isfinite(reference):
        raise InvalidOptionError(
            f"The reference {reference} is no finite number.", f"參考值 {reference} 不是有限數值。"
        )
    spread = float(np.ptp(x))
    dof = range_dof(x.size, 1) if estimator is DeviationEstimator.RANGE else x.size - 1.0
    if estimator is DeviationEstimator.RANGE:
        deviation = spread / d2_star(x.size, 1)
    else:
        # Equal readings differ from their rounded mean in the last bit; their spread is zero, not 1e-17.
        deviation = float(x.std(ddof=1)) if spread > 0.0 else 0.0
    mean = float(x.mean()) if spread > 0.0 else float(x[0])
    bias, error = mean - reference, deviation / math.sqrt(x.size)
    half = student_quantile(0.5 + checked_confidence(confidence) / 2.0, dof) * error
    t = bias / error if error > 0.0 else math.copysign(math.inf, bias) if bias else 0.0
    return Bias(
        count=x.size,
        mean=mean,
        bias=bias,
        lower=bias - half,
        upper=bias + half,
        deviation=deviation,
        dof=dof,
        t=t,
        p_value=0.0 if math.isinf(t) else 2.0 * student_below(-abs(t), dof),
        method=Method(
            name="bias, independent sample method",
            reference="AIAG MSA 4th ed. (2010)",
            estimator=f"{estimator.value}; Student's t",
            constants={"reference": reference, "dof": dof},
            confidence=confidence,
            sample_size=x.size,
            data_hash=hash_of_data(x, [reference]),
            assumed=("readings are independent and normally distributed", "the reference has no uncertainty"),
        ),
    )


@dataclass(frozen=True, slots=True)
class TypeOneOptions:
    """Conventions of a type-1 study.

    Cg compares `tolerance_percent` of the tolerance with `study_sigmas` deviations: 20 and 6 (Bosch, Minitab), 20 and 4
    (VDA volume 5). `resolution_percent` is the most a step of the display may be of the tolerance.
    """

    tolerance_percent: float = 20.0
    study_sigmas: float = 6.0
    required: float = 1.33
    resolution: float | None = None
    resolution_percent: float = 5.0
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class TypeOneStudy:
    """`cg` and `cgk` are infinite where readings do not vary (Cgk: minus infinity beyond the part of the tolerance).

    `repeatability_percent` and `repeatability_and_bias_percent` are the per cents of the tolerance that Cg and Cgk
    stand for; `resolution_fine_enough` is None where no resolution was given. `cautions` say where readings are equal.
    """

    cg: float
    cg_bounds: Bounds
    cgk: float
    cgk_bounds: Bounds
    repeatability_percent: float
    repeatability_and_bias_percent: float
    resolution_fine_enough: bool | None
    capable: bool
    cautions: tuple[Caution, ...]
    bias: Bias
    method: Method


_DEFAULT = TypeOneOptions()


def type_one_study(
    readings: ArrayLike, reference: float, tolerance: float, options: TypeOneOptions = _DEFAULT
) -> TypeOneStudy:
    """Is a gauge able to repeat one reference closely and truly enough for a tolerance?

    Parameters
    ----------
    readings : array_like of float, shape (n,)
        Repeated readings of the reference, usually 25 to 50 [any unit].
    reference : float
        Reference value [unit of the readings].
    tolerance : float
        Width of the tolerance to be measured [unit of the readings].
    options : TypeOneOptions
        Conventions [1; resolution in the unit of the readings].

    Returns
    -------
    TypeOneStudy
        Cg and Cgk with bounds, per cents, bias test [1; bias in the unit of the readings].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 readings.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        A tolerance, resolution or convention that is not positive.

    Notes
    -----
    Cg = (K / 100) T / (L s), Cgk = ((K / 200) T - |bias|) / (L s / 2). Bounds as for Cp (chi-square) and Cpk (Bissell).
    Capable means that both reach the required value and that the resolution, where it is given, is fine enough; a
    significant bias is reported apart from that. Equal readings (infinite Cg) say that the scatter is below one step of
    the display, or that the gauge is stuck: only a step known to be fine enough makes them a proof.

    Examples
    --------
    >>> study = type_one_study([9.999, 10.001, 10.002, 10.000, 10.001], 10.0, 0.1)
    >>> round(study.cg, 2), round(study.cgk, 2), study.capable
    (2.92, 2.75, True)

    References
    ----------
    VDA volume 5, 3rd ed. (2021). Bosch booklet 10, Capability of Measurement and Test Processes (2019).
    ISO 22514-7:2021.
    """
    numbers = (tolerance, options.tolerance_percent, options.study_sigmas, options.required, options.resolution_percent)
    if not all(number > 0.0 for number in (*numbers, 1.0 if options.resolution is None else options.resolution)):
        raise InvalidOptionError(
            "Tolerance, its per cent, sigmas, required value and resolution are all positive.",
            "公差、公差百分比、標準差倍數、要求值與解析度都必須大於 0。",
        )
    bias = bias_study(readings, reference, confidence=options.confidence)
    part = options.tolerance_percent / 100.0 * tolerance
    spread = options.study_sigmas * bias.deviation
    left = part - 2.0 * abs(bias.bias)
    cg = part / spread if spread > 0.0 else math.inf
    cgk = left / spread if spread > 0.0 else math.copysign(math.inf, left)
    fine = None if options.resolution is None else options.resolution <= options.resolution_percent / 100.0 * tolerance
    return TypeOneStudy(
        cg=cg,
        cg_bounds=_spread_bounds(cg, bias.dof, options),
        cgk=cgk,
        cgk_bounds=_centred_bounds(cgk, bias, options),
        repeatability_percent=options.tolerance_percent / cg,
        repeatability_and_bias_percent=options.tolerance_percent / cgk if cgk > 0.0 else math.inf,
        resolution_fine_enough=fine,
        capable=min(cg, cgk) >= options.required and (spread > 0.0 if fine is None else fine),
        cautions=() if spread > 0.0 else (NO_REPEATABILITY,),
        bias=bias,
        method=Method(
            name="type-1 gauge study",
            reference="VDA volume 5, 3rd ed. (2021)",
            estimator="sample standard deviation (n - 1); bounds: chi-square (Cg), Bissell (Cgk)",
            constants={
                "tolerance": tolerance,
                "tolerance_percent": options.tolerance_percent,
                "study_sigmas": options.study_sigmas,
                "required": options.required,
                "reference": reference,
            },
            confidence=options.confidence,
            sample_size=bias.count,
            data_hash=bias.method.data_hash,
            assumed=bias.method.assumed,
        ),
    )


def _spread_bounds(cg: float, dof: float, options: TypeOneOptions) -> Bounds:
    if math.isinf(cg):
        return Bounds(cg, cg)
    found = spread_index_interval(cg, dof, options.confidence)
    return Bounds(found.lower, found.upper)


def _centred_bounds(cgk: float, bias: Bias, options: TypeOneOptions) -> Bounds:
    if math.isinf(cgk):
        return Bounds(cgk, cgk)
    # Bissell's formula is for distances in units of three sigma.
    scale = options.study_sigmas / _CAPABILITY_SIGMAS
    found = centred_index_interval(cgk * scale, bias.count, bias.dof, options.confidence)
    return Bounds(found.lower / scale, found.upper / scale)

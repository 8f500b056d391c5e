"""What a QIF document says of plans, results and statistics, as frozen records; lengths in mm, angles in degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from samegauge.formats.remark import Remark

MILLIMETRE = "mm"
DEGREE = "deg"
UNITLESS = "1"


@dataclass(frozen=True, slots=True)
class QifCharacteristic:
    """One inspected property of one feature.

    A characteristic item may be measured on several features (a pattern of holes), so the key joins the item's id and
    the feature item's id; the item's persistent UUID stands in for its id where one is stated. `nominal_source` is
    "feature" where the item's nominal contradicts the feature's own size. A geometric tolerance has no nominal and no
    lower limit; `zone` is its width and `upper_limit` the largest value.
    """

    key: str
    item_id: str
    designator: str
    label: str
    kind: str
    unit: str
    nominal: float | None
    nominal_source: str | None
    lower_limit: float | None
    upper_limit: float | None
    lower_tolerance: float | None
    upper_tolerance: float | None
    zone: float | None
    material_condition: str | None
    datum_reference: str
    feature_id: str | None
    feature_name: str | None
    feature_kind: str | None
    internal: bool | None
    line: int | None
    uuid: str | None = None
    zone_shape: str | None = None


@dataclass(frozen=True, slots=True)
class QifMeasurement:
    """`deviation` is value minus nominal, None where no nominal is stated.

    `measured_at` is in UTC, or clock time where the document states no zone. `expanded_uncertainty` is for k = 2.
    """

    characteristic_key: str
    value: float | None
    deviation: float | None
    status: str
    line: int | None
    measured_at: datetime | None = None
    operator: str = ""
    device: str = ""
    expanded_uncertainty: float | None = None


@dataclass(frozen=True, slots=True)
class QifPartResult:
    """One part as measured once.

    `position` counts from 1 in the file. `serial` is what the document states; `derived_serial` is read from the path
    of the result file where the stated serials of the other parts are built from theirs in the same way.
    """

    position: int
    result_id: str
    serial: str | None
    derived_serial: str | None
    source_files: tuple[str, ...]
    status: str
    measurements: tuple[QifMeasurement, ...]
    line: int | None
    performed_at: datetime | None = None
    report_type: str = ""
    laboratory: str = ""


@dataclass(frozen=True, slots=True)
class QifCapability:
    """Statistics of one characteristic as the document reports them; `method` says how, where the document does."""

    characteristic_key: str
    subgroup_size: int | None
    n: int | None
    mean: float | None
    minimum: float | None
    maximum: float | None
    standard_deviation: float | None
    cp: float | None
    cpk: float | None
    pp: float | None
    ppk: float | None
    method: str = ""


@dataclass(frozen=True, slots=True)
class QifDocument:
    """`created` is the text of the file; `created_utc` is None where it states no time zone."""

    file: str
    version: str
    qpid: str | None
    created: str | None
    created_utc: datetime | None
    application: str | None
    organisation: str | None
    part_name: str | None
    model_name: str | None
    linear_unit: str
    angular_unit: str
    units_stated: bool
    scope: str | None
    mode: str | None
    standard: str | None
    characteristics: tuple[QifCharacteristic, ...]
    results: tuple[QifPartResult, ...]
    capabilities: tuple[QifCapability, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class QifDisagreement:
    """A stated status that the value and the limits of the same document do not bear out."""

    position: int
    characteristic_key: str
    stated: str
    recomputed: str

"""QIF documents: 2.0, 2.1 and 3.0 are read, 3.0 is written; and their statuses are judged anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.formats.qif_model import (
    QifCapability,
    QifCharacteristic,
    QifDisagreement,
    QifDocument,
    QifMeasurement,
    QifPartResult,
)
from samegauge.formats.qif_reader import parse_qif
from samegauge.formats.qif_writer import write_qif

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "QifCapability",
    "QifCharacteristic",
    "QifDisagreement",
    "QifDocument",
    "QifMeasurement",
    "QifPartResult",
    "characteristics_by_key",
    "feature_sizes",
    "identity_keys",
    "parse_qif",
    "recomputed_status",
    "status_disagreements",
    "write_qif",
]

PASS = "PASS"  # noqa: S105 - a status of the standard, not a password
FAIL = "FAIL"
_SIZE_KINDS = frozenset({"Diameter", "Width", "SphericalDiameter", "Radius", "Length", "Thickness"})
_BONUS_CONDITIONS = frozenset({"MAXIMUM", "LEAST"})


def characteristics_by_key(document: QifDocument) -> dict[str, QifCharacteristic]:
    return {characteristic.key: characteristic for characteristic in document.characteristics}


def identity_keys(document: QifDocument) -> frozenset[str]:
    """Characteristics that carry the part's number instead of a measured size.

    Some measuring programs write the serial number as a user-defined length. Such statuses are in the document's
    counts, but their capability means nothing: the value equals the stated serial in every part.
    """
    serial_of: dict[str, bool] = {}
    for result in document.results:
        for measurement in result.measurements:
            same = (
                result.serial is not None
                and measurement.value is not None
                and (f"{measurement.value:.0f}" == result.serial.strip() and measurement.value.is_integer())
            )
            key = measurement.characteristic_key
            serial_of[key] = serial_of.get(key, True) and same
    user_defined = {c.key for c in document.characteristics if c.kind.startswith("UserDefined")}
    return frozenset(key for key, same in serial_of.items() if same and key in user_defined)


def recomputed_status(
    characteristic: QifCharacteristic,
    measurement: QifMeasurement,
    sizes: Mapping[str, tuple[QifCharacteristic, float]],
) -> str | None:
    """PASS or FAIL from the value and the limits alone; None where the document does not say enough.

    `sizes` gives the measured size of each feature of the same part (see `feature_sizes`): at maximum or least
    material condition the zone widens by the feature's distance from that limit of size (ASME Y14.5, tolerances of
    position at MMC). Datum shift is not considered, because the document holds only its result.
    """
    value = measurement.value
    if value is None:
        return None
    upper, lower = characteristic.upper_limit, characteristic.lower_limit
    if upper is None and lower is None:
        return None
    if (lower is None or value >= lower) and (upper is None or value <= upper):
        return PASS
    if upper is None or characteristic.material_condition not in _BONUS_CONDITIONS:
        return FAIL
    bonus = _bonus(characteristic, sizes)
    if bonus is None:
        return None
    return PASS if value <= upper + bonus else FAIL


def feature_sizes(document: QifDocument, result: QifPartResult) -> dict[str, tuple[QifCharacteristic, float]]:
    """Size characteristic and measured size of each feature of a part, by feature id."""
    return _feature_sizes(characteristics_by_key(document), result)


def status_disagreements(document: QifDocument) -> tuple[QifDisagreement, ...]:
    return tuple(_disagreements(document))


def _disagreements(document: QifDocument) -> Iterator[QifDisagreement]:
    characteristics = characteristics_by_key(document)
    for result in document.results:
        sizes = _feature_sizes(characteristics, result)
        for measurement in result.measurements:
            if measurement.status not in {PASS, FAIL}:
                continue
            anew = recomputed_status(characteristics[measurement.characteristic_key], measurement, sizes)
            if anew is not None and anew != measurement.status:
                yield QifDisagreement(result.position, measurement.characteristic_key, measurement.status, anew)


def _feature_sizes(
    characteristics: Mapping[str, QifCharacteristic], result: QifPartResult
) -> dict[str, tuple[QifCharacteristic, float]]:
    sizes: dict[str, tuple[QifCharacteristic, float]] = {}
    for measurement in result.measurements:
        characteristic = characteristics[measurement.characteristic_key]
        feature = characteristic.feature_id
        if feature is not None and characteristic.kind in _SIZE_KINDS and measurement.value is not None:
            sizes.setdefault(feature, (characteristic, measurement.value))
    return sizes


def _bonus(characteristic: QifCharacteristic, sizes: Mapping[str, tuple[QifCharacteristic, float]]) -> float | None:
    size = sizes.get(characteristic.feature_id or "")
    if size is None or characteristic.internal is None:
        return None
    limits, value = size
    # A hole holds most material at its smallest size, a shaft at its largest.
    smallest_counts = characteristic.internal == (characteristic.material_condition == "MAXIMUM")
    limit = limits.lower_limit if smallest_counts else limits.upper_limit
    if limit is None:
        return None
    return max(0.0, value - limit if smallest_counts else limit - value)

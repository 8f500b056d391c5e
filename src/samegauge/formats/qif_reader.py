"""From the XML of a QIF document to the records of qif_model; anything that cannot be resolved refuses the document."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from samegauge.doors.xml import XmlElement, local_name
from samegauge.formats.qif_characteristics import UNSTATED, CharacteristicReader
from samegauge.formats.qif_model import (
    QifCapability,
    QifCharacteristic,
    QifDocument,
    QifMeasurement,
    QifPartResult,
)
from samegauge.formats.qif_units import read_units
from samegauge.formats.qif_xml import QifXml
from samegauge.formats.remark import Remark
from samegauge.formats.xml_document import attribute, check_root, instant, integer, number, open_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from samegauge.formats.errors import FormatError

_NAMESPACES = re.compile(r"http://qifstandards\.org/xsd/qif[23]")
_STATUS = re.compile(r"[A-Z][A-Z_]{1,39}")
_NO_STATUS = "UNSTATED"
_RESULT_CONTAINERS = ("MeasurementsResults", "Results")  # QIF 2, QIF 3
_EXACT_HITS = 10
_PATH_PARTS = 3  # folder of the lot, folder of the part, file


def parse_qif(source: Path | bytes, name: str) -> QifDocument:
    """Read a QIF document, plain or gzip; a plan or a rule file has no results but its characteristics are read."""
    root = open_document(source, name)
    namespace = check_root(root, name, "QIFDocument", _NAMESPACES)
    xml = QifXml(root, namespace, name)
    units, unit_remarks = read_units(xml)
    characteristics = CharacteristicReader(xml, units)
    reader = _ResultsReader(xml, characteristics)
    results = reader.results()
    created = xml.text(root, "Version/TimeCreated")
    header = xml.child(root, "Version/TimeCreated")
    return QifDocument(
        file=name,
        version=attribute(root, "versionQIF", name),
        qpid=xml.text(root, "QPId"),
        created=created,
        created_utc=instant(created, header, name) if created and header is not None else None,
        application=_application(xml, root),
        organisation=xml.text(root, "PreInspectionTraceability/InspectingOrganization/Name")
        or xml.first_text(root, "InspectingOrganization/Name"),
        part_name=_part_name(xml, root),
        model_name=_model_name(xml, root),
        linear_unit=units.linear_name,
        angular_unit=units.angular_name,
        units_stated=units.stated,
        scope=xml.text(root, "PreInspectionTraceability/InspectionScope"),
        mode=xml.text(root, "PreInspectionTraceability/InspectionMode"),
        standard=_standard(xml, root),
        characteristics=characteristics.all(),
        results=results,
        capabilities=tuple(_capabilities(xml, root, characteristics, reader.key_by_actual)),
        remarks=(
            *unit_remarks,
            *characteristics.remarks(),
            *_serial_remarks(results),
            *_unmeasured_remarks(results, {c.key for c in characteristics.all() if c.nominal is not None}),
        ),
    )


def _application(xml: QifXml, root: XmlElement) -> str | None:
    names = (xml.text(root, f"Header/Application/{field}") for field in ("Name", "AddonName", "AddonOrganization"))
    return " / ".join(name for name in names if name) or None


def _standard(xml: QifXml, root: XmlElement) -> str | None:
    """The standard that defines the characteristics: a word in QIF 2, a reference in QIF 3."""
    named = xml.text(root, "Characteristics/FormalStandard/FormalStandardEnum")
    own = xml.text(root, "Characteristics/FormalStandardId")
    for standard in xml.children(root, "StandardsDefinitions/Standard") if named is None else ():
        if standard.get("id") == own:
            paths = ("Organization/StandardsOrganizationEnum", "Designator", "Year")
            found = [xml.text(standard, path) for path in paths]
            return " ".join(text for text in found if text and text != UNSTATED) or None
    return named


def _part_name(xml: QifXml, root: XmlElement) -> str | None:
    for path in ("Name", "Header/Name", "DefinitionExternal/PrintedDrawing/Name", "ModelNumber"):
        found = xml.text(root, f"Product/PartSet/Part/{path}")
        if found:
            return found
    part = xml.child(root, "Product/PartSet/Part")
    return part.get("label") if part is not None else None


def _model_name(xml: QifXml, root: XmlElement) -> str | None:
    for path in ("Product/PartSet/Part/DefinitionExternal/DigitalModel/Name", "Product/Header/Name"):
        found = xml.text(root, path)
        if found:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Part:
    serial: str | None
    status: str | None


class _ResultsReader:
    """Results of all parts; remembers which characteristic each measured id belongs to, for the statistics."""

    def __init__(self, xml: QifXml, characteristics: CharacteristicReader) -> None:
        self._xml = xml
        self._characteristics = characteristics
        self._parts = self._actual_components()
        self._devices = self._device_names()
        self._result_ids: set[str] = set()
        self.key_by_actual: dict[str, str] = {}

    def results(self) -> tuple[QifPartResult, ...]:
        elements: list[XmlElement] = []
        for container in _RESULT_CONTAINERS:
            elements += self._xml.children(self._xml.root, f"{container}/MeasurementResultsSet/MeasurementResults")
        found = [self._part_result(element, position) for position, element in enumerate(elements, start=1)]
        return tuple(_with_derived_serials(found))

    def _actual_components(self) -> dict[str, _Part]:
        xml = self._xml
        parts: dict[str, _Part] = {}
        for container in _RESULT_CONTAINERS:
            for element in xml.children(
                xml.root, f"{container}/ActualComponentSets/ActualComponentSet/ActualComponent"
            ):
                identity = attribute(element, "id", xml.name)
                if identity in parts:
                    raise self._repeated(element, identity)
                serial = xml.text(element, "SerialNumber")
                parts[identity] = _Part(serial, _status(xml, element, "Status/InspectionStatus"))
        return parts

    def _device_names(self) -> dict[str, str]:
        resources = self._xml.child(self._xml.root, "MeasurementResources/MeasurementDevices")
        devices = () if resources is None else resources
        return {device.get("id") or "": self._xml.text(device, "Name") or "" for device in devices}

    def _part_result(self, element: XmlElement, position: int) -> QifPartResult:
        xml = self._xml
        identity = attribute(element, "id", xml.name)
        if identity in self._result_ids:
            raise self._repeated(element, identity)
        self._result_ids.add(identity)
        ids = xml.children(element, "ActualComponentIds/Id")
        part = xml.resolve(self._parts, ids[0]) if ids else _Part(None, None)
        features = self._feature_items(element)
        files = xml.children(element, "ExternalFileReferences/ExternalFileReference/URI")
        operator = xml.text(element, "InspectionTraceability/InspectionOperator/Name") or ""
        started = xml.clock(element, "InspectionTraceability/InspectionStart")
        return QifPartResult(
            position=position,
            result_id=identity,
            serial=part.serial,
            derived_serial=None,
            source_files=tuple((uri.text or "").strip() for uri in files),
            status=_status(xml, element, "InspectionStatus/InspectionStatus") or part.status or _NO_STATUS,
            measurements=tuple(self._measurement(actual, features, operator) for actual in self._actuals(element)),
            line=element.sourceline,
            performed_at=started or xml.clock(element, "InspectionTraceability/InspectionEnd"),
            report_type=xml.text(element, "InspectionTraceability/ReportType") or "",
            laboratory=xml.text(element, "InspectionTraceability/InspectingOrganization/Name") or "",
        )

    def _feature_items(self, result: XmlElement) -> dict[str, str]:
        """Feature item by the id of its measured feature; QIF 2 wraps the features once more than QIF 3."""
        found: dict[str, str] = {}
        for container in ("MeasuredFeatures/FeatureActuals", "MeasuredFeatures"):
            parent = self._xml.child(result, container)
            for feature in () if parent is None else parent:
                item = self._xml.text(feature, "FeatureItemId")
                identity = feature.get("id")
                if identity is not None and item is not None:
                    found[identity] = item
        return found

    def _actuals(self, result: XmlElement) -> Iterator[XmlElement]:
        for container in ("CharacteristicActuals", "CharacteristicMeasurements"):
            parent = self._xml.child(result, f"MeasuredCharacteristics/{container}")
            if parent is not None:
                yield from parent

    def _measurement(self, element: XmlElement, features: Mapping[str, str], operator: str) -> QifMeasurement:
        xml = self._xml
        item = xml.required(element, "CharacteristicItemId")
        feature_ids = [
            *xml.children(element, "FeatureActualIds/Id"),
            *xml.children(element, "FeatureMeasurementIds/Id"),
        ]
        # A distance between two features has no feature of its own; its item alone identifies it.
        feature = xml.resolve(features, feature_ids[0]) if len(feature_ids) == 1 else None
        characteristic = self._characteristics.measured(item, feature)
        identity = attribute(element, "id", xml.name)
        if identity in self.key_by_actual:
            raise self._repeated(element, identity)
        self.key_by_actual[identity] = characteristic.key
        value_element = xml.child(element, "Value")
        value = None if value_element is None else self._characteristics.value_of(characteristic, value_element)
        nominal = characteristic.nominal
        devices = [self._devices.get((one.text or "").strip(), "") for one in self._device_ids(element)]
        return QifMeasurement(
            characteristic_key=characteristic.key,
            value=value,
            deviation=None if value is None or nominal is None else value - nominal,
            status=_status(xml, element, "Status/CharacteristicStatus") or _NO_STATUS,
            line=element.sourceline,
            measured_at=xml.clock(element, "TimeStamp"),
            operator=xml.own_attribute(element, "operator") or operator,
            device=", ".join(filter(None, devices)),
            expanded_uncertainty=self._uncertainty(characteristic, value_element),
        )

    def _device_ids(self, element: XmlElement) -> list[XmlElement]:
        return self._xml.children(element, "MeasurementDeviceIds/Id")

    def _uncertainty(self, characteristic: QifCharacteristic, element: XmlElement | None) -> float | None:
        """Twice the combined standard uncertainty, in the unit of the value."""
        stated = None if element is None else element.get("combinedUncertainty")
        if element is None or stated is None:
            return None
        standard = number(stated, element, self._xml.name) * self._characteristics.scale_at(characteristic, element)
        if standard < 0:
            raise self._xml.refusal(
                element, "An uncertainty cannot be negative.", "不確定度不能為負。", "combinedUncertainty"
            )
        return 2 * standard

    def _repeated(self, element: XmlElement, identity: str) -> FormatError:
        shown = ascii(identity[:40])
        return self._xml.refusal(element, f"The id {shown} occurs twice.", f"識別碼 {shown} 重複。", "id")


def _status(xml: QifXml, element: XmlElement, path: str) -> str | None:
    """Value of the enumeration, or the free text that the standard allows in its place."""
    stated = xml.child(element, f"{path}Enum")
    if stated is None:
        head, _, kind = path.partition("/")
        return xml.text(element, f"{head}/Other{kind}")
    text = (stated.text or "").strip()
    if _STATUS.fullmatch(text) is None:
        raise xml.refusal(stated, f"{text[:40]!a} is not a status.", f"{text[:40]!a} 不是狀態值。")
    return text


def _with_derived_serials(results: list[QifPartResult]) -> Iterator[QifPartResult]:
    stated = [result.serial for result in results if result.serial is not None]
    for result in results:
        if result.serial is None:
            candidates = (_serial_from_path(path, stated) for path in result.source_files)
            yield replace(result, derived_serial=next((found for found in candidates if found), None))
        else:
            yield result


def _serial_from_path(path: str, stated: list[str]) -> str | None:
    """LOT_PART_FILE in capitals, if the other parts' serials differ from it in the middle alone."""
    parts = re.split(r"[\\/]", path.strip())[-_PATH_PARTS:]
    if len(parts) < _PATH_PARTS:
        return None
    lot, part, file = (piece.upper() for piece in parts)
    stem = file.rpartition(".")[0] or file
    candidate = f"{lot}_{part}_{stem}"
    alike = [s for s in stated if s.startswith(f"{lot}_") and s.endswith(f"_{stem}") and s != candidate]
    return candidate if part and alike and candidate not in stated else None


def _serial_remarks(results: tuple[QifPartResult, ...]) -> Iterator[Remark]:
    for result in results:
        if result.serial is not None:
            continue
        derived = result.derived_serial
        yield Remark(
            "serial_missing",
            result.line,
            f"Part {result.position} states no serial number."
            + (f" The path of its result file gives {derived}." if derived else ""),
            f"第 {result.position} 個零件未標示序號。" + (f"由結果檔路徑推得 {derived}。" if derived else ""),
        )


def _unmeasured_remarks(results: tuple[QifPartResult, ...], sizes: set[str]) -> Iterator[Remark]:
    """A measuring program that lost a scan may report the model's size; ten and more exact hits are no measurement."""
    for result in results:
        sized = [m for m in result.measurements if m.characteristic_key in sizes and m.value is not None]
        exact = sum(1 for measurement in sized if measurement.deviation == 0)
        if exact >= _EXACT_HITS and 2 * exact > len(sized):
            yield Remark(
                "values_equal_nominal",
                result.line,
                f"Part {result.position}: {exact} of {len(sized)} sizes equal their nominal exactly; "
                "they were probably not measured.",
                f"第 {result.position} 個零件：{len(sized)} 個尺寸中有 {exact} 個與標稱值完全相同，可能並未實際量測。",
            )


def _capabilities(
    xml: QifXml, root: XmlElement, characteristics: CharacteristicReader, keys: Mapping[str, str]
) -> Iterator[QifCapability]:
    studies = xml.child(root, "Statistics/StatisticalStudiesResults")
    for study in () if studies is None else studies:
        size = xml.child(study, "SubgroupSize")
        statistics = xml.child(study, "CharacteristicsStats")
        for stats in () if statistics is None else statistics:
            values = xml.child(stats, "ValueStats")
            key = _measured_key(xml, stats, keys)
            if values is None or key is None or not local_name(stats).endswith("Stats"):
                continue
            scale = characteristics.scale_of(key)
            yield QifCapability(
                characteristic_key=key,
                subgroup_size=None if size is None else integer(size.text or "", size, xml.name),
                n=_whole(xml.statistic(values, "TotalNumber")),
                mean=_times(scale, xml.statistic(values, "Average")),
                minimum=_times(scale, xml.statistic(values, "Minimum")),
                maximum=_times(scale, xml.statistic(values, "Maximum")),
                standard_deviation=_times(scale, xml.statistic(values, "StandardDeviation")),
                cp=xml.statistic(values, "Cp"),
                cpk=xml.statistic(values, "Cpk"),
                pp=xml.statistic(values, "Pp"),
                ppk=xml.statistic(values, "Ppk"),
                method=xml.own_attribute(stats, "method"),
            )


def _measured_key(xml: QifXml, stats: XmlElement, keys: Mapping[str, str]) -> str | None:
    """The characteristic of a statistic, by the first measurement in it; one of another document has none here."""
    for path in ("Subgroups/Subgroup/ActualIds", "Subgroups/Subgroup/MeasuredIds", "ActualIds", "MeasuredIds"):
        first = xml.child(stats, f"{path}/Ids/Id")
        if first is not None and first.get("xId") is None:
            return keys.get((first.text or "").strip())
    return None


def _times(scale: float, value: float | None) -> float | None:
    return value if value is None or scale == 1.0 else value * scale


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)

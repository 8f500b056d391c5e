"""The NIST technical data package: what each file in it is, told by its place and its name."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from samegauge.core.intake.production import TracedPart
from samegauge.core.intake.qif import PartName, stated_time
from samegauge.core.measurement.models import InspectionKind
from samegauge.core.production.models import Confidence
from samegauge.core.thread.models import Item, ItemKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source
    from samegauge.formats.qif import QifDocument, QifPartResult

REPEATING_FOLDERS = {"clean", "split", "schemas", "qdr_input", "d2mi"}
DRAWINGS = (".sat", ".pdf", ".stp", ".step")
CHINESE_NAMES = {"Box": "盒體", "Cover": "盒蓋"}
_PART_TRACE = re.compile(r"(?P<part>[A-Za-z]+)-(?P<machine>[A-Za-z]+\d+)-(?P<number>\d+)of(?P<of>\d+)\.txt(\.gz)?")
_DAY_LOG = re.compile(r"(?P<machine>[A-Za-z]+\d+)-\d{8}-\d{8}\.txt(\.gz)?")
_FILE_TIME = re.compile(r"(\d{1,2})_(\d{1,2})_(\d{4}) (\d{1,2})_(\d{2})_(\d{2}) (AM|PM)")
_NUMBER_IN_SERIAL = re.compile(r"(?:^|_)A?(\d+)(?=_|$)", re.IGNORECASE)


class Role(Enum):
    """What a file of the package is for, in the order in which the files go in."""

    DEVICES = 1
    PROGRAM = 2
    DRAWING = 3
    TRACE = 4
    RESULTS = 5
    CAPABILITY = 6
    DAY_LOG = 7


@dataclass(frozen=True)
class TraceName:
    part: str
    machine: str
    number: int
    of: int


def role_of_path(path: str) -> Role | None:
    """Tell what a file is for; None for what repeats others (Raw, Clean, Split), schemas and notes."""
    place = PurePosixPath(path)
    plain, folders = place.name.lower().removesuffix(".gz"), {folder.lower() for folder in place.parts[:-1]}
    if folders & REPEATING_FOLDERS or {"raw", "mtc"} <= folders:
        return None
    told = {
        Role.DEVICES: plain == "devices.xml",
        Role.RESULTS: plain.endswith(".qif"),
        Role.TRACE: bool(_PART_TRACE.fullmatch(place.name)),
        Role.DAY_LOG: bool(_DAY_LOG.fullmatch(place.name)),
        Role.PROGRAM: plain.endswith(".nc") and bool(part_in(place.name)),
        Role.DRAWING: plain.endswith(DRAWINGS) and bool(part_in(place.name)),
        Role.CAPABILITY: plain.endswith(".xlsx") and bool(part_in(place.name)),
    }
    return next((role for role, yes in told.items() if yes), None)


def sorted_by_role(sources: Iterable[Source]) -> dict[Role, list[Source]]:
    """Group a package's files; of device descriptions the one with the most machines describes them all."""
    found: dict[Role, list[Source]] = defaultdict(list)
    for source in sources:
        if role := role_of_path(source.path):
            found[role].append(source)
    return {role: found[role] for role in Role}


def part_in(name: str) -> str:
    """Return the part a file name speaks of, as the package spells it, or nothing."""
    match = re.search(r"(?i)(?:^|[^a-z])(box|cover)(?:results|_|-| |\.|$)", name)
    return match[1].capitalize() if match else ""


def trace_name(name: str) -> TraceName:
    match = _PART_TRACE.fullmatch(name)
    if match is None:
        raise ValueError(name)
    return TraceName(match["part"], match["machine"], int(match["number"]), int(match["of"]))


def unit_serial(part: str, number: int) -> str:
    return f"{part}-{number:02d}"


def number_in_serial(serial: str) -> int | None:
    """Return the part number that a stated serial such as `BOXRESULTS_A13_…` or `13` carries."""
    match = _NUMBER_IN_SERIAL.search(serial)
    return int(match[1]) if match else None


def item_of_part(part: str) -> Item:
    """Return the item of a part type of the package."""
    defaults = {"name": f"NIST MTC CRADA {part.lower()}", "name_zh": CHINESE_NAMES.get(part, ""), "kind": ItemKind.PART}
    item, _new = Item.objects.get_or_create(number=part, defaults=defaults)
    return item


def part_of_trace(source: Source, intake: Intake) -> TracedPart:
    """Return the unit that the name of a trace file speaks of."""
    name = trace_name(source.name)
    unit = intake.unit(unit_serial(name.part, name.number), item_of_part(name.part))
    evidence = {
        "en": f"The trace file is named {source.name}: part {name.number} of {name.of}, machine {name.machine}. "
        "The readings themselves name no part.",
        "zh": f"加工紀錄檔名為 {source.name}：共 {name.of} 件中的第 {name.number} 件，機台 {name.machine}。"
        "讀值本身沒有零件編號。",
    }
    return TracedPart(source, unit, Confidence.INFERRED, [evidence])


class PackageNaming:
    """Names the units of the package by part and number, and says on what evidence."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def item(self, document: QifDocument) -> tuple[str, str, str]:
        part = part_in(document.part_name or "") or part_in(document.model_name or "") or part_in(self._source.name)
        item = item_of_part(part or document.file[:100])
        return item.number, item.name, item.name_zh

    def kind(self, document: QifDocument) -> InspectionKind:  # noqa: ARG002 - the package tells by folder
        first_article = "fair" in {folder.lower() for folder in self._source.folders} or _FILE_TIME.match(
            self._source.name
        )
        return InspectionKind.FIRST_ARTICLE if first_article else InspectionKind.INCOMING

    def unit(self, document: QifDocument, result: QifPartResult) -> PartName:
        part = self.item(document)[0]
        said = result.serial or result.derived_serial or ""
        number = number_in_serial(said)
        kind = self.kind(document).value
        if number is None:
            evidence = {
                "en": f"No number can be read from {said!r}; "
                f"the part is named after its place {result.position} in the file.",
                "zh": f"從「{said}」讀不出編號，以它在檔案中的順位 {result.position} 命名。",
            }
            return PartName(f"{part}-{kind}-{result.position}", Confidence.UNCERTAIN, [evidence])
        stated = {
            "en": f"The result's serial number {said!r} carries the number {number}; "
            f"the trace {unit_serial(part, number)} has the same.",
            "zh": f"檢驗結果的序號「{said}」帶有編號 {number}，加工紀錄 {unit_serial(part, number)} 的編號相同。",
        }
        return PartName(unit_serial(part, number), Confidence.INFERRED, [stated])

    def reported_at(self, document: QifDocument) -> tuple[datetime | None, str]:
        moment, basis = stated_time(document)
        if moment is not None:
            return moment, basis
        match = _FILE_TIME.match(self._source.name)
        if match is None:
            return None, "not stated"
        return (
            datetime.strptime(match[0], "%m_%d_%Y %I_%M_%S %p").replace(tzinfo=UTC),
            "read from the file name, taken as UTC",
        )

"""Invented passports with a fixed key, shared by the tests of formats, printing and command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from samegauge.doors.crypto import key_from_seed
from samegauge.formats.canonical import leaf_hash
from samegauge.formats.passport import (
    AttachedDocument,
    Characteristic,
    Component,
    Identity,
    Inspection,
    Operation,
    Passport,
    Provenance,
    ProvenanceKind,
    RecordedEvent,
    Status,
)

KEY = key_from_seed(bytes(range(32)))
FOREIGN_KEY = key_from_seed(bytes(range(1, 33)))
TRUSTED = {"acme": KEY.public}
START = datetime(2026, 3, 2, 0, 15, 30, tzinfo=UTC)


def event(kind: str, minute: int, **payload: object) -> RecordedEvent:
    record = {
        "kind": kind,
        "device_time": f"2026-03-02T00:{minute:02d}:00.000000Z",
        "actor": "第二檢驗站",
        "payload": payload,
    }
    return RecordedEvent(record, leaf_hash(record))


def characteristic(number: int, status: Status = Status.PASSED) -> Characteristic:
    return Characteristic(
        designator=f"B{number}",
        name=f"孔徑 {number} Bore {number}",
        unit="mm",
        status=status,
        actual=10.0 + number / 1000,
        nominal=10.0,
        tolerance_lower=-0.05,
        tolerance_upper=0.05,
    )


def sample(characteristics: int = 3, serial: str = "SG-TEST-0042") -> Passport:
    zone = Characteristic("F1", "平面度 Flatness", "mm", Status.FAILED, actual=0.0124, tolerance_upper=0.012)
    uncertain = Characteristic(
        "D9",
        "位置度 Position",
        "mm",
        Status.UNDECIDED,
        actual=0.0481,
        tolerance_upper=0.05,
        expanded_uncertainty=0.004,
        coverage_factor=2.0,
    )
    measured = tuple(characteristic(number) for number in range(1, characteristics + 1))
    return Passport(
        identity=Identity(serial, "BOX-100", "C", "測試機械 Test Machinery", "齒輪箱體 Gear box housing"),
        issuer="測試機械 Test Machinery",
        issued_at=START + timedelta(days=1),
        as_built=(
            Component(1, "LG-77", "LINEAR-GUIDE", "B", "X 軸 X axis", START, None),
            Component(2, "BLK-3", "GUIDE-BLOCK", "A", "左 left", START, START + timedelta(hours=5)),
            Component(2, "BLK-4", "GUIDE-BLOCK", "A", "左 left", START + timedelta(hours=5), None),
        ),
        operations=(
            Operation("OP10", "Mill 1", "BOX_OP10.NC", "7", "ab" * 32, START, START + timedelta(seconds=871.4), 871.4),
            Operation("OP20", "Mill 2", "BOX_OP20.NC", "3", "cd" * 32, START + timedelta(hours=1), None, None),
        ),
        inspections=(
            Inspection("終檢 Final", "CMM 2", START + timedelta(hours=3), "BOX_42.qif", "ef" * 32, (*measured, zone)),
            Inspection("複檢 Repeat", "CMM 2", START + timedelta(hours=4), "BOX_42b.qif", "01" * 32, (uncertain,)),
        ),
        events=(event("unit_created", 1, source="import"), event("operation_recorded", 16, cycle_time_s=871.4)),
        documents=(
            AttachedDocument("BOX_OP10.NC", "ab" * 32, "nc_program"),
            AttachedDocument("圖面 box.pdf", "23" * 32),
        ),
        provenance=(
            Provenance(
                ProvenanceKind.INFERRED,
                "operations/0",
                "加工紀錄與工件的對應由開始時間推得。",
                "The trace was matched to the part by its start time.",
            ),
            Provenance(ProvenanceKind.SIMULATED, "inspections/1", "複檢為模擬資料。", "The repeat is simulated."),
        ),
    )

"""The machining centres as an MTConnect agent would describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MODEL, MAKER = "VMC-850", "Simulated maker"
NAMESPACE = "urn:mtconnect.org:MTConnectDevices:1.3"
# Component, then its data items: tag, category, type, sub-type, unit.
COMPONENTS: tuple[tuple[str, tuple[tuple[str, str, str, str, str], ...]], ...] = (
    (
        "Controller",
        (
            ("avail", "EVENT", "AVAILABILITY", "", ""),
            ("power", "EVENT", "POWER_STATE", "", ""),
            ("estop", "EVENT", "EMERGENCY_STOP", "", ""),
            ("execution", "EVENT", "EXECUTION", "", ""),
            ("mode", "EVENT", "CONTROLLER_MODE", "", ""),
            ("program", "EVENT", "PROGRAM", "", ""),
            ("line", "EVENT", "LINE", "", ""),
            ("PartId", "EVENT", "PART_ID", "", ""),
            ("PartCountAct", "EVENT", "PART_COUNT", "ACTUAL", ""),
            ("Tool_number", "EVENT", "TOOL_NUMBER", "", ""),
            ("Fact", "SAMPLE", "PATH_FEEDRATE", "ACTUAL", "MILLIMETER/MINUTE"),
            ("Fovr", "EVENT", "PATH_FEEDRATE_OVERRIDE", "PROGRAMMED", "PERCENT"),
            ("Frapidovr", "EVENT", "PATH_FEEDRATE_OVERRIDE", "RAPID", "PERCENT"),
            ("system_cond", "CONDITION", "SYSTEM", "", ""),
            ("coolant_cond", "CONDITION", "LEVEL", "", ""),
        ),
    ),
    ("X", (("Xabs", "SAMPLE", "POSITION", "ACTUAL", "MILLIMETER"),)),
    ("Y", (("Yabs", "SAMPLE", "POSITION", "ACTUAL", "MILLIMETER"),)),
    ("Z", (("Zabs", "SAMPLE", "POSITION", "ACTUAL", "MILLIMETER"),)),
    (
        "Spindle",
        (
            ("Srpm", "SAMPLE", "ROTARY_VELOCITY", "ACTUAL", "REVOLUTION/MINUTE"),
            ("Sload", "SAMPLE", "LOAD", "", "PERCENT"),
        ),
    ),
)
KINDS = {"X": "Linear", "Y": "Linear", "Z": "Linear", "Spindle": "Rotary", "Controller": "Controller"}


def device_description(machines: Sequence[str]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<MTConnectDevices xmlns="{NAMESPACE}">', "<Devices>"]
    for name in machines:
        lines += _device(name)
    return "\n".join([*lines, "</Devices>", "</MTConnectDevices>", ""]).encode()


def _device(name: str) -> Iterator[str]:
    yield f'<Device id="{name}" name="{name}" uuid="simulated-{name}">'
    yield f'<Description manufacturer="{MAKER}" model="{MODEL}"/>'
    yield "<Components>"
    for component, items in COMPONENTS:
        kind = KINDS[component]
        yield f'<{kind} id="{name}-{component}" name="{component}"><DataItems>'
        for tag, category, sort, sub, unit in items:
            more = (f' subType="{sub}"' if sub else "") + (f' units="{unit}" nativeUnits="{unit}"' if unit else "")
            yield f'<DataItem id="{name}-{tag}" name="{tag}" category="{category}" type="{sort}"{more}/>'
        yield f"</DataItems></{kind}>"
    yield "</Components></Device>"

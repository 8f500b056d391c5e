"""Which tag plays which part on which family of controls, and what its words mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.signals.signal import EMPTY_NUMERIC, EMPTY_TEXT, NumericSignal, TextSignal

if TYPE_CHECKING:
    from collections.abc import Mapping


class Phase(Enum):
    """What a control does with its program."""

    RUNNING = "running"
    HELD = "held"
    STOPPED = "stopped"
    COMPLETED = "completed"
    READY = "ready"
    UNKNOWN = "unknown"


# Words of MTConnect EXECUTION and of the Hurco adapter; a word not listed is unknown, never "stopped".
PHASES: Mapping[str, Phase] = {
    "ACTIVE": Phase.RUNNING,
    "FEED_HOLD": Phase.HELD,
    "INTERRUPTED": Phase.HELD,
    "OPTIONAL_STOP": Phase.HELD,
    "PROGRAM_OPTIONAL_STOP": Phase.HELD,
    "WAIT": Phase.HELD,
    "PROGRAM_STOPPED": Phase.STOPPED,
    "STOPPED": Phase.STOPPED,
    "PROGRAM_COMPLETED": Phase.COMPLETED,
    "READY": Phase.READY,
}
MANUAL_MODES = frozenset({"MANUAL", "MANUAL_DATA_INPUT", "EDIT"})
UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class TagFamily:
    """Tag names per role; an empty name means that this family does not report it.

    `motion` are tags whose change shows that axes or spindle move; `clocks` count up while the control is alive.
    """

    name: str
    execution: str
    mode: str
    availability: str
    emergency_stop: str
    power: str
    program_running: str
    program_loaded: str
    block: str
    runtime: str
    part_count: str
    feed_rate: str
    feed_override: str
    rapid_override: str
    spindle_speed: str
    tool: str
    motion: tuple[str, ...]
    clocks: tuple[str, ...]


FAMILIES: Mapping[str, TagFamily] = {
    "hurco": TagFamily(
        name="hurco",
        execution="Program_Status",
        mode="",
        availability="avail",
        emergency_stop="EStop_State",
        power="",
        program_running="Program_Name_Running",
        program_loaded="Program_Name_Editing",
        block="Block_Number",
        runtime="Program_Runtime_Seconds",
        part_count="Part_Count",
        feed_rate="Feed_Rate",
        feed_override="Feed_Override",
        rapid_override="Rapid_Override",
        spindle_speed="Spindle_Speed",
        tool="Current_Tool",
        motion=("Feed_Rate", "Spindle_Speed"),
        clocks=(),
    ),
    "mazak": TagFamily(
        name="mazak",
        execution="execution",
        mode="mode",
        availability="avail",
        emergency_stop="estop",
        power="power",
        program_running="program",
        program_loaded="",
        block="line",
        runtime="auto_time",
        part_count="PartCountAct",
        feed_rate="Fact",
        feed_override="Fovr",
        rapid_override="Frapidovr",
        spindle_speed="Srpm",
        tool="Tool_number",
        motion=("Xabs", "Yabs", "Zabs", "Srpm", "S2rpm"),
        clocks=("total_time",),
    ),
    "agie": TagFamily(
        name="agie",
        execution="execution",
        mode="mode",
        availability="avail",
        emergency_stop="estop",
        power="",
        program_running="program",
        program_loaded="",
        block="line",
        runtime="",
        part_count="",
        feed_rate="",
        feed_override="Fovr",
        rapid_override="",
        spindle_speed="",
        tool="",
        motion=("Xposition", "Yposition", "Zposition", "Aposition", "Cposition"),
        clocks=(),
    ),
}


def family(name: str) -> TagFamily:
    """Which tags does a family of controls use?

    Parameters
    ----------
    name : {"hurco", "mazak", "agie"}
        Name of the family [1].

    Returns
    -------
    TagFamily
        Its tags by role [1].

    Raises
    ------
    InvalidOptionError
        Unknown family.

    Notes
    -----
    Seen in the recorded logs; another adapter of the same maker may name its tags differently.

    Examples
    --------
    >>> family("hurco").execution
    'Program_Status'

    References
    ----------
    MTConnect Part 2.0, version 1.3 (device models of the recorded machines).
    """
    if name not in FAMILIES:
        raise InvalidOptionError(
            f'"{name}" is no tag family; known are {", ".join(FAMILIES)}.',
            f"沒有「{name}」這個標籤族；可用：{'、'.join(FAMILIES)}。",
        )
    return FAMILIES[name]


def family_of(tags: frozenset[str]) -> TagFamily | None:
    """Which family of controls do reported tags belong to?

    Parameters
    ----------
    tags : frozenset of str
        Names of the tags a machine reports [1].

    Returns
    -------
    TagFamily or None
        The family whose tags are reported most completely; None where none has its execution tag among them [1].

    Notes
    -----
    Two families share the tag `execution`; axes, clocks and overrides then decide.

    Examples
    --------
    >>> found = family_of(frozenset({"execution", "Xposition", "Fovr"}))
    >>> found.name if found else None
    'agie'

    References
    ----------
    MTConnect Part 2.0, version 1.3 (device models of the recorded machines).
    """
    present = [one for one in FAMILIES.values() if one.execution in tags]

    def score(one: TagFamily) -> int:
        return sum(tag in tags for tag in (*one.motion, *one.clocks, one.feed_override, one.rapid_override))

    return max(present, key=score, default=None)


@dataclass(frozen=True, slots=True)
class ProgramTrace:
    """What is needed of a machine's readings to follow its programs; a role the machine does not report is empty."""

    execution: TextSignal
    emergency_stop: TextSignal
    program_running: TextSignal
    program_loaded: TextSignal
    block: NumericSignal
    runtime_s: NumericSignal
    part_count: NumericSignal
    feed_rate: NumericSignal
    feed_override_percent: NumericSignal
    rapid_override_percent: NumericSignal
    spindle_speed: NumericSignal
    tool: NumericSignal
    other: tuple[NumericSignal | TextSignal, ...] = ()

    def signals(self) -> tuple[NumericSignal | TextSignal, ...]:
        return (
            self.execution,
            self.emergency_stop,
            self.program_running,
            self.program_loaded,
            self.block,
            self.runtime_s,
            self.part_count,
            self.feed_rate,
            self.feed_override_percent,
            self.rapid_override_percent,
            self.spindle_speed,
            self.tool,
            *self.other,
        )


def program_trace(
    numbers: Mapping[str, NumericSignal], texts: Mapping[str, TextSignal], family_name: str = "hurco"
) -> ProgramTrace:
    """Give a machine's readings their roles.

    Parameters
    ----------
    numbers : mapping of str to NumericSignal
        Readings that are numbers, by tag [s; as reported].
    texts : mapping of str to TextSignal
        Readings that are words, by tag [s].
    family_name : {"hurco", "mazak", "agie"}
        Tag family [1].

    Returns
    -------
    ProgramTrace
        Roles filled; every other tag is kept in `other`, since it still shows that the machine reported [s].

    Raises
    ------
    InvalidOptionError
        Unknown family.

    Notes
    -----
    No value is changed or converted: feed rates stay in the unit of the source.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import text_signal
    >>> trace = program_trace({}, {"Program_Status": text_signal([0.0], ["ACTIVE"])})
    >>> trace.execution.value
    ('ACTIVE',)

    References
    ----------
    MTConnect Part 3.0, version 1.3, EXECUTION.
    """
    tags = family(family_name)
    taken = {
        *(tags.execution, tags.emergency_stop, tags.program_running, tags.program_loaded, tags.block, tags.runtime),
        *(tags.part_count, tags.feed_rate, tags.feed_override, tags.rapid_override, tags.spindle_speed, tags.tool),
    }
    return ProgramTrace(
        execution=texts.get(tags.execution, EMPTY_TEXT),
        emergency_stop=texts.get(tags.emergency_stop, EMPTY_TEXT),
        program_running=texts.get(tags.program_running, EMPTY_TEXT),
        program_loaded=texts.get(tags.program_loaded, EMPTY_TEXT),
        block=numbers.get(tags.block, EMPTY_NUMERIC),
        runtime_s=numbers.get(tags.runtime, EMPTY_NUMERIC),
        part_count=numbers.get(tags.part_count, EMPTY_NUMERIC),
        feed_rate=numbers.get(tags.feed_rate, EMPTY_NUMERIC),
        feed_override_percent=numbers.get(tags.feed_override, EMPTY_NUMERIC),
        rapid_override_percent=numbers.get(tags.rapid_override, EMPTY_NUMERIC),
        spindle_speed=numbers.get(tags.spindle_speed, EMPTY_NUMERIC),
        tool=numbers.get(tags.tool, EMPTY_NUMERIC),
        other=tuple(signal for tag, signal in (*numbers.items(), *texts.items()) if tag not in taken),
    )

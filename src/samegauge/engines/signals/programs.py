"""Which NC program, in which revision, a machine executed: tool changes and last block decide, not the name alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.signals.evidence import Bearing, Confidence, Evidence, contradicted
from samegauge.engines.signals.operations import PartOperations, ProgramSource, ToolChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from samegauge.engines.signals.operations import Run

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,4}$")
_NOISE = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """What must be known of a stored program. `key` identifies it; `title` is the name it gives itself.

    Lines count from 1 in the file; `last_line` is the last line that holds a block.
    """

    key: str
    title: str
    last_line: int
    tool_calls: tuple[ToolChange, ...]


@dataclass(frozen=True, slots=True)
class ProgramMatch:
    """`same_revision` is True only where tool changes and last block are those of the stored program; None: unknown."""

    program: ProgramFacts | None
    same_revision: bool | None
    confidence: Confidence
    matching_changes: int
    observed_changes: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class SequenceConflict:
    """The run that `unit_by_file` is recorded with is, counted in order of time, the one of `unit_by_order`."""

    program: str
    start_s: float
    unit_by_file: int
    unit_by_order: int


@dataclass(frozen=True, slots=True)
class RunBalance:
    """Complete runs of one program per unit, and what follows when every unit needs exactly one."""

    program: str
    runs_per_unit: Mapping[int, int]
    conflicts: tuple[SequenceConflict, ...]
    evidence: Evidence


def same_name(control_name: str, title: str) -> bool:
    """Do a control's file name and a program's title name the same program, spelling aside?

    Parameters
    ----------
    control_name : str
        Name as the control shows it, perhaps with a suffix and cut [1].
    title : str
        Title or file name of the stored program [1].

    Returns
    -------
    bool
        True if both agree in letters and digits [1].

    Raises
    ------
    InvalidOptionError
        An empty name.

    Notes
    -----
    Blanks, hyphens, underscores, case and the suffix are ignored; nothing else is, so OP1 and OP10 differ.

    Examples
    --------
    >>> same_name("BOX_REV-A_OP1.NC", "BOX_REV-A OP1")
    True

    References
    ----------
    ISO 6983-1:2009 (program name).
    """
    if not control_name.strip() or not title.strip():
        raise InvalidOptionError("A program has an empty name.", "程式名稱是空的。")
    return _plain(control_name) == _plain(title)


def match_program(run: Run, programs: Sequence[ProgramFacts]) -> ProgramMatch:
    """Which of the stored programs did a run execute, and in the stored revision?

    Parameters
    ----------
    run : Run
        One execution as seen in the machine's readings [s].
    programs : sequence of ProgramFacts
        Stored programs [1].

    Returns
    -------
    ProgramMatch
        Best program or None, with the evidence in both languages [1].

    Raises
    ------
    InvalidOptionError
        No program to compare with.

    Notes
    -----
    A control reports the executed line, so a tool comes in at the line of its M6 and a complete run ends on the last
    line. Content decides first: all observed tool changes at their lines, and the last line reached. A name that the
    control stated during the run counts next; a name carried over from an earlier reading counts only as a hint, since
    loading another program may not have been recorded. Same name with other content is another revision.

    Examples
    --------
    >>> from samegauge.engines.signals.intervals import Span
    >>> from samegauge.engines.signals.operations import Run
    >>> run = Run(Span(0.0, 9.0), True, True, None, None, 99, 9.0, (3,), (ToolChange(7, 3),))
    >>> match_program(run, [ProgramFacts("a", "PART OP2", 99, (ToolChange(7, 3),))]).same_revision
    True

    References
    ----------
    ISO 6983-1:2009 (program lines and tool change).
    """
    if not programs:
        raise InvalidOptionError("There is no stored program to compare with.", "沒有可比對的已存程式。")
    observed = len(run.tool_changes)
    program = _chosen(run, programs)
    if program is None:
        return ProgramMatch(None, None, Confidence.UNCERTAIN, 0, observed, (_no_program(run),))
    agreeing = _agreeing(run, program)
    same_content = agreeing == observed and run.last_block == program.last_line
    evidence = _program_evidence(run, program, agreeing)
    if not same_content:
        confidence = Confidence.UNCERTAIN
    elif _stated(run) and _named(run, program):
        confidence = Confidence.STATED
    else:
        confidence = Confidence.INFERRED
    # A run that was broken off on the way agrees with all it showed; whether the rest would have is unknown.
    unknown = not run.completed and not contradicted(evidence)
    return ProgramMatch(program, None if unknown else same_content, confidence, agreeing, observed, evidence)


def _chosen(run: Run, programs: Sequence[ProgramFacts]) -> ProgramFacts | None:
    """Whole content first, then a stated name, then half of the tool changes, then a name from before."""
    observed = len(run.tool_changes)
    closest = max(programs, key=lambda one: (_agreeing(run, one), run.last_block == one.last_line))
    whole = [one for one in programs if run.last_block == one.last_line and _agreeing(run, one) == observed]
    named = [one for one in programs if _named(run, one)]
    if whole:
        return whole[0]
    if _stated(run):
        return named[0] if named else None
    if 0 < observed <= 2 * _agreeing(run, closest):
        return closest
    return named[0] if named else None


def run_balance(program: str, complete_runs: Sequence[tuple[int, float]], units: Sequence[int]) -> RunBalance:
    """Was one program run once for each unit, and if not, which runs may be recorded with the wrong unit?

    Parameters
    ----------
    program : str
        Key of the program [1].
    complete_runs : sequence of (int, float)
        Unit of the file and start of each complete run [s].
    units : sequence of int
        Units that should have one run each, in the order in which they were made [1].

    Returns
    -------
    RunBalance
        Runs per unit, conflicts between file and order, one sentence of evidence [1].

    Raises
    ------
    InvalidOptionError
        No units.

    Notes
    -----
    Only where there are as many runs as units, and yet one unit has two and another none, does counting in order of
    time suggest another unit. It is a suggestion: a part may have been run twice and another part not recorded.

    Examples
    --------
    >>> balance = run_balance("OP3", [(1, 0.0), (1, 9.0), (2, 20.0)], [1, 2, 3])
    >>> [(one.unit_by_file, one.unit_by_order) for one in balance.conflicts]
    [(1, 2), (2, 3)]

    References
    ----------
    None: counting.
    """
    if not units:
        raise InvalidOptionError("There are no units to count for.", "沒有可計數的序號。")
    ordered = sorted(complete_runs, key=lambda one: one[1])
    per_unit = {unit: sum(owner == unit for owner, _ in ordered) for unit in units}
    conflicts = (
        tuple(
            SequenceConflict(program, start, owner, unit)
            for (owner, start), unit in zip(ordered, units, strict=True)
            if owner != unit
        )
        if len(ordered) == len(units)
        else ()
    )
    return RunBalance(program, per_unit, conflicts, _balance_evidence(program, per_unit, conflicts))


def unusual_units(parts: Mapping[int, PartOperations]) -> frozenset[int]:
    """Which units were made by other program runs than most of their series?

    Parameters
    ----------
    parts : mapping of int to PartOperations
        Operations of each unit, by number [s].

    Returns
    -------
    frozenset of int
        Numbers of the units whose complete runs do not end on the usual blocks, each as often as usual [1].

    Raises
    ------
    InvalidOptionError
        No units.

    Notes
    -----
    The last block of a complete run changes with the program's revision; so a unit differs if another revision, a
    program for the remainder after a stop, or a repeated or missing run was recorded. Measured values play no part.

    Examples
    --------
    >>> from samegauge.quantities.method import Method
    >>> sorted(unusual_units({1: PartOperations((), Method("none", "none"))}))
    []

    References
    ----------
    None: counting.
    """
    if not parts:
        raise InvalidOptionError("There are no units to compare.", "沒有可比較的序號。")
    ends = {
        unit: tuple(sorted(run.last_block or 0 for one in part.operations for run in one.runs if run.completed))
        for unit, part in parts.items()
    }
    usual, _ = Counter(ends.values()).most_common(1)[0]
    return frozenset(unit for unit, blocks in ends.items() if blocks != usual)


def _plain(name: str) -> str:
    return _NOISE.sub("", _SUFFIX.sub("", name.strip()).upper())


def _named(run: Run, program: ProgramFacts) -> bool:
    return bool(run.program and run.program.strip()) and same_name(run.program or "", program.title)


def _stated(run: Run) -> bool:
    return bool(run.program) and run.program_source is not ProgramSource.CARRIED


def _agreeing(run: Run, program: ProgramFacts) -> int:
    calls = set(program.tool_calls)
    return sum(change in calls for change in run.tool_changes)


def _no_program(run: Run) -> Evidence:
    shown = f'"{run.program}"' if run.program else "no name"
    shown_zh = f"「{run.program}」" if run.program else "沒有名稱"
    return Evidence(
        "no_program",
        Bearing.NEUTRAL,
        None,
        f"None of the stored programs fits: the control shows {shown}, the last block is {run.last_block}.",
        f"沒有任何已存程式相符：控制器顯示{shown_zh}，最後單節是 {run.last_block}。",
    )


def _program_evidence(run: Run, program: ProgramFacts, agreeing: int) -> tuple[Evidence, ...]:
    found = [_end_evidence(run, program)]
    observed = len(run.tool_changes)
    if observed:
        found.append(
            Evidence(
                "tool_changes",
                Bearing.SUPPORTS if agreeing == observed else Bearing.CONTRADICTS,
                agreeing / observed,
                f"{agreeing} of {observed} tool changes happened at the line and with the tool of this program.",
                f"{observed} 次換刀中有 {agreeing} 次的行號與刀號，和此程式一致。",
            )
        )
    if run.program:
        found.append(_name_evidence(run, program, run.program))
    return tuple(found)


def _end_evidence(run: Run, program: ProgramFacts) -> Evidence:
    if run.last_block == program.last_line:
        return Evidence(
            "last_block",
            Bearing.SUPPORTS,
            float(program.last_line),
            f"The run ended on block {run.last_block}, the last line of the program.",
            f"執行結束於單節 {run.last_block}，正是程式的最後一行。",
        )
    shown = run.last_block if run.last_block is not None else "-"
    return Evidence(
        "last_block",
        Bearing.CONTRADICTS if run.completed else Bearing.NEUTRAL,
        None if run.last_block is None else float(run.last_block),
        f"The run ended on block {shown}; the stored program has {program.last_line} lines.",
        f"執行結束於單節 {shown}；已存程式有 {program.last_line} 行。",
    )


def _name_evidence(run: Run, program: ProgramFacts, name: str) -> Evidence:
    same = _named(run, program)
    if run.program_source is ProgramSource.CARRIED:
        return Evidence(
            "name_carried",
            Bearing.NEUTRAL,
            None,
            f'The last name the control gave before was "{name}"; loading another program may not have been recorded.',
            f"控制器先前最後顯示的名稱是「{name}」；之後換載的程式可能沒有記錄。",
        )
    return Evidence(
        "name",
        Bearing.SUPPORTS if same else Bearing.CONTRADICTS,
        None,
        f'The control named the program "{name}".',
        f"控制器顯示的程式名稱是「{name}」。",
    )


def _balance_evidence(program: str, per_unit: Mapping[int, int], conflicts: tuple[SequenceConflict, ...]) -> Evidence:
    odd = {unit: runs for unit, runs in per_unit.items() if runs != 1}
    if not odd:
        return Evidence(
            "one_run_each",
            Bearing.SUPPORTS,
            float(len(per_unit)),
            f"{program}: one complete run for each of {len(per_unit)} units.",
            f"{program}：{len(per_unit)} 件各有一次完整執行。",
        )
    listed = ", ".join(f"{unit}: {runs}" for unit, runs in odd.items())
    listed_zh = "、".join(f"{unit}（{runs} 次）" for unit, runs in odd.items())
    hint = hint_zh = ""
    if conflicts:
        first = conflicts[0]
        hint = (
            f" There are as many runs as units: counted in order of time, the run filed with unit {first.unit_by_file} "
            f"would be that of unit {first.unit_by_order}, and so on for {len(conflicts)} runs."
        )
        hint_zh = (
            f"執行次數與件數相同：依時間順序，檔案歸給 {first.unit_by_file} 的那一次應屬 {first.unit_by_order}，"
            f"以此類推，共 {len(conflicts)} 次。"
        )
    return Evidence(
        "runs_do_not_match_units",
        Bearing.CONTRADICTS if conflicts else Bearing.NEUTRAL,
        float(len(odd)),
        f"{program}: units without exactly one complete run: {listed}.{hint}",
        f"{program}：完整執行不是剛好一次的件：{listed_zh}。{hint_zh}",
    )

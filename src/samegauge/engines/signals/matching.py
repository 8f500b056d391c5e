"""Which machine trace belongs to which inspected unit: evidence gathered, weighed, and never invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.signals.evidence import Bearing, Confidence, Evidence, contradicted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from samegauge.engines.signals.assignment import AssignmentTest, GroupTest
    from samegauge.engines.signals.programs import SequenceConflict
    from samegauge.engines.signals.signal import NumericSignal

_SIGNIFICANT = 0.05
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class TraceLabel:
    """A recorded trace by what its file says; `starts_s` holds the start of each operation by the operation's name."""

    label: str
    number: int
    starts_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class InspectedUnit:
    """`number` is what the serial ends in; `stated` is False where the serial had to be derived."""

    label: str
    number: int
    stated: bool


@dataclass(frozen=True, slots=True)
class Match:
    """`trace` is None where no trace carries the unit's number."""

    unit: str
    trace: str | None
    confidence: Confidence
    evidence: tuple[Evidence, ...]


def match_units(
    units: Sequence[InspectedUnit],
    traces: Sequence[TraceLabel],
    *,
    shared: Sequence[Evidence] = (),
    conflicts: Sequence[SequenceConflict] = (),
    per_unit: Mapping[int, Sequence[Evidence]] | None = None,
) -> tuple[Match, ...]:
    """Which trace was recorded while an inspected unit was made, and how sure is that?

    Parameters
    ----------
    units : sequence of InspectedUnit
        Inspected units with the numbers in their serials [1].
    traces : sequence of TraceLabel
        Recorded traces with the numbers in their names [1, s].
    shared : sequence of Evidence
        Evidence about the two lists as a whole [1].
    conflicts : sequence of SequenceConflict
        Runs whose file and order disagree [s].
    per_unit : mapping of int to sequence of Evidence, optional
        More evidence by number [1].

    Returns
    -------
    tuple of Match
        One for each unit, in the order given, with all evidence [1].

    Raises
    ------
    InvalidOptionError
        Two traces with one number.

    Notes
    -----
    Equal numbers are a convention, not a statement. The match is inferred only where, besides, some evidence about the
    lists or the unit with a figure supports it and nothing contradicts; otherwise it stays uncertain. It would be
    stated only if a source named unit and trace together; no such source is an argument here.

    Examples
    --------
    >>> found = match_units([InspectedUnit("A02", 2, True)], [TraceLabel("2of20", 2, {"OP1": 0.0})])
    >>> found[0].trace, found[0].confidence.value
    ('2of20', 'uncertain')

    References
    ----------
    None: rules of this product.
    """
    by_number = {trace.number: trace for trace in traces}
    if len(by_number) != len(traces):
        raise InvalidOptionError("Two traces carry the same number.", "有兩份加工紀錄的編號相同。")
    return tuple(
        _match(unit, by_number.get(unit.number), shared, conflicts, (per_unit or {}).get(unit.number, ()))
        for unit in units
    )


def _match(
    unit: InspectedUnit,
    trace: TraceLabel | None,
    shared: Sequence[Evidence],
    conflicts: Sequence[SequenceConflict],
    own: Sequence[Evidence],
) -> Match:
    if trace is None:
        missing = Evidence(
            "no_trace",
            Bearing.CONTRADICTS,
            float(unit.number),
            f"No trace carries the number {unit.number} of {unit.label}.",
            f"沒有編號 {unit.number} 的加工紀錄可對應 {unit.label}。",
        )
        return Match(unit.label, None, Confidence.UNCERTAIN, (missing,))
    evidence = (*_numbering(unit, trace), *_conflict_evidence(unit.number, conflicts), *own, *shared)
    backed = any(one.bearing is Bearing.SUPPORTS and one.code in _BACKING for one in evidence)
    sure = backed and not contradicted(evidence)
    return Match(unit.label, trace.label, Confidence.INFERRED if sure else Confidence.UNCERTAIN, evidence)


# Evidence that ties traces to inspected values by figures; order and numbering alone do not.
_BACKING = frozenset({"odd_parts_agree"})


def _numbering(unit: InspectedUnit, trace: TraceLabel) -> Iterator[Evidence]:
    yield Evidence(
        "same_number",
        Bearing.SUPPORTS,
        float(unit.number),
        f"{unit.label} and {trace.label} carry the number {unit.number}. No file states that the numbers mean the same "
        "part: this is a convention of numbering.",
        f"{unit.label} 與 {trace.label} 的編號都是 {unit.number}。沒有檔案載明兩個編號指同一件：這只是編號慣例。",
    )
    if not unit.stated:
        yield Evidence(
            "derived_serial",
            Bearing.NEUTRAL,
            None,
            f"{unit.label} is not stated in the results; it was derived from the path of the result file.",
            f"{unit.label} 沒有寫在結果裡，由結果檔路徑推得。",
        )


def _conflict_evidence(number: int, conflicts: Sequence[SequenceConflict]) -> Iterator[Evidence]:
    for one in conflicts:
        if number in {one.unit_by_file, one.unit_by_order}:
            yield Evidence(
                "run_order",
                Bearing.CONTRADICTS,
                float(one.unit_by_order),
                f"{one.program}: a run filed with unit {one.unit_by_file} would, counted in order of time, be that of "
                f"unit {one.unit_by_order}.",
                f"{one.program}：檔案歸給 {one.unit_by_file} 的一次執行，依時間順序應屬 {one.unit_by_order}。",
            )


def list_evidence(units: Sequence[InspectedUnit], traces: Sequence[TraceLabel]) -> Evidence:
    """Do the numbers of the inspected units and of the traces form the same series?

    Parameters
    ----------
    units : sequence of InspectedUnit
        Inspected units [1].
    traces : sequence of TraceLabel
        Recorded traces [1, s].

    Returns
    -------
    Evidence
        Supports if every inspected number has a trace; names those without [1].

    Raises
    ------
    InvalidOptionError
        One of the lists is empty.

    Notes
    -----
    A number missing in both inspections but present among the traces points to a part that was not delivered.

    Examples
    --------
    >>> list_evidence([InspectedUnit("A02", 2, True)], [TraceLabel("t2", 2, {})]).bearing.value
    'supports'

    References
    ----------
    None: counting.
    """
    if not units or not traces:
        raise InvalidOptionError("Both lists must hold something.", "兩份清單都要有內容。")
    inspected, recorded = {unit.number for unit in units}, {trace.number for trace in traces}
    lonely, spare = sorted(inspected - recorded), sorted(recorded - inspected)
    spare_en = f" Traces without an inspected unit: {', '.join(map(str, spare))}." if spare else ""
    spare_zh = f"沒有檢驗結果的加工紀錄：{'、'.join(map(str, spare))}。" if spare else ""
    if lonely:
        return Evidence(
            "lists_differ",
            Bearing.CONTRADICTS,
            float(len(lonely)),
            f"Inspected units without a trace: {', '.join(map(str, lonely))}.{spare_en}",
            f"有檢驗而沒有加工紀錄的編號：{'、'.join(map(str, lonely))}。{spare_zh}",
        )
    return Evidence(
        "lists_agree",
        Bearing.SUPPORTS,
        float(len(inspected)),
        f"Every one of {len(inspected)} inspected numbers has a trace.{spare_en}",
        f"{len(inspected)} 個檢驗編號都有加工紀錄。{spare_zh}",
    )


def order_evidence(traces: Sequence[TraceLabel]) -> Evidence:
    """Were the parts made in the order of their numbers, operation by operation?

    Parameters
    ----------
    traces : sequence of TraceLabel
        Recorded traces with the start of each operation [s].

    Returns
    -------
    Evidence
        Number of neighbouring pairs out of order [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 traces.

    Notes
    -----
    Numbers that follow time in every operation were given while machining, or afterwards from the same log.

    Examples
    --------
    >>> order_evidence([TraceLabel("a", 1, {"OP1": 0.0}), TraceLabel("b", 2, {"OP1": 5.0})]).figure
    0.0

    References
    ----------
    None: counting.
    """
    if len(traces) < 2:  # noqa: PLR2004 - an order needs two
        raise InvalidOptionError("An order needs at least 2 traces.", "至少要有 2 份加工紀錄才有順序可言。")
    wrong = compared = 0
    for name in sorted({name for trace in traces for name in trace.starts_s}):
        starts = [
            trace.starts_s[name] for trace in sorted(traces, key=lambda one: one.number) if name in trace.starts_s
        ]
        compared += len(starts) - 1
        wrong += int(np.count_nonzero(np.diff(starts) <= 0.0))
    return Evidence(
        "order_of_numbers",
        Bearing.SUPPORTS if wrong == 0 else Bearing.CONTRADICTS,
        float(wrong),
        f"In {compared - wrong} of {compared} neighbouring pairs the higher number was machined later.",
        f"{compared} 組相鄰編號中，有 {compared - wrong} 組是編號較大的較晚加工。",
    )


def time_evidence(inspection: str, inspected_s: float, machined_s: float) -> Evidence:
    """Was the inspection written after the parts were made?

    Parameters
    ----------
    inspection : str
        Name of the inspection document [1].
    inspected_s : float
        Time stated in it [s].
    machined_s : float
        End of the last operation [s].

    Returns
    -------
    Evidence
        Days between, contradicting where negative [1].

    Raises
    ------
    InvalidOptionError
        A time that is not finite.

    Notes
    -----
    A document's time of writing says nothing about single parts.

    Examples
    --------
    >>> time_evidence("incoming", 86400.0, 0.0).figure
    1.0

    References
    ----------
    None: subtraction.
    """
    if not (np.isfinite(inspected_s) and np.isfinite(machined_s)):
        raise InvalidOptionError("Times must be finite.", "時間必須是有限數值。")
    days = (inspected_s - machined_s) / _DAY_S
    return Evidence(
        "inspection_time",
        Bearing.SUPPORTS if days >= 0.0 else Bearing.CONTRADICTS,
        days,
        f"{inspection} was written {abs(days):.1f} days {'after' if days >= 0.0 else 'before'} the last operation.",
        f"{inspection} 寫成於最後一道工序{'之後' if days >= 0.0 else '之前'} {abs(days):.1f} 天。",
    )


def machine_evidence(counter: NumericSignal, logs: Mapping[str, NumericSignal], name: str) -> Mapping[str, Evidence]:
    """On which machine can a trace have been recorded, judging by a counter that never goes back?

    Parameters
    ----------
    counter : NumericSignal
        A counter of the trace, such as parts or spindle hours [s; any unit].
    logs : mapping of str to NumericSignal
        The same counter in the logs of each machine, before or after the trace [s; same unit].
    name : str
        The counter's name for the sentence [1].

    Returns
    -------
    mapping of str to Evidence
        Per machine: supports where the trace fits between the log's readings, contradicts where not, neutral where the
        log says nothing [1].

    Raises
    ------
    InvalidOptionError
        The trace's counter has no reading.

    Notes
    -----
    Fitting is necessary, not sufficient: two machines may have counters of like size. Where the log goes on at exactly
    the trace's figure, the code is `counter_continues`.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import numeric_signal
    >>> log = numeric_signal([0.0], [100.0])
    >>> machine_evidence(numeric_signal([5.0], [120.0]), {"M1": log}, "parts")["M1"].bearing.value
    'supports'

    References
    ----------
    MTConnect Part 3.0, version 1.3, PART_COUNT and ACCUMULATED_TIME.
    """
    usable = np.isfinite(counter.value)
    if not usable.any():
        raise InvalidOptionError(f"The trace has no reading of {name}.", f"加工紀錄中沒有 {name} 的讀值。")
    times, values = counter.time_s[usable], counter.value[usable]
    return {machine: _counter_fits(machine, log, times, values, name) for machine, log in logs.items()}


def _counter_fits(
    machine: str,
    log: NumericSignal,
    times: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    name: str,
) -> Evidence:
    # A log may show whole units where the trace shows fractions, so only whole units are compared.
    whole = np.floor(log.value)
    before = whole[np.isfinite(whole) & (log.time_s <= times[0])]
    after = whole[np.isfinite(whole) & (log.time_s >= times[-1])]
    low = float(before.max()) if before.size else None
    high = float(after.min()) if after.size else None
    first, last = float(np.floor(values[0])), float(np.floor(values.max()))
    if low is None and high is None:
        return Evidence(
            "no_counter",
            Bearing.NEUTRAL,
            None,
            f"The log of {machine} has no reading of {name} before or after the trace.",
            f"{machine} 的機台紀錄在這份加工紀錄前後都沒有 {name} 的讀值。",
        )
    fits = (low is None or low <= first) and (high is None or last <= high)
    bounds = f"{'-' if low is None else f'{low:g}'} / {'-' if high is None else f'{high:g}'}"
    return Evidence(
        "counter_continues" if fits and (low == first or high == last) else "counter",
        Bearing.SUPPORTS if fits else Bearing.CONTRADICTS,
        first,
        f"{name}: the trace counts {first:g} to {last:g}; the log of {machine} had {bounds} before / after.",
        f"{name}：加工紀錄由 {first:g} 計到 {last:g}；{machine} 的機台紀錄在其前 / 後為 {bounds}。",
    )


def inspections_evidence(test: AssignmentTest, numbers: Sequence[int]) -> Mapping[int, tuple[Evidence, ...]]:
    """What a comparison of two inspections says about each unit's identity across both.

    Parameters
    ----------
    test : AssignmentTest
        Result for rows paired by number [1].
    numbers : sequence of int
        Number of each row [1].

    Returns
    -------
    mapping of int to tuple of Evidence
        For each number the verdict on the lists and the place of its own partner [1].

    Raises
    ------
    InvalidOptionError
        Not one number for each row.

    Notes
    -----
    The lists agree as a whole where p is below 0.05 and no shift of the numbers does better. A unit's own values decide
    only where its partner is the most similar of all; that speaks about the two inspections, not about the trace.

    Examples
    --------
    >>> from samegauge.engines.signals.assignment import assignment_test
    >>> parts = np.random.default_rng(1).normal(size=(8, 6))
    >>> found = inspections_evidence(assignment_test(parts, parts, permutations=99), range(1, 9))
    >>> [one.code for one in found[1]]
    ['inspections_agree', 'own_values']

    References
    ----------
    Good P., Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed., Springer 2005, doi:10.1007/b138696.
    """
    if len(numbers) != len(test.rank):
        raise InvalidOptionError(
            f"{len(numbers)} numbers for {len(test.rank)} rows.", f"{len(test.rank)} 列卻有 {len(numbers)} 個編號。"
        )
    best_shift = max(figure for _, figure in test.shift_statistics)
    agree = test.p_value < _SIGNIFICANT and test.statistic > best_shift
    whole = Evidence(
        "inspections_agree",
        Bearing.SUPPORTS if agree else Bearing.NEUTRAL,
        test.p_value,
        f"Paired by number, the two inspections of {len(numbers)} parts are {test.score:.1f} standard deviations more "
        f"alike than by chance (p = {test.p_value:.2g}).",
        f"依編號配對，兩次檢驗的 {len(numbers)} 件的相似程度比隨機配對高 {test.score:.1f} 個標準差"
        f"（p = {test.p_value:.2g}）。",
    )
    return {number: (whole, _own(number, rank, len(numbers))) for number, rank in zip(numbers, test.rank, strict=True)}


def _own(number: int, rank: int, count: int) -> Evidence:
    if rank == 1:
        return Evidence(
            "own_values",
            Bearing.SUPPORTS,
            float(rank),
            f"Of {count} parts in the other inspection, number {number} has the most similar values.",
            f"另一次檢驗的 {count} 件中，編號 {number} 的數值最相似。",
        )
    return Evidence(
        "own_values",
        Bearing.NEUTRAL,
        float(rank),
        f"Number {number} is only at place {rank} of {count} by similarity: its values alone cannot tell it apart.",
        f"編號 {number} 的相似度只排第 {rank}（共 {count} 件）：單憑數值分辨不出來。",
    )


def odd_parts_evidence(test: GroupTest, inspection: str) -> Evidence:
    """Do parts with an unusual machine trace also measure unusually?

    Parameters
    ----------
    test : GroupTest
        Rank sum test of the parts singled out by their traces [1].
    inspection : str
        Name of the inspection [1].

    Returns
    -------
    Evidence
        Supports where p is below 0.05, neutral otherwise [1].

    Raises
    ------
    InvalidOptionError
        Empty name.

    Notes
    -----
    The only link between traces and inspected values that needs no label. It ties the lists, not single parts.

    Examples
    --------
    >>> from samegauge.engines.signals.assignment import group_test
    >>> result = group_test([True] * 4 + [False] * 8, list(range(12, 0, -1)), permutations=999)
    >>> odd_parts_evidence(result, "incoming").bearing.value
    'supports'

    References
    ----------
    Wilcoxon F., Biometrics Bulletin 1 (1945) 80, doi:10.2307/3001968.
    """
    if not inspection:
        raise InvalidOptionError("The inspection has no name.", "檢驗沒有名稱。")
    found = test.p_value < _SIGNIFICANT
    return Evidence(
        "odd_parts_agree" if found else "odd_parts_undecided",
        Bearing.SUPPORTS if found else Bearing.NEUTRAL,
        test.p_value,
        f"{test.members} parts with an unusual trace {'also measure' if found else 'do not clearly measure'} unusually "
        f"in {inspection} (p = {test.p_value:.2g}, against {test.others} others). "
        "This ties the lists, not single parts.",
        f"{test.members} 件加工紀錄異常的零件，在 {inspection} 中的尺寸{'也異常' if found else '並無明顯異常'}"
        f"（p = {test.p_value:.2g}，對照 {test.others} 件）。這只證明兩份清單相關，不能認定個別零件。",
    )

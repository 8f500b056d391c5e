"""`samegauge spc FILE`: a control chart of a column, with its alarms, capability and run lengths; needs no site."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from samegauge.cli.columns import Table, in_subgroups, refusals
from samegauge.cli.output import DONE, CommandError, say, say_json, text
from samegauge.cli.spc_charts import AUTO, CHARTS, WITHOUT_RULES, Asked, examined
from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.capability.families import Family
from samegauge.engines.spc.charts.rules import RULE_SETS, RuleChoice
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SIGNIFICANT = 6
PLOTTED_ZH = {
    "individuals": "單值",
    "moving range": "移動全距",
    "mean": "平均值",
    "range": "全距",
    "standard deviation": "標準差",
    "share": "不良率",
    "number": "不良數",
    "count": "缺點數",
    "rate": "單位缺點數",
    "upper sum": "上側累積和",
    "lower sum": "下側累積和",
}


def add_arguments(parser: ArgumentParser) -> None:
    words = [
        ("--subgroup", text("column that says which values belong together", "標示子組的欄位")),
        ("--size", text("column of items inspected, or of areas (p, np, u)", "檢驗數或面積的欄位（p、np、u）")),
    ]
    numbers = [
        ("--lsl", text("lower specification limit", "規格下限")),
        ("--usl", text("upper specification limit", "規格上限")),
        ("--target", text("target value (default: the middle)", "目標值（預設為中值）")),
        ("--shift", text("shift whose detection is told [sigma]", "要說明偵測速度的偏移量 [標準差]")),
    ]
    parser.add_argument(
        "file", type=Path, help=text("CSV or XLSX with a header", "有標題列的 CSV 或 XLSX"), metavar="FILE"
    )
    parser.add_argument(
        "--value",
        action="append",
        required=True,
        help=text("column of values; t2 takes several", "數值欄位；t2 可重複指定"),
        metavar="COL",
    )
    parser.add_argument("--chart", choices=sorted(CHARTS), required=True, help=text("kind of chart", "管制圖種類"))
    for name, told in words:
        parser.add_argument(name, help=told, metavar="COL")
    for name, told in numbers:
        parser.add_argument(name, type=float, help=told, metavar="X", default=1.0 if name == "--shift" else None)
    parser.add_argument(
        "--rules", choices=sorted(RULE_SETS), help=text("set of rules for alarms (nelson)", "判異規則組（nelson）")
    )
    parser.add_argument(
        "--distribution",
        choices=[AUTO, *(one.value for one in Family)],
        default="",
        help=text("capability by the percentiles of a fitted distribution", "以配適分布的百分位數計算能力指數"),
    )
    parser.add_argument(
        "--join-subgroups",
        action="store_true",
        help=text("equal labels are one subgroup, wherever they stand", "相同標籤視為同一子組，不論出現在何處"),
    )


def run(options: Namespace) -> int:
    with refusals(options.file):
        found = {"file": str(options.file), **examined(_asked(options, Table(options.file)))}
    _tell(options, found)
    say_json(options, found)
    return DONE


def _asked(options: Namespace, table: Table) -> Asked:
    columns = [table.numbers(name) for name in options.value]
    several = options.chart == "t2"
    if several != (len(columns) > 1):
        raise CommandError(
            "t2 takes two or more --value columns, every other chart one.",
            "t2 需要兩個以上的 --value 欄位，其他管制圖只要一個。",
        )
    values = np.column_stack(columns) if several else columns[0]
    limits = _limits(options)
    if options.rules and options.chart in WITHOUT_RULES:
        raise InvalidOptionError(
            f"A chart of kind {options.chart} has its limits alone; no use for --rules. Leave it out.",
            f"{options.chart} 管制圖只看界限，不使用 --rules，請移除。",
        )
    numbers = table.whole_numbers if options.chart in {"p", "np"} else table.numbers
    groups = table.subgroups(options.subgroup, joined=options.join_subgroups) if options.subgroup else None
    return Asked(
        chart=options.chart,
        values=values,
        groups=None if groups is None else in_subgroups(values, groups),
        sizes=numbers(options.size) if options.size else None,
        rules=RuleChoice(options.rules or "nelson"),
        limits=limits,
        target=options.target,
        shift=options.shift,
        distribution=options.distribution,
    )


def _limits(options: Namespace) -> Limits | None:
    """The tolerance, if there is one; a target is of use within it alone."""
    given = options.lsl is not None or options.usl is not None
    limits = Limits(options.lsl, options.usl, unit="") if given else None
    if options.target is not None and (limits is None or not limits.margin(options.target) >= 0.0):
        raise InvalidOptionError(
            f"The target {options.target:g} does not lie within limits that --lsl and --usl give. Correct one of them.",
            f"目標值 {options.target:g} 不在 --lsl 與 --usl 的界限內，請更正。",
        )
    return limits


def _tell(options: Namespace, found: dict[str, Any]) -> None:
    for name, chart in found["charts"].items():
        _tell_chart(options, name, chart)
    for name in ("cp", "cpk", "pp", "ppk"):
        if index := (found["capability"] or {}).get(name):
            value, lower, upper = (_shown(index[key]) for key in ("value", "lower", "upper"))
            told = f"{name.capitalize()} {value} ({lower} – {upper})"
            say(options, told, told)
    _tell_fit(options, found["fitted"])
    for caution in (found["capability"] or {}).get("cautions", ()):
        _tell_caution(options, caution)
    if why := found["no_run_length"]:
        say(options, why["en"], why["zh"])
    if run := found["run_length"]:
        usual, shifted = (_mean(run[key]) for key in ("in_control", "after_the_shift"))
        shift = f"{run['shift_sigma']:g}"
        say(
            options,
            f"Points until an alarm of any of its charts, on average and for known limits: {usual} in control, "
            f"{shifted} after a shift of {shift} sigma.",
            f"假設界限已知，平均幾點後發出警報（任一張管制圖）："
            f"穩定時 {usual} 點，偏移 {shift} 倍標準差後 {shifted} 點。",
        )


def _tell_fit(options: Namespace, fitted: dict[str, Any] | None) -> None:
    if fitted is None:
        return
    p_value = "–" if fitted["p_value"] is None else f"{fitted['p_relation']} {fitted['p_value']:.2g}"
    index = fitted["ppk"]
    bounds = "" if index is None else " ({} – {})".format(*(_shown(index[key]) for key in ("lower", "upper")))
    value = "–" if index is None else _shown(index["value"])
    family = fitted["distribution"]
    say(
        options,
        f"Fitted {family} distribution (Anderson-Darling p {p_value}): Ppk {value}{bounds}",
        f"配適 {family} 分布（Anderson-Darling p {p_value}）：Ppk {value}{bounds}",
    )


def _tell_chart(options: Namespace, name: str, chart: dict[str, Any]) -> None:
    lower, centre, upper = (_shown(chart[key]) for key in ("lower", "centre", "upper"))
    sigma, estimator = _shown(chart["sigma"]), chart["estimator"]
    say(
        options,
        f"{name}: {lower} – {centre} – {upper}; sigma {sigma} ({estimator})",
        f"{PLOTTED_ZH.get(name, name)}：{lower} – {centre} – {upper}；標準差 {sigma}（{estimator}）",
    )
    for caution in chart["cautions"]:
        _tell_caution(options, caution)
    for flag in _runs(chart["flags"]):
        places = _stretches(flag["points"])
        say(
            options,
            f"  rule {flag['rule']}, points {places}: {flag['en']}",
            f"  規則 {flag['rule']}，第 {places} 點：{flag['zh']}",
        )


def _mean(run: dict[str, Any]) -> str:
    error = run["method"].get("constants", {}).get("standard_error")
    return _shown(run["mean"]) if error is None else f"{run['mean']:.3g} ± {2.0 * error:.1g}"


def _tell_caution(options: Namespace, caution: dict[str, str]) -> None:
    say(options, f"  Caution: {caution['en']}", f"  注意：{caution['zh']}")


def _runs(flags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A longer run breaks its rule in one window after another: one line for a person."""
    found: list[dict[str, Any]] = []
    for flag in flags:
        last = found[-1] if found else None
        if last and flag["rule"] == last["rule"] and flag["points"][-1] == last["points"][-1] + 1:
            last["points"] = sorted({*last["points"], *flag["points"]})
        else:
            found.append(dict(flag))
    return found


def _stretches(points: list[int]) -> str:
    """Neighbours joined: 2, 5–9."""
    edges = [at for at in range(len(points)) if at == 0 or points[at] != points[at - 1] + 1]
    pairs = [(points[first], points[end - 1]) for first, end in pairwise([*edges, len(points)])]
    return ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in pairs)


def _shown(number: float | list[float | None] | None) -> str:
    if isinstance(number, list):
        return text("by point", "逐點不同")
    return "–" if number is None else f"{number:.{SIGNIFICANT}g}"

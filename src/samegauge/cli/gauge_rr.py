"""`samegauge gauge-rr FILE`: repeatability and reproducibility of a gauge from a table of readings; needs no site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.columns import Table, plain_number, refusals
from samegauge.cli.output import DONE, say, say_json, text
from samegauge.engines.gauging.layout import crossed_block, nested_block
from samegauge.engines.gauging.repeatability import gauge_rr_crossed, gauge_rr_nested
from samegauge.engines.gauging.study import Source, StudyOptions
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from samegauge.engines.gauging.study import Component, GaugeStudy
    from samegauge.engines.gauging.variances import Bounds

WORDS = {
    Source.GAUGE: ("Gauge R&R", "量具重複性與再現性"),
    Source.REPEATABILITY: ("Repeatability", "重複性"),
    Source.REPRODUCIBILITY: ("Reproducibility", "再現性"),
    Source.PART: ("Parts", "零件"),
}
VERDICTS = {
    "acceptable": ("The gauge is acceptable", "量具可接受"),
    "conditional": ("The gauge is acceptable under conditions", "量具有條件接受"),
    "unacceptable": ("The gauge is not acceptable", "量具不可接受"),
}


def add_arguments(parser: ArgumentParser) -> None:
    table = text("CSV or XLSX with a header", "有標題列的 CSV 或 XLSX")
    parser.add_argument("file", type=Path, help=table, metavar="FILE")
    for name, told in (
        ("value", text("column of readings", "量測值的欄位")),
        ("part", text("column of parts", "零件的欄位")),
        ("operator", text("column of operators", "人員的欄位")),
    ):
        parser.add_argument(f"--{name}", default=name, help=f"{told} ({name})", metavar="COL")
    own = text("each operator has parts of his own", "每位人員各有自己的零件")
    parser.add_argument("--nested", action="store_true", help=own)
    parser.add_argument("--lsl", type=float, help=text("lower specification limit", "規格下限"), metavar="X")
    parser.add_argument("--usl", type=float, help=text("upper specification limit", "規格上限"), metavar="X")


def run(options: Namespace) -> int:
    with refusals(options.file):
        study = _study(options, Table(options.file))
    for source, (english, chinese) in WORDS.items():
        share, of_tolerance = study.components[source].study_percent, study.components[source].tolerance_percent
        told, told_zh = f"{english}: {share:.1f} % of the study variation", f"{chinese}：佔研究變異 {share:.1f} %"
        if of_tolerance is not None:
            told, told_zh = f"{told}, {of_tolerance:.1f} % of the tolerance", f"{told_zh}、公差 {of_tolerance:.1f} %"
        say(options, told, told_zh)
    for caution in study.cautions:
        say(options, f"Caution: {caution.text_en}", f"注意：{caution.text_zh}")
    categories, (english, chinese) = study.distinct_categories or "–", VERDICTS[study.verdict.value]
    say(options, f"{english}; distinct categories: {categories}.", f"{chinese}；可區分類別數：{categories}。")
    say_json(options, {"file": str(options.file), **_plain(study)})
    return DONE


def _study(options: Namespace, table: Table) -> GaugeStudy:
    given = options.lsl is not None or options.usl is not None
    limits = Limits(options.lsl, options.usl, unit="") if given else None
    readings = table.numbers(options.value)
    parts, operators = table.labels(options.part), table.labels(options.operator)
    block, calculate = (nested_block, gauge_rr_nested) if options.nested else (crossed_block, gauge_rr_crossed)
    return calculate(block(readings, parts, operators).readings, StudyOptions(limits=limits))


def _plain(study: GaugeStudy) -> dict[str, Any]:
    return {
        "design": study.design,
        "parts": study.parts,
        "operators": study.operators,
        "trials": study.trials,
        "components": {source.value: _component(one) for source, one in study.components.items()},
        "distinct_categories": study.distinct_categories,
        "distinct_categories_bounds": _bounds(study.distinct_categories_bounds),
        "verdict": study.verdict.value,
        "cautions": [{"code": one.code, "en": one.text_en, "zh": one.text_zh} for one in study.cautions],
        "method": study.method.as_dict(),
    }


def _component(one: Component) -> dict[str, Any]:
    numbers = ("variance", "deviation", "study_variation", "contribution_percent", "study_percent", "tolerance_percent")
    bounds = ("variance_bounds", "contribution_bounds", "study_bounds")
    return {
        **{name: getattr(one, name) for name in numbers},
        **{name: _bounds(getattr(one, name)) for name in bounds},
        "set_to_zero": one.set_to_zero,
    }


def _bounds(bounds: Bounds | None) -> list[float | None] | None:
    return None if bounds is None else [plain_number(bounds.lower), plain_number(bounds.upper)]

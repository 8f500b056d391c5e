"""Sample data of every component and chart; both languages, simulated, from a fixed seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from django.utils.translation import get_language

from samegauge.core.charts import (
    CapabilityHistogram,
    ControlChart,
    Genealogy,
    Interval,
    LifeEvent,
    LifeLine,
    Mark,
    Operation,
    OperationTimeline,
    Phase,
    RunPoint,
    Sparkline,
    State,
    StateStrip,
    StripRow,
    TreeNode,
    Weight,
)
from samegauge.core.face import Action, Cell, Chip, Column, JobProgress, Reading, RecordTable
from samegauge.core.pages import Page

MORNING = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # midnight in Taipei
NOW = datetime(2026, 11, 21, 6, 32, tzinfo=UTC)


def say(english: str, chinese: str) -> str:
    return english if get_language() == "en" else chinese


@dataclass(frozen=True)
class Somebody:
    name: str
    is_authenticated: bool = True

    def __str__(self) -> str:
        return self.name


def shell() -> dict[str, Any]:
    names = [
        ("Start", "起始頁", "home"),
        ("Parts", "零件", "box"),
        ("Characteristics", "特性", "ruler-measure"),
        ("Machines", "機台", "tool"),
        ("Imports", "匯入", "upload"),
    ]
    navigation = [
        {"url": f"/{icon}/", "label": say(english, chinese), "icon": icon, "active": icon == "ruler-measure"}
        for english, chinese, icon in names
    ]
    return {
        "user": Somebody("陳建宏"),
        "organisation": SimpleNamespace(name="Sample Precision Works", name_zh="範例精機"),
        "organisations": [SimpleNamespace(uid="1", name="Sample Foundry", name_zh="範例鑄造")],
        "membership": SimpleNamespace(role="owner", get_role_display=say("Owner", "負責人")),
        "navigation": navigation,
        "version": "0.1.0",
        "simulated": True,
    }


def control() -> ControlChart:
    source = random.Random(7)
    values = [5.0 + source.gauss(0, 0.9) for _ in range(42)]
    values[36] = 9.1
    values[15] = 0.9
    rules = {36: (1,), 24: (2,), 25: (2, 4)}
    points = tuple(
        RunPoint(
            f"BX-{index + 101}",
            value,
            rules.get(index, ()),
            excluded=index == 15,
            reason=say("Probe touched a chip", "測頭碰到切屑") if index == 15 else "",
            url=f"/parts/{index}/",
        )
        for index, value in enumerate(values)
    )
    return ControlChart(
        say("Individuals of 42 parts: point 37 is above the upper limit.", "42 件的個別值：第 37 點超出管制上限。"),
        say("Deviation of bore 12", "12 號孔偏差"),
        "µm",
        points,
        (
            Phase(0, 20, 5.1, 2.0, 8.2),
            Phase(20, 42, 4.8, 1.9, 7.7, say("new guide-block lot", "換滑塊批號")),
        ),
        upper_specification=10.0,
        lower_specification=0.0,
        marks=(Mark(20, "LG-2611"),),
        order_name=say("order of production", "生產順序"),
        decimals=1,
    )


def ranges() -> ControlChart:
    values = [point.value for point in control().points]
    points = tuple(
        RunPoint(f"BX-{index + 102}", abs(after - before), (1,) if index in {35, 36} else ())
        for index, (before, after) in enumerate(pairwise(values))
    )
    sentence = say("Moving ranges: two are above the limit.", "移動全距：兩點超出上限。")
    return ControlChart(
        sentence, say("Moving range", "移動全距"), "µm", points, (Phase(0, 41, 1.05, None, 3.43),), decimals=1
    )


def capability() -> CapabilityHistogram:
    return CapabilityHistogram(
        say("Histogram of 42 values between 0 and 10 µm; none is outside.", "42 筆在 0 與 10 µm 之間，沒有超出。"),
        say("Deviation of bore 12", "12 號孔偏差"),
        "µm",
        (1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5),
        (1, 4, 9, 13, 9, 4, 1, 1),
        lower_specification=0.0,
        upper_specification=10.0,
        nominal=5.0,
        mean=5.02,
        sigma_within=0.93,
        sigma_overall=1.24,
        decimals=1,
    )


def strip() -> StateStrip:
    plan = [
        (0, 7.5, None),
        (7.5, 8.2, State.WAIT),
        (8.2, 8.9, State.SETUP),
        (8.9, 11.6, State.RUN),
        (11.6, 11.9, State.ALARM),
        (11.9, 12.1, State.SETUP),
        (12.1, 13.0, State.WAIT),
        (13.0, 17.4, State.RUN),
        (17.4, 17.5, State.ALARM),
        (17.5, 20.0, State.RUN),
        (20.0, 21.5, State.WAIT),
    ]

    def at(hours: float) -> datetime:
        return MORNING + timedelta(hours=hours)

    rows = tuple(
        StripRow(
            name,
            tuple(Interval(at(a + shift), at(b + shift), state) for a, b, state in plan if state is not None),
            f"/machines/{name}/",
        )
        for name, shift in (("GFAgie01", 0.0), ("Hurco02", 1.4), ("Mazak03", -0.7))
    )
    return StateStrip(
        say("Three machines on 21 November: each ran about 9.6 h.", "11 月 21 日三台機：運轉時間都約 9.6 小時。"),
        MORNING,
        MORNING + timedelta(hours=24),
        rows,
        (
            (MORNING + timedelta(hours=8), say("day shift", "日班")),
            (MORNING + timedelta(hours=20), say("night shift", "夜班")),
        ),
    )


def operations() -> OperationTimeline:
    begin = MORNING + timedelta(hours=9)
    names = [
        ("OP10 Facing", "OP10 銑面"),
        ("OP20 Pockets", "OP20 銑穴"),
        ("OP30 Drilling", "OP30 鑽孔"),
        ("OP40 Boring", "OP40 搪孔"),
    ]
    lengths = (14.0, 42.5, 9.2, 21.0)
    found, at = [], begin
    for index, ((english, chinese), minutes) in enumerate(zip(names, lengths, strict=True)):
        end = at + timedelta(minutes=minutes)
        stops = ((at + timedelta(minutes=12), at + timedelta(minutes=17)),) if index == 1 else ()
        found.append(Operation(say(english, chinese), at, end, stops, f"/operations/{index}/"))
        at = end + timedelta(minutes=6)
    return OperationTimeline(
        say("Four operations in 104 min; pockets stood 5 min.", "四道工序共 104 分鐘；銑穴中斷 5 分鐘。"), tuple(found)
    )


def life() -> LifeLine:
    days = [
        (0, "Cast", "鑄造", Weight.NEUTRAL),
        (2, "Annealed", "退火", Weight.NEUTRAL),
        (9, "Machined", "加工", Weight.NEUTRAL),
        (9.1, "Machined", "加工", Weight.NEUTRAL),
        (10, "Inspected", "檢驗合格", Weight.OK),
        (14, "Built into TX-650-0398", "裝入 TX-650-0398", Weight.NEUTRAL),
        (16, "Delivered", "交機", Weight.NEUTRAL),
        (160, "Spindle warning", "主軸預警", Weight.WARNING),
        (171, "Spindle head replaced", "更換主軸頭", Weight.ALARM),
    ]
    events = tuple(
        LifeEvent(MORNING + timedelta(days=day), say(english, chinese), weight)
        for day, english, chinese, weight in days
    )
    return LifeLine(
        say("Nine events in 171 days, none for 144 of them.", "171 天裡九件事，其中 144 天沒有紀錄。"), events
    )


def tree() -> Genealogy:
    screws = tuple(TreeNode(f"SC-{index:04d}", say("guide screw", "導螺桿")) for index in range(260))
    head = TreeNode(
        "SH-2207",
        say("spindle head · 2026-11-14", "主軸頭 · 2026-11-14"),
        "/u/1/",
        (
            TreeNode(
                "SP-8812",
                say("spindle · 2026-11-10", "主軸 · 2026-11-10"),
                "/u/2/",
                (TreeNode("BR-1"), TreeNode("BR-2")),
                suspect=True,
            ),
            TreeNode("MT-0031", say("motor · 2026-11-11", "馬達 · 2026-11-11"), "/u/3/"),
        ),
        suspect=True,
    )
    old = TreeNode("SH-1190", say("spindle head · until 2026-11-14", "主軸頭 · 至 2026-11-14"), "/u/4/", replaced=True)
    bed = TreeNode("BED-77", say("casting of melt M-611", "M-611 爐批鑄件"), "/u/5/", hidden=12)
    root = TreeNode(
        "TX-650-0398",
        say("machining centre", "加工中心機"),
        "/u/0/",
        (head, old, bed, TreeNode("GW-3", say("guideway set", "滑軌組"), "/u/6/", screws[:4])),
    )
    return Genealogy(
        say("The machine and its parts; a suspect spindle sits in its head.", "機台與零件；可疑的主軸在主軸頭裡。"),
        root,
    )


def readings() -> list[Reading]:
    return [
        Reading(
            say("Positioning deviation", "定位偏差"),
            8.93,
            "µm",
            upper=12.0,
            expanded_uncertainty=1.6,
            taken_at=NOW - timedelta(minutes=3),
            count=5,
            chip=Chip("ok", say("Conforms", "合格")),
        ),
        Reading(
            say("Bore diameter", "孔徑"),
            25.0076,
            "mm",
            3,
            24.99,
            25.008,
            25.0,
            0.0009,
            taken_at=NOW - timedelta(hours=4),
            chip=Chip("undecided", say("Undecided", "無法判定")),
        ),
        Reading(
            say("Tightening torque", "鎖固扭力"),
            124.04,
            "N·m",
            1,
            116.0,
            124.0,
            taken_at=NOW - timedelta(days=2),
            provenance="simulated",
            chip=Chip("alarm", say("Does not conform", "不合格")),
        ),
    ]


def chips() -> list[Chip]:
    return [
        Chip("alarm", say("Act now", "立刻處理")),
        Chip("warning", say("16 days left", "剩 16 天")),
        Chip("ok", say("Conforms", "合格")),
        Chip("undecided", say("Undecided", "無法判定")),
        Chip("neutral", say("Delivered", "已交機")),
        Chip("running", say("Running", "運轉中")),
        Chip("no_data", say("No data", "沒有資料")),
    ]


def spark() -> Sparkline:
    source = random.Random(3)
    return Sparkline(
        say("Last 24 values, one above the limit", "最近 24 筆，一筆超出上限"),
        (*(source.gauss(5, 1) for _ in range(23)), 8.6),
        2.0,
        8.0,
        (23,),
    )


def records() -> RecordTable:
    from samegauge.core.charts import sparkline

    columns = (
        Column(say("Serial", "序號"), sort="serial"),
        Column(say("Part", "零件"), sort="part"),
        Column(say("Status", "狀態")),
        Column(say("Bore 12", "12 號孔"), numeric=True, unit="µm", sort="bore"),
        Column(say("Course", "趨勢")),
        Column(say("Inspected", "檢驗時間"), numeric=True, sort="inspected"),
    )
    rows = tuple(
        (
            Cell(f"BX-{101 + index}", f"/parts/{index}/", code=True, provenance="simulated" if index == 1 else ""),
            Cell(say("Box", "盒體")),
            Cell(
                chip=Chip("alarm", say("Does not conform", "不合格"))
                if index == 2
                else Chip("ok", say("Conforms", "合格"))
            ),
            Cell(f"{4.2 + index * 0.37:.1f}"),
            Cell(svg=sparkline(spark())),
            Cell(f"2026-11-21 0{index}:32"),
        )
        for index in range(8)
    )
    page = Page(list(rows), 2, 1283, 50, "?page=1", "?page=3")
    views = ((say("All", "全部"), "?", True), (say("Not conforming", "不合格"), "?view=failed", False))
    return RecordTable(say("Parts", "零件"), columns, rows, page, "-inspected", views, not_shown=31)


def jobs() -> list[JobProgress]:
    name = say("Import of machine logs", "匯入機台紀錄")
    return [
        JobProgress(
            "a",
            name,
            "running",
            812_400,
            1_283_000,
            say("log of 2026-11-20", "2026-11-20 的紀錄"),
            74.0,
            "/jobs/a/",
            "/jobs/a/stop/",
        ),
        JobProgress("b", name, "requested", poll_url="/jobs/b/"),
        JobProgress(
            "c",
            name,
            "done",
            10,
            10,
            say("10 files, 2 lines set aside.", "10 個檔案，2 行隔離。"),
            result=Action(say("Open the result", "查看結果"), "/imports/c/"),
        ),
        JobProgress(
            "d",
            name,
            "failed",
            3,
            10,
            say(
                'Nothing was imported. Line 214, column "temperature": "86O" is not a number.',
                "沒有匯入任何資料。第 214 行「溫度」欄的「86O」不是數字。",
            ),
        ),
    ]


def steps() -> list[dict[str, Any]]:
    return [
        {
            "number": 1,
            "text": say("Clean the seat", "清潔安裝面"),
            "done_by": "林雅婷",
            "done_at": NOW - timedelta(minutes=9),
        },
        {
            "number": 2,
            "text": say("Tighten screw 3 to 120 N·m", "鎖 3 號螺絲到 120 N·m"),
            "current": True,
            "reading": readings()[2],
        },
        {"number": 3, "text": say("Scan the spindle head", "掃描主軸頭")},
    ]


def verdicts() -> list[dict[str, Any]]:
    return [
        {
            "kind": "alarm",
            "sentence": say("Point 37 is above the upper control limit.", "第 37 點超出管制上限。"),
            "reason": say("Check guide-block lot LG-2611, then assign a cause.", "先查滑塊批號 LG-2611，再指定原因。"),
            "actions": [
                Action(say("Assign a cause", "指定原因"), "/cause/", "pencil"),
                Action(say("Open the lot", "查看批號"), "/lot/"),
            ],
        },
        {
            "kind": "warning",
            "sentence": say("Torque wrench TW-08 is due in 5 days.", "扭力扳手 TW-08 還有 5 天到期。"),
            "actions": [Action(say("Plan calibration", "安排校正"), "/plan/", "calendar", "post")],
        },
        {
            "kind": "undecided",
            "sentence": say(
                "12 values cannot decide Cp ≥ 1.33; about 38 more are needed.",
                "現有 12 筆，還不能判定 Cp ≥ 1.33；約需再 38 筆。",
            ),
            "reason": say("Cpk 1.17 (95 % lower bound 0.93, n = 12)", "Cpk 1.17（95 % 下界 0.93，n = 12）"),
        },
        {
            "kind": "ok",
            "sentence": say("Nothing needs attention.", "沒有需要處理的事。"),
            "reason": say("Checked 2026-11-21 14:32.", "檢查時間 2026-11-21 14:32。"),
        },
    ]

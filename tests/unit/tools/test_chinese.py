from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import chinese

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("共3件", "one space between"),
        ("匯入QIF 檔", "one space between"),
        ("匯入  QIF 檔", "one space, not more"),
        ("料件, 批號", "full-width punctuation"),
        ("序號: ABC", "full-width punctuation"),
        ("找不到這個檔案.", "full-width punctuation"),
        ("偏差 (E)", "full-width parentheses"),
        ("ISO 230-2 (定位)", "full-width parentheses"),
        ('按"存檔"', "Chinese quotation marks"),
        ("按 「存檔」", "no space beside"),
        ("共 ３ 件", "half-width"),
        ("完成！", "no exclamation marks"),
        ("請問您的姓名", "你"),
        ("这件零件", "a simplified character"),
        ("匯入軟件", "Taiwan says 軟體"),
        ("共%(count)d件", "one space between"),
        ("見<b>QIF</b> 檔", "one space between"),
    ],
)
def test_each_slip_has_its_advice(text: str, advice: str) -> None:
    assert any(advice in fault for fault in chinese.faults(text)), list(chinese.faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "共 %(count)d 件，%(serial)s已裝上。",
        "機台「XYZ-1」（2026 年 5 月）：主軸 12,000 rpm。",
        "檔案 {name} 第 {line} 行：單位不明",
        "見 <a href='x'>說明</a>。",
        "Part, serial: A (x)!",
        "里程、台灣、後面、雲端",
        "網址：https://example.org/零件",
    ],
)
def test_well_set_chinese_is_silent(text: str) -> None:
    assert not list(chinese.faults(text))


def test_no_character_of_both_scripts_is_called_simplified() -> None:
    ordinary = "繁體中文介面可以匯入量測結果與機台紀錄並且顯示每一件零件從訂單到預警的完整履歷包含合格判定"
    ordinary += "公差上限下限名目值實際值偏差加工程式版次刀具主軸進給倍率警報停機溫度振動壓力流量位移速度加速度"
    assert not chinese.SIMPLIFIED.findall(ordinary)


def test_every_kind_of_file_is_read(found: Callable[..., list[str]]) -> None:
    bad = "共3件"
    files = {
        "src/a.py": f'"""{bad}"""\nx = "{bad}"\ny = f"{{x}}{bad}"\n',
        "src/templates/a.html": f'{{# {bad} #}}\n<p title="{bad}">\n{bad}</p><code>{bad}</code>\n',
        "src/a.json": f'{{"a": ["{bad}"]}}',
        "src/a.toml": f'a = "{bad}"',
        "docs/a.md": f"{bad}\n\n```\n{bad}\n```\n",
        "src/a.typ": f'#let a = "{bad}"',
        "tests/a.py": f'x = "{bad}"',
    }
    places = [finding.rpartition(": '")[0] for finding in found(chinese.findings, files)]
    assert sorted({place.removesuffix(":") for place in places}) == [
        "docs/a.md:1",
        "src/a.json:1",
        "src/a.py:2",
        "src/a.py:3",
        "src/a.toml:1",
        "src/a.typ:1",
        "src/templates/a.html:2",
        "src/templates/a.html:3",
    ]

"""Spreadsheets as firms keep them: title rows, merged cells, units in headers, dates of the Republic, full width."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl


def workbook(sheets: dict[str, list[list[Any]]], merged: dict[str, list[str]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cells in (merged or {}).get(title, []):
            sheet.merge_cells(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def suppliers_in_big5() -> bytes:
    """As the accounting program saves them: Big5, no column for the kind, an order of its own."""
    lines = [
        "廠商資料表,,,列印日期：115/11/21",
        "",
        "統一編號,廠商名稱,廠商代號,聯絡電話,合格廠商,備註",
        '04595257,大同鑄造股份有限公司,\uff36００１,04-2359-0000,是,"鑄件, 床台"',
        "12345675,永光熱處理廠,V002,(04)2359 1111,否,",
        "22099131,日盛軸承,V003,,Y,交期 30 天",
    ]
    return "\r\n".join(lines).encode("cp950")


def machines_with_parts() -> bytes:
    """One sheet of two levels: machines and the parts in them, the model merged over its rows."""
    head = [
        "機型",
        "序號",
        "上層序號",
        "部位",
        "製造日期",
        "裝配日期",
        "客戶",
        "裝機日期",
        "運轉時數(小時)",
        "抄表日期",
        "爐號",
        "批號類別",
    ]
    melt = [None, None, None, None, "M-113", "爐號"]
    rows: list[list[Any]] = [
        ["海港工廠 機台總表", None, None, None, "製表：林"],
        [None],
        head,
        ["TX-650", "TX-650-0001", None, None, "113/03/05", None, "C-001", "113/04/02", "1,250.5", "115/10/01"],
        [None, "TX-650-0002", None, None, date(2024, 3, 9), None, "C-001", "2024.4.20", "75000 min", "115年10月1日"],
        ["BED-65", "BED-65-0007", "TX-650-0001", "床台", "民國113年1月8日", "113/02/01", *melt],
        [None, "\uff22\uff25\uff24－６５－０００８", "TX-650-0002", "床台", "1130109", "113/02/10", *melt],
        ["SPN-24", "SPN-24-0011", "BED-65-0007", None, None, None],
    ]
    return workbook({"說明": [["請見第二頁", "v3"]], "機台": rows}, {"機台": ["A1:D1", "A4:A5", "A6:A7"]})


def items() -> bytes:
    rows = [
        ["料號", "品名", "中文品名", "類別", "版次", "發行日"],
        ["TX-650", "Machining centre", "綜合加工機", "整機", "B", "112/05/01"],
        ["BED-65", "Bed", "床台", "鑄件", "A", None],
        ["SPN-24", "Spindle", "主軸", "總成", None, None],
    ]
    return workbook({"料件": rows})

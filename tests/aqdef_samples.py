"""A small AQDEF file whose lines the tests exchange one by one."""

from __future__ import annotations

DFQ = """K0100 3
K1001/1 SH-40
K1002/1 主軸殼
K2001/1 D1
K2002/1 前軸承孔徑
K2004/1 0
K2022/1 4
K2101/1 40,000
K2110/1 39,990
K2111/1 40,010
K2142/1 mm
K2402/1 CM-01
K2001/2 P1
K2002/2 平行度
K2004/2 0
K2101/2 0
K2111/2 0,020
K2142/2 mm
K2001/3 V1
K2002/3 外觀
K2004/3 1
K0001/1 40,0012
K0002/1 0
K0004/1 21.11.2026/08:15:00
K0008/1 王小明
K0001/2 0,0085
K0002/2 0
K0004/2 21.11.2026/08:16:00
K0020/3 1000
K0021/3 0
K0014/0 SH-40-001
K0001/1 40,0121
K0002/1 0
K0004/1 21.11.2026/09:15:00
K0008/1 王小明
K0001/2 0,0102
K0002/2 0
K0020/3 1000
K0021/3 1
K0014/0 SH-40-002
"""


def dfq(*changes: tuple[str, str]) -> bytes:
    """The file with texts replaced; a change that finds nothing is a fault of the test."""
    text = DFQ
    for old, new in changes:
        if old not in text:
            raise ValueError(old)
        text = text.replace(old, new)
    return text.encode()

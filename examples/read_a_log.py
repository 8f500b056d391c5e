"""What did the machine report? Lines of an MTConnect adapter (SHDR), good and bad, as they come off the wire."""

from __future__ import annotations

from samegauge.formats.shdr import BadLine, read_lines

LOG = b"""2026-11-21T08:00:00.000Z|execution|ACTIVE
2026-11-21T08:00:01.250Z|Xabs|12.5031|Sspeed|8000
2026-11-21T08:00:02.500Z|Xabs|UNAVAILABLE
this is no line
"""

for line in read_lines(LOG):
    if isinstance(line, BadLine):
        print(f"line {line.line} is set aside: {line.reason.value[0]}")
    else:
        print(", ".join(f"{one.tag} = {one.value}" for one in line))

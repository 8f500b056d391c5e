"""A second writer: `lake_writer.py ROOT ORGANISATION FILE...` imports one file after the other."""

from __future__ import annotations

import sys
from pathlib import Path

from samegauge.lake.intake import import_shdr
from samegauge.lake.store import Lake

if __name__ == "__main__":
    lake = Lake(Path(sys.argv[1])).for_organisation(sys.argv[2])
    for name in sys.argv[3:]:
        sys.stdout.write(f"{import_shdr(lake, [Path(name)]).stored}\n")

"""A second writer: imports the named files into the lake of an organisation, told by `lake_writer.py ROOT ORGANISATION FILE...`."""

from __future__ import annotations

import sys
from pathlib import Path

from samegauge.lake import Lake, import_shdr

if __name__ == "__main__":
    lake = Lake(Path(sys.argv[1])).for_organisation(sys.argv[2])
    for name in sys.argv[3:]:
        print(import_shdr(lake, [Path(name)]).stored)

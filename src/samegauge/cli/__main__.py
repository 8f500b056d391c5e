from __future__ import annotations

import sys

from samegauge.cli.main import main

sys.exit(main())

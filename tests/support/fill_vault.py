"""Keeps random files of one MiB in the vault of the only organisation: python fill_vault.py MEBIBYTES"""

from __future__ import annotations

import random
import sys

from samegauge.cli.site import open_site

if __name__ == "__main__":
    open_site()
    from samegauge.core.organisations.models import Organisation
    from samegauge.core.scope import organisation_scope
    from samegauge.core.vault.rules import keep

    source = random.Random(1)
    with organisation_scope(Organisation.objects.get()):
        for number in range(int(sys.argv[1])):
            keep(source.randbytes(2**20), f"{number}.bin")

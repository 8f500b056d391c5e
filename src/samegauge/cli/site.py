"""Opening the site for a command: its settings, and its tables in this version's form."""

from __future__ import annotations

import os

from samegauge.cli import schema
from samegauge.core.site import Site


def set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samegauge.web.settings")
    import django

    django.setup()


def open_site() -> Site:
    """Set Django up and bring the tables up to date: what every command that touches records calls first."""
    site = Site.from_environment()
    set_up_django()
    if not schema.is_current(site):
        schema.bring_up_to_date(site)
    return site

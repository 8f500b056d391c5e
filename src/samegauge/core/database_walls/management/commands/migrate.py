from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from samegauge.core.database_walls.building import rebuilt


class Command(migrate.Command):
    """Django's own, with the walls between organisations built anew after each change of the tables."""

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        with rebuilt(connections[options["database"]]):
            super().handle(*args, **options)

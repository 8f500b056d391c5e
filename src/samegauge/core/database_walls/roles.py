"""As whom a session asks PostgreSQL, and what it says about whose records it wants."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.backends.utils import truncate_name

ORGANISATION, REASON = "samegauge.organisation", "samegauge.reason"
TELL = f"SELECT set_config('role', %s, %s), set_config('{ORGANISATION}', %s, %s), set_config('{REASON}', %s, %s)"
# A sub-select is evaluated once a statement, and PostgreSQL folds this condition with the same one in our queries.
# Joined by OR with the other condition it could not; hence a role for each.
ITS_OWN = f"organisation_id = (SELECT nullif(current_setting('{ORGANISATION}', true), '')::bigint)"
EVERY = f"(SELECT nullif(current_setting('{REASON}', true), '')) IS NOT NULL"


@dataclass(frozen=True)
class Roles:
    """Who asks: `one` sees one organisation's rows, `every` those of all for the reason it states."""

    one: str
    every: str

    @classmethod
    def of(cls, database: str) -> Roles:
        """Return the names for a database: roles belong to the whole server, where there may be other sites."""
        stem = truncate_name(database, 55)
        return cls(f"{stem}_app", f"{stem}_every")

    @property
    def both(self) -> list[str]:
        return [self.one, self.every]

    @property
    def policies(self) -> dict[str, tuple[str, str]]:
        """Role and condition by the name of the policy."""
        return {"wall_one": (self.one, ITS_OWN), "wall_every": (self.every, EVERY)}

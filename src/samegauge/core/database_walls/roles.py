"""As whom a session asks PostgreSQL, and what it says about whose records it wants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.db.backends.utils import truncate_name

ORGANISATION, REASON = "samegauge.organisation", "samegauge.reason"
GRANT, READER = "samegauge.grant", "samegauge.reader"
OWN = f"(SELECT nullif(current_setting('{ORGANISATION}', true), '')::bigint)"
# Each sub-select is evaluated once a statement. The second one takes nearly every row for visible in the planner's
# eyes, so that it plans as it would without the policy. The first alone, which PostgreSQL folds with the same condition
# in our queries, made it forgo better joins: a list's far page took 2.3 times as long.
VISIBLE = f"organisation_id = {OWN} OR (SELECT nullif(current_setting('{REASON}', true), '')) IS NOT NULL"
TELL = "SELECT " + ", ".join(
    f"set_config('{name}', %s, false)" for name in ("role", ORGANISATION, REASON, GRANT, READER)
)


@dataclass(frozen=True)
class Roles:
    """As whom the site works, and as whom it looks through a window, where it may only read."""

    site: str
    window: str


@cache
def roles_of(database: str) -> Roles:
    """Return the names of the site's roles: roles belong to the whole server, where there may be other sites."""
    short = truncate_name(database, 55)
    return Roles(f"{short}_app", f"{short}_window")

"""As whom a session asks PostgreSQL, and what it says about whose records it wants."""

from __future__ import annotations

from functools import cache

from django.db.backends.utils import truncate_name

ORGANISATION, REASON = "samegauge.organisation", "samegauge.reason"
# Each sub-select is evaluated once a statement. The second one takes nearly every row for visible in the planner's
# eyes, so that it plans as it would without the policy. The first alone, which PostgreSQL folds with the same condition
# in our queries, made it forgo better joins: a list's far page took 2.3 times as long.
VISIBLE = (
    f"organisation_id = (SELECT nullif(current_setting('{ORGANISATION}', true), '')::bigint) "
    f"OR (SELECT nullif(current_setting('{REASON}', true), '')) IS NOT NULL"
)
TELL = (
    f"SELECT set_config('role', %s, false), set_config('{ORGANISATION}', %s, false), set_config('{REASON}', %s, false)"
)


@cache
def role_of(database: str) -> str:
    """Return the name of the site's role: roles belong to the whole server, where there may be other sites."""
    return f"{truncate_name(database, 55)}_app"

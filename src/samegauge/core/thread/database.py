"""The one recursive question that the ORM cannot ask; bound to the organisation in scope like every other query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from samegauge.core.scope import current_organisation_id

if TYPE_CHECKING:
    from datetime import datetime

_BELOW = """
WITH RECURSIVE below(top, unit) AS (
    SELECT edge.child_id, edge.child_id FROM thread_asbuiltedge edge
    WHERE edge.organisation_id = %(organisation)s AND edge.retracted_at IS NULL
      AND edge.valid_from <= %(at)s AND (edge.valid_to IS NULL OR edge.valid_to > %(at)s)
      AND edge.parent_id = %(root)s
    UNION
    SELECT below.top, edge.child_id FROM thread_asbuiltedge edge JOIN below ON edge.parent_id = below.unit
    WHERE edge.organisation_id = %(organisation)s AND edge.retracted_at IS NULL
      AND edge.valid_from <= %(at)s AND (edge.valid_to IS NULL OR edge.valid_to > %(at)s)
)
SELECT top, COUNT(*) - 1 FROM below GROUP BY top
"""


def descendant_counts(root_id: int, at: datetime) -> dict[int, int]:
    """Return, for each direct child of a unit, how many units lie below that child at a moment."""
    moment = connection.ops.adapt_datetimefield_value(at)
    arguments = {"organisation": current_organisation_id(), "root": root_id, "at": moment}
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, arguments)
        return dict(cursor.fetchall())

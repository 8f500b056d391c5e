"""Looking through a grant: it is read anew each time, and what it covers is worked out from what is built in now."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from samegauge.core.scope import Window, current_organisation_id, looking_through, open_scope, organisation_scope
from samegauge.core.sharing.models import Grant, GrantedUnit, is_live
from samegauge.core.thread.genealogy import batches
from samegauge.core.thread.models import AsBuiltEdge, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    # Whether a unit is open with its thread, and whether with its passports.
    Open = tuple[bool, bool]


class NoGrantError(Exception):
    """There is no such grant for this organisation, or it is over."""


def open_window() -> Window | None:
    scope = open_scope()
    return scope.window if scope else None


@contextmanager
def window(grant_uid: UUID) -> Iterator[Grant]:
    """Show, inside the block, what the grant covers and nothing else; for its receiver, and its giver to look at."""
    grant = Grant.objects.filter(is_live(), uid=grant_uid).select_related("organisation", "receiver").first()
    if grant is None:
        raise NoGrantError
    reader_id = current_organisation_id()
    with organisation_scope(grant.organisation_id):
        bring_up_to_date(grant)
    with looking_through(Window(grant.pk, grant.uid, reader_id), grant.organisation_id):
        yield grant


def bring_up_to_date(grant: Grant) -> None:
    """Keep the grant's units in step with what is in its unit now; writes only when something changed."""
    if _noted(grant) == _covered(grant):
        return
    with transaction.atomic():
        # Of two readers at once the second one finds it done; of one and a revocation, whatever comes first is whole.
        standing = Grant.objects.select_for_update(of=("self",)).filter(is_live(), pk=grant.pk).first()
        covered = _covered(grant) if standing else {}
        noted = _noted(grant)
        changed = [unit for unit in noted if covered.get(unit) != noted[unit]]
        for some in batches(changed):
            GrantedUnit.objects.filter(grant=grant, unit__in=some).delete()
        GrantedUnit.objects.bulk_create(
            [
                GrantedUnit(grant=grant, unit_id=unit, with_thread=thread, with_passports=passports)
                for unit, (thread, passports) in covered.items()
                if noted.get(unit) != (thread, passports)
            ],
            batch_size=500,
        )


def _noted(grant: Grant) -> dict[int, Open]:
    rows = GrantedUnit.objects.filter(grant=grant).values_list("unit_id", "with_thread", "with_passports")
    return {unit: (thread, passports) for unit, thread, passports in rows}


def _covered(grant: Grant) -> dict[int, Open]:
    """The unit; for its history also what is in it now, with its thread, and what was taken out, by its name."""
    if not Unit.objects.filter(pk=grant.unit_id).exists():
        return {}
    root = {grant.unit_id: (grant.covers_history, grant.covers_passports)}
    if not grant.covers_history:
        return root
    now = datetime.now(UTC)
    inside, once, level = {grant.unit_id}, set[int](), [grant.unit_id]
    while level:
        edges = [edge for some in batches(level) for edge in _edges(some)]
        once.update(child for child, _since, _until in edges)
        present = {child for child, since, until in edges if since <= now and (until is None or until > now)}
        level = sorted(present - inside)
        inside |= present
    named = dict.fromkeys(once - inside, (False, False))
    return named | dict.fromkeys(inside, (True, False)) | root


def _edges(parents: list[int]) -> Iterator[tuple[int, datetime, datetime | None]]:
    yield from AsBuiltEdge.objects.filter(parent__in=parents).values_list("child_id", "valid_from", "valid_to")

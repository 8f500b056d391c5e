"""The pictures of steps: kept in the vault, chosen again for another step, and shown to who may read the procedure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.apps.inspection.plans.models import ProcedureStep
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from samegauge.apps.inspection.plans.models import Procedure

SHOWN = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
MEDIA_TYPES = ("image/jpeg", "image/png")
MOST_PICTURE_BYTES = 8 * 2**20
MOST_OFFERED = 100


class PictureError(Exception):
    """The file was not kept; the message says why, in the reader's language."""


def keep_picture(file: Any) -> StoredFile:
    """Keep an uploaded picture that a browser shows without running anything in it."""
    if file.size > MOST_PICTURE_BYTES:
        raise PictureError(_("A picture has at most 8 MiB. Send a smaller one."))
    content = file.read(MOST_PICTURE_BYTES)
    if not content.startswith(tuple(SHOWN)):
        raise PictureError(_("A picture is JPEG or PNG."))
    return keep(content, file.name)


def pictures_kept(hashes: Iterable[str]) -> dict[str, StoredFile]:
    """Return the organisation's own pictures by their SHA-256; the first of several names."""
    rows = StoredFile.objects.filter(sha256__in=set(hashes) - {""}, media_type__in=MEDIA_TYPES)
    return {row.sha256: row for row in rows.order_by("-pk")}


def pictures_offered(procedure: Procedure) -> list[tuple[str, str]]:
    """SHA-256 and name of what steps show already, and of the item's own pictures."""
    shown = Q(pk__in=ProcedureStep.objects.exclude(picture=None).values("picture"))
    documented = Q(documents__item=procedure.item, documents__retracted_at=None)
    rows = StoredFile.objects.filter(shown | documented, media_type__in=MEDIA_TYPES).distinct().order_by("name", "-pk")
    return [(row.sha256, row.name) for row in rows[:MOST_OFFERED]]


def picture_url(procedure: Procedure, picture: StoredFile | None) -> str:
    return reverse("step_picture", args=[procedure.uid, picture.uid]) if picture else ""

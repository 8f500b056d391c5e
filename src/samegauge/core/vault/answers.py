"""A kept file as an answer to a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import FileResponse

from samegauge.core.vault.rules import open_stored

if TYPE_CHECKING:
    from samegauge.core.vault.models import StoredFile

# Shown inline only where the browser cannot run anything in it.
INLINE_TYPES = {"application/pdf", "image/png", "image/jpeg"}


def stored_answer(stored: StoredFile) -> FileResponse:
    inline = stored.media_type in INLINE_TYPES
    response = FileResponse(
        open_stored(stored),
        as_attachment=not inline,
        filename=stored.name,
        content_type=stored.media_type if inline else "application/octet-stream",
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

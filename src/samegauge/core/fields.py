from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

LONGEST_REASON = 500  # characters, of what a person says why


class JsonField(models.JSONField):
    """Django's field without its CHECK (JSON_VALID), which SQLite 3.40 refuses in a schema that is not trusted."""

    def db_check(self, connection: BaseDatabaseWrapper) -> None:  # noqa: ARG002 - Django's signature
        return None

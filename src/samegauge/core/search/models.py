"""The index of the search: one entry per record that can be found, and the grams under which each is filed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from samegauge.core.scope import Owned


class SearchEntry(Owned):
    """What a record is found by; it holds no page and no address, so a search shows only what its reader may open.

    `record` is the key of the record's row: by it a database finds the rows to show whatever it knows of the table,
    where SQLite would rather walk through an organisation. `key` is the beginning of the first line in hexadecimal,
    which every database sorts alike.
    """

    organisation_id: int
    kind = models.CharField(max_length=40)
    record = models.BigIntegerField()
    key = models.CharField(max_length=120)
    filed = models.TextField()

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "kind", "record"], name="a_record_is_filed_once")
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "kind", "key"], name="search_entry_by_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}"


class SearchGram(Owned):
    """One gram of one entry, compared by equality: the only comparison that every database does alike.

    `entry` is a number without a constraint: ten rows a record, each checked, would double what filing costs. A gram
    whose entry is gone finds nothing.
    """

    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    gram = models.CharField(max_length=3)
    kind = models.CharField(max_length=40)
    entry = models.BigIntegerField()

    class Meta(Owned.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "gram", "kind", "entry"], name="search_gram_entry")]

    def __str__(self) -> str:
        return self.gram


class SearchMark(models.Model):
    """By which rules the index was built, folding and declarations, and whether that was finished."""

    belongs_to = "platform"

    rules = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.rules

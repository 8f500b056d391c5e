"""Row seals: whatever is written into a table of evidence is hashed in the same transaction, for the log.

An event seals itself by its leaf hash. Rows are what events and files say, kept so that they can be searched; a seal is
what finds that one of them was changed, added or taken away past the program.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

from django.apps import apps

from samegauge.core.kinds.models import Record
from samegauge.core.merkle_log.models import EntryKind, RowSeal, Waiting
from samegauge.core.scope import Retractable, is_owned
from samegauge.core.thread.models import Event
from samegauge.doors.crypto import sha256
from samegauge.formats.canonical import leaf_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db import models

AT_ONCE = 500
KEY_BYTES = 8
HASH_BYTES = 32
GONE = bytes(HASH_BYTES)
# Evidence besides what imports bring in and what people keep as records; a model of an app says `sealed = True`.
_ALSO = {
    "thread.Revision",
    "thread.Lot",
    "thread.Block",
    "measurement.Characteristic",
    "vault.StoredFile",
    "kinds.Change",
}


def is_sealed(model: type[models.Model]) -> bool:
    declared: bool | None = getattr(model, "sealed", None)
    if declared is not None:
        return declared
    return issubclass(model, Retractable | Record) or model._meta.label in _ALSO


def sealed_models() -> list[Any]:
    return [model for model in apps.get_models() if is_owned(model) and is_sealed(model)]


class Sealing:
    """What the wall's layer tells of written rows."""

    def follows(self, model: type[models.Model]) -> bool:
        return model is Event or is_sealed(model)

    def added(self, records: Sequence[Any], keys: Sequence[int]) -> None:
        if isinstance(records[0], Event):
            owners = [record.organisation_id for record in records]
            _wait(EntryKind.EVENT, zip(owners, keys, strict=True))
        else:
            seal(type(records[0]), keys)

    def changed(self, model: type[models.Model], keys: list[int]) -> None:
        if model is not Event:
            seal(model, keys)


def sealed_deletion(sender: type[models.Model], instance: Any, **_told: Any) -> None:
    """Connected to Django's own signal, which no lawful way of deleting passes by."""
    if is_owned(sender) and is_sealed(sender):
        _keep(sender, instance.organisation_id, column_names(sender), [(instance.pk, GONE)])


def seal(model: Any, keys: Sequence[int]) -> None:
    """Hash rows as the database gives them back; what the caller holds may be spelt otherwise."""
    names = column_names(model)
    place = names.index("organisation_id")
    for start in range(0, len(keys), AT_ONCE):
        rows = model._base_manager.filter(pk__in=keys[start : start + AT_ONCE]).order_by("pk")
        found: dict[int, list[tuple[int, bytes]]] = {}
        for key, *values in rows.values_list("pk", *names):
            found.setdefault(values[place], []).append((key, row_hash(values)))
        for organisation_id, hashed in found.items():
            _keep(model, organisation_id, names, hashed)


def column_names(model: Any) -> list[str]:
    return sorted(field.attname for field in model._meta.concrete_fields if not field.primary_key)


def row_hash(values: Sequence[Any]) -> bytes:
    return sha256(json.dumps(values, default=_plain, sort_keys=True, separators=(",", ":")).encode())


def packed(hashed: Iterable[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    rows = list(hashed)
    keys = struct.pack(f">{len(rows)}q", *(key for key, _digest in rows))
    return keys, b"".join(digest for _key, digest in rows)


def rows_of(seal: RowSeal) -> Iterator[tuple[int, bytes]]:
    """Keys and hashes; a seal whose parts do not fit gives what fits."""
    keys, hashes = bytes(seal.keys), bytes(seal.hashes)
    for number in range(min(len(keys) // KEY_BYTES, len(hashes) // HASH_BYTES)):
        (key,) = struct.unpack_from(">q", keys, number * KEY_BYTES)
        yield key, hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]


def seal_leaf(seal: RowSeal) -> bytes:
    """What stands in the log for a seal."""
    return leaf_digest(
        {
            "seal": str(seal.uid),
            "table": seal.table,
            "columns": seal.columns,
            "keys": bytes(seal.keys).hex(),
            "hashes": bytes(seal.hashes).hex(),
        }
    )


def _keep(model: Any, organisation_id: int, names: list[str], hashed: list[tuple[int, bytes]]) -> None:
    keys, hashes = packed(hashed)
    made = RowSeal.objects.create(
        organisation_id=organisation_id,
        table=model._meta.label_lower,
        columns=" ".join(names),
        keys=keys,
        hashes=hashes,
    )
    _wait(EntryKind.SEAL, [(organisation_id, made.pk)])


def _wait(kind: EntryKind, rows: Iterable[tuple[int, int]]) -> None:
    waiting = [Waiting(organisation_id=owner, kind=kind, key=key) for owner, key in rows]
    Waiting.objects.bulk_create(waiting, batch_size=AT_ONCE)


def _plain(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)

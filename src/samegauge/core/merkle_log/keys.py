"""The keys in the data folder: with which an organisation signs, and which witnesses this site believes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from samegauge.doors.crypto import load_or_create_key, store_public_key
from samegauge.formats.witness_keys import read_witness_keys

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation
    from samegauge.doors.crypto import SigningKey
    from samegauge.formats.checkpoint import NoteKey

log = logging.getLogger(__name__)


def keys_folder() -> Path:
    return Path(settings.SAMEGAUGE_HOME) / "keys"


def has_key(organisation: Organisation) -> bool:
    return (keys_folder() / f"{organisation.uid}.key").exists()


def organisation_key(organisation: Organisation) -> SigningKey:
    """Return the organisation's key, made at first use; this site trusts it from then on."""
    key = load_or_create_key(keys_folder() / f"{organisation.uid}.key")
    trusted = keys_folder() / "trusted" / f"{organisation.uid}.pub"
    if not trusted.exists():
        store_public_key(key.public, trusted)
    return key


def witness_keys() -> list[NoteKey]:
    keys, unusable = read_witness_keys(keys_folder())
    for name, reason in unusable.items():
        log.warning("The witness key %s could not be read: %s", name, reason)
    return keys

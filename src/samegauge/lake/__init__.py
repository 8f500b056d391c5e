"""Telemetry: what machines said, in one Delta table for each organisation, with a ledger of what arrived."""

from __future__ import annotations

from samegauge.lake.intake import ShdrReport, ShdrSource, import_shdr, warm
from samegauge.lake.ledger import Arrival, FileEntry, Ledger, Retraction
from samegauge.lake.store import Lake, OrganisationLake

__all__ = [
    "Arrival",
    "FileEntry",
    "Lake",
    "Ledger",
    "OrganisationLake",
    "Retraction",
    "ShdrReport",
    "ShdrSource",
    "import_shdr",
    "warm",
]

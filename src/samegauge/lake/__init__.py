"""Telemetry: what machines said, in one Delta table for each organisation, with a ledger of what arrived."""

"""The current organisation's part of the telemetry lake."""

from __future__ import annotations

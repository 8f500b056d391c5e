from __future__ import annotations

from system.attacks.conftest import firm, folder, hostile_firm

__all__ = ["firm", "folder", "hostile_firm"]

from __future__ import annotations

from unit.core.attention.conftest import english, member, plant

__all__ = ["english", "member", "plant"]

from __future__ import annotations

from samegauge.core.organisations.models import Role

# Who drafts and releases what people work by, and who may let a unit pass a gate.
SUPERVISORS = frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})

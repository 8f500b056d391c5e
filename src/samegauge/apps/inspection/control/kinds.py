from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.control.models import ActionCode, CauseCode
from samegauge.core.kinds.declaration import RecordKind, register
from samegauge.core.organisations.models import Role

_WRITERS = frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})
_SHOWN = ("code", "name", "name_zh", "sequence")

CAUSES = register(
    RecordKind(
        model=CauseCode,
        slug="cause-codes",
        key="code",
        about=_("Why a process went out of control; whoever answers an alarm chooses one."),
        icon="list-details",
        listed=_SHOWN,
        searched=("code", "name", "name_zh"),
        writers=_WRITERS,
    )
)
ACTIONS = register(
    RecordKind(
        model=ActionCode,
        slug="action-codes",
        key="code",
        about=_("What was done about a process out of control; whoever answers an alarm chooses one."),
        icon="list-details",
        listed=_SHOWN,
        searched=("code", "name", "name_zh"),
        writers=_WRITERS,
    )
)

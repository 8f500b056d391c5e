from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.nonconformity.models import Delivery
from samegauge.core.kinds.declaration import RecordKind, register
from samegauge.core.organisations.models import Role

DELIVERIES = register(
    RecordKind(
        model=Delivery,
        slug="deliveries",
        key="number",
        about=_("What suppliers delivered, by delivery note; suppliers are scored by it."),
        icon="package",
        listed=("number", "supplier", "item", "lot_number", "delivered_on", "promised_on", "quantity"),
        searched=("number", "lot_number", "note"),
        filtered=("supplier", "item"),
        writers=frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER, Role.INSPECTOR}),
        readers=frozenset(Role) - {Role.GUEST},
    )
)

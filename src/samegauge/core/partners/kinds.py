from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from samegauge.core.kinds.declaration import RecordKind, register
from samegauge.core.organisations.models import Role
from samegauge.core.partners.models import Partner

PARTNERS = register(
    RecordKind(
        model=Partner,
        slug="partners",
        key="number",
        about=_("Customers, suppliers, foundries and laboratories that you work with."),
        icon="building-factory-2",
        listed=("number", "name", "name_zh", "kind", "country", "contact", "is_approved"),
        searched=("number", "name", "name_zh", "tax_number", "contact", "address"),
        filtered=("kind",),
        writers=frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER, Role.SERVICE, Role.SALES}),
        readers=frozenset(Role) - {Role.GUEST},
    )
)

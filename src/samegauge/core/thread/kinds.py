from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from samegauge.core.kinds.declaration import RecordKind, register
from samegauge.core.organisations.models import Role
from samegauge.core.thread.models import Item

ITEMS = register(
    RecordKind(
        model=Item,
        slug="items",
        key="number",
        about=_("What is designed once and made many times: models of machines, assemblies, parts and castings."),
        icon="stack-2",
        listed=("number", "name", "name_zh", "kind"),
        searched=("number", "name", "name_zh"),
        filtered=("kind",),
        writers=frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER}),
    )
)

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from support.sample_kinds.models import Gadget, GrownGadget

from samegauge.core.kinds.declaration import RecordKind, register
from samegauge.core.organisations.models import Role

GADGETS = register(
    RecordKind(
        model=Gadget,
        slug="gadgets",
        key="number",
        about=_("Who made it."),
        icon="box",
        listed=("number", "name", "colour", "length_mm", "maker"),
        searched=("number", "name"),
        filtered=("colour", "maker"),
        writers=frozenset({Role.OWNER, Role.QUALITY_MANAGER}),
        readers=frozenset({Role.OWNER, Role.QUALITY_MANAGER, Role.INSPECTOR}),
    )
)
GROWN_GADGETS = register(
    RecordKind(
        model=GrownGadget,
        slug="grown-gadgets",
        key="number",
        about=_("Who made it."),
        icon="box",
        listed=("number", "name", "runout_um"),
        searched=("number", "name"),
    )
)

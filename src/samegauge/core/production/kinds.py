from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from samegauge.core.kinds.declaration import RecordKind, register
from samegauge.core.organisations.models import Role
from samegauge.core.production.models import Station

STATIONS = register(
    RecordKind(
        model=Station,
        slug="stations",
        key="code",
        about=_("Places where machines are assembled and tested, in the order of the work."),
        icon="map-pin",
        listed=("code", "name", "name_zh", "line", "place", "sequence"),
        searched=("code", "name", "name_zh", "line", "place"),
        writers=frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER}),
    )
)

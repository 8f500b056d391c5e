from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.models import Instrument
from samegauge.core.kinds.declaration import RecordKind, register
from samegauge.core.organisations.models import Role

INSTRUMENTS = register(
    RecordKind(
        model=Instrument,
        slug="instruments",
        key="number",
        about=_("Gauges and measuring instruments, where they are and how long their calibration holds."),
        icon="ruler-measure",
        listed=("number", "name", "kind", "range_mm", "resolution_um", "state", "place", "due_on"),
        searched=("number", "name", "maker", "serial", "place"),
        filtered=("kind", "state", "calibrated_by"),
        writers=frozenset({Role.OWNER, Role.QUALITY_MANAGER, Role.INSPECTOR}),
    )
)

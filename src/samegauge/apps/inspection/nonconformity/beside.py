"""The reports about a unit on its page, and the way to a new one from there and from its inspections."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.apps.inspection.nonconformity.models import Affected, Nonconformity
from samegauge.apps.inspection.nonconformity.tables import report_table
from samegauge.core.face import Action as Button
from samegauge.core.measurement.beside import Beside, Shown, declare_beside
from samegauge.core.organisations.permissions import Action, may

MOST_SHOWN = 50


def _find(shown: Shown) -> Beside:
    name, uid = ("inspection", shown.inspection.uid) if shown.inspection else ("unit", shown.unit.uid)
    new = Button(_("Open a nonconformity"), f"{reverse('nonconformity_new')}?{name}={uid}", "alert-octagon")
    actions = (new,) if may(shown.role, Action.RECORD) else ()
    return Beside(actions, () if shown.inspection else (report_table(_reports(shown)),))


def _reports(shown: Shown) -> list[Nonconformity]:
    """Those that name the unit or its lot, the newest first."""
    named = Q(unit=shown.unit) | (Q(lot=shown.unit.lot_id) if shown.unit.lot_id else Q())
    rows = Nonconformity.objects.filter(pk__in=Affected.objects.filter(named).values("report"))
    return list(rows.select_related("item", "supplier").order_by("-found_at", "-pk")[:MOST_SHOWN])


declare_beside("nonconformity", _find)

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.nonconformity.models import CorrectiveAction, Nonconformity
from samegauge.core.search.declaration import Hit, Searched, register


def _report(one: Nonconformity) -> Hit:
    url = reverse("nonconformity", args=[one.uid])
    return Hit(one.number, url, f"{one.title} · {one.get_state_display()}", "simulated" if one.simulated else "")


def _action(one: CorrectiveAction) -> Hit:
    return Hit(
        one.number, reverse("corrective_action", args=[one.uid]), one.title, "simulated" if one.simulated else ""
    )


register(
    Searched(
        Nonconformity, _("Nonconformities"), "alert-octagon", ("number", "title", "reference"), _report, opens=True
    )
)
register(
    Searched(CorrectiveAction, _("Corrective actions (8D)"), "list-details", ("number", "title"), _action, opens=True)
)

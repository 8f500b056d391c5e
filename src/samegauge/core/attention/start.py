"""The start page of a role: one sentence, then the worst of each concern, then what the role works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Sum, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.core.attention.declaration import STAFF, concerns_of, makes_things, panels_of
from samegauge.core.attention.duties import due, open_incidents
from samegauge.core.attention.models import Look, Severity
from samegauge.core.attention.refreshing import STALE_AFTER
from samegauge.core.charts import Sparkline
from samegauge.core.face import Action
from samegauge.core.language import in_reader_language, reads_chinese
from samegauge.core.organisations.permissions import Action as Permission
from samegauge.core.organisations.permissions import may
from samegauge.core.thread.models import Unit

if TYPE_CHECKING:
    from samegauge.core.attention.declaration import Concern
    from samegauge.core.attention.models import Incident
    from samegauge.core.face import Kind
    from samegauge.core.organisations.models import Membership

WORST_OF_EACH = 3


@dataclass(frozen=True)
class Shown:
    """An incident as a line of the page, in the reader's language."""

    incident: Incident
    said: str
    evidence: str
    step: str
    line: Sparkline | None


@dataclass(frozen=True)
class Group:
    """One concern: how many things need somebody, the worst of them, and how many causes are not shown."""

    concern: Concern
    kind: Kind
    said: str
    worst: list[Shown]
    more: int


@dataclass(frozen=True)
class Checked:
    """What was looked at for this role: `at` is the oldest look, None where one lacks; `names` are those looked at.

    `silent` names what could not be looked at.
    """

    at: datetime | None
    names: frozenset[str]
    silent: list[str]
    is_stale: bool


def shown(incident: Incident) -> Shown:
    said = in_reader_language(incident.said)
    drawn: dict[str, Any] | None = incident.picture
    line = None
    if drawn and drawn.get("values"):
        line = Sparkline(said, tuple(drawn["values"]), drawn["lower"], drawn["upper"], tuple(drawn["alarms"]))
    return Shown(incident, said, in_reader_language(incident.evidence), in_reader_language(incident.step), line)


def start_page(membership: Membership) -> dict[str, Any]:
    concerns = concerns_of(membership)
    waiting = due(open_incidents(membership))
    groups = _groups(concerns, waiting)
    looked = checked(concerns)
    told = {one.concern.name for one in groups}
    quiet = [concern for name, concern in concerns.items() if name in looked.names and name not in told]
    return {
        "is_watched": bool(concerns),
        "now": datetime.now(UTC),
        "groups": groups,
        "quiet": quiet,
        **_headline(membership, groups, looked),
        "mine": waiting.filter(taken_by=membership.person_id).count(),
        "checked": looked,
        "panels": [(panel, panel.facts(membership)) for panel in panels_of(membership)],
    }


def _headline(membership: Membership, groups: list[Group], looked: Checked) -> dict[str, Any]:
    """What the banner says, and the next step."""
    if groups:
        worst = [one for one in groups if one.kind == groups[0].kind]
        return {
            "kind": groups[0].kind,
            "sentence": _joined(worst),
            "less": _joined([one for one in groups if one.kind != groups[0].kind]),
            "actions": _actions(membership, groups),
        }
    if _waits_for_its_first_import(membership):
        return {
            "kind": "neutral",
            "sentence": _("Nothing is here yet"),
            "less": _(
                "Bring in what your machines and gauges wrote, or the machines and parts that you keep in a list."
            ),
            "actions": _first_steps(),
        }
    # Green is for what was looked at.
    if looked.at:
        return {"kind": "ok", "sentence": _("Nothing needs attention"), "less": "", "actions": []}
    return {"kind": "undecided", "sentence": _("Not everything has been looked at yet."), "less": "", "actions": []}


def _waits_for_its_first_import(membership: Membership) -> bool:
    return makes_things(membership) and may(membership.role, Permission.IMPORT) and not Unit.objects.exists()


def _first_steps() -> list[Action]:
    return [
        Action(_("New import"), reverse("import_new"), "upload"),
        Action(_("Take over your data"), reverse("take_over"), "upload"),
    ]


def _actions(membership: Membership, groups: list[Group]) -> list[Action]:
    """The next step: the worst thing's own."""
    worst = groups[0].worst[0]
    every = Action(_("My duties"), reverse("duties"), "clipboard-check")
    return [Action(worst.step, worst.incident.address, "arrow-right"), *([every] if membership.role in STAFF else [])]


def _groups(concerns: dict[str, Concern], waiting: Any) -> list[Group]:
    counts: dict[str, dict[str, Any]] = {}
    for row in waiting.order_by().values("concern", "severity").annotate(causes=Count("pk"), things=Sum("count")):
        counts.setdefault(row["concern"], {})[row["severity"]] = row
    place = Window(RowNumber(), partition_by="concern", order_by=[F("severity"), F("rank").desc(), F("since"), F("pk")])
    rows = waiting.annotate(place=place).filter(place__lte=WORST_OF_EACH).select_related("taken_by")
    worst: dict[str, list[Shown]] = {}
    for row in sorted(rows, key=lambda one: one.place):
        worst.setdefault(row.concern, []).append(shown(row))
    groups = [
        _group(concerns[name], counts[name], worst[name]) for name in counts if name in concerns and name in worst
    ]
    order = list(concerns)
    return sorted(groups, key=lambda one: (one.kind, -one.concern.weight, order.index(one.concern.name)))


def _group(concern: Concern, counts: dict[str, Any], worst: list[Shown]) -> Group:
    """Count the alarms where there are any: warnings behind them do not belong into the same sentence."""
    severity = Severity.ALARM if Severity.ALARM in counts else Severity.WARNING
    kind: Kind = "alarm" if severity == Severity.ALARM else "warning"
    causes = sum(row["causes"] for row in counts.values())
    said = concern.counted(counts[severity]["things"], severity)
    return Group(concern, kind, said, worst, causes - len(worst))


def _joined(groups: list[Group]) -> str:
    return ("、" if reads_chinese() else ", ").join(one.said for one in groups)


def checked(concerns: dict[str, Concern]) -> Checked:
    looks = {look.concern: look for look in Look.objects.filter(concern__in=concerns)}
    silent = [str(concern.title) for name, concern in concerns.items() if name in looks and looks[name].fault]
    times = [look.looked_at for look in looks.values() if look.looked_at]
    oldest = min(times) if times and len(looks) == len(concerns) else None
    done = frozenset(name for name, look in looks.items() if look.looked_at)
    return Checked(oldest, done, silent, oldest is not None and datetime.now(UTC) - oldest > STALE_AFTER)

"""Whether an instrument may be used: its calibration, its studies, and which values are in doubt when they fail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samegauge.apps.inspection.gauge_studies import Asked, judged
from samegauge.apps.inspection.kinds import INSTRUMENTS
from samegauge.apps.inspection.models import (
    AsFound,
    Calibration,
    Instrument,
    InstrumentState,
    InstrumentStudy,
    QualityLimits,
    StudyKind,
    StudyVerdict,
)
from samegauge.core.kinds.rules import save
from samegauge.core.measurement.models import Measurement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from samegauge.apps.inspection.gauge_readings import Reading
    from samegauge.apps.inspection.models import Recorded
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.organisations.models import Person
    from samegauge.core.vault.models import StoredFile


class GaugeError(Exception):
    """Nothing was changed; the message says why, in the reader's language."""


def quality_limits() -> QualityLimits:
    """The limits that hold now: the newest ones that somebody set, else those of the trade's manuals."""
    return QualityLimits.objects.first() or QualityLimits()


def record_calibration(calibration: Calibration, actor: Person) -> Calibration:
    """Keep a certificate; the newest one sets the instrument's dates, laboratory and uncertainty."""
    instrument = calibration.instrument
    if calibration.calibrated_on > timezone.localdate():
        raise GaugeError(_("A certificate of a day to come cannot be recorded."))
    standing = Calibration.objects.filter(instrument=instrument, withdrawn_at__isnull=True)
    if standing.filter(certificate_number=calibration.certificate_number).exists():
        raise GaugeError(_("This certificate is recorded already."))
    with transaction.atomic():
        calibration.actor, calibration.actor_name = actor, str(actor)
        calibration.recorded_at = datetime.now(UTC)
        calibration.save()
        _follow_newest(instrument, actor, _("Certificate %(number)s") % {"number": calibration.certificate_number})
    return calibration


def _follow_newest(instrument: Instrument, actor: Person, reason: str) -> None:
    newest = Calibration.objects.filter(instrument=instrument, withdrawn_at__isnull=True).first()
    if newest is None:
        return
    current = Instrument.objects.get(pk=instrument.pk)
    current.calibrated_on, current.due_on = newest.calibrated_on, newest.due_on
    current.calibrated_by = newest.laboratory
    if newest.expanded_uncertainty_um is not None:
        current.uncertainty_um = newest.expanded_uncertainty_um
    if current.state == InstrumentState.AT_CALIBRATION:
        current.state = InstrumentState.IN_USE
    save(INSTRUMENTS, current, actor, seen=current.version, reason=reason)


@dataclass(frozen=True)
class StudyOf:
    """What a study is about; `source` is the file that its readings came in or were written to."""

    instrument: Instrument
    kind: StudyKind
    performed_on: date
    source: StoredFile
    characteristic: Characteristic | None = None
    unit_code: str = ""
    simulated: bool = False


def record_study(about: StudyOf, readings: Sequence[Reading], asked: Asked, actor: Person | None) -> InstrumentStudy:
    """Compute, judge and keep a study."""
    if about.performed_on > timezone.localdate():
        raise GaugeError(_("A study of a day to come cannot be recorded."))
    return InstrumentStudy.objects.create(**study_fields(about, readings, asked), actor=actor, actor_name=str(actor))


def study_fields(about: StudyOf, readings: Sequence[Reading], asked: Asked) -> dict[str, object]:
    said = judged(about.kind, readings, asked)
    return {
        "instrument": about.instrument,
        "characteristic": about.characteristic,
        "kind": about.kind,
        "performed_on": about.performed_on,
        "unit_code": about.unit_code,
        "verdict": said.verdict,
        "readings": [one.as_json() for one in readings],
        "asked": asked.as_json(),
        "result": said.as_json(),
        "source": about.source,
        "simulated": about.simulated,
        "recorded_at": datetime.now(UTC),
    }


def withdraw(record: Recorded, actor: Person, reason: str) -> None:
    """Take back a study or certificate that was recorded wrongly; it stays in sight, struck out."""
    if not reason.strip():
        raise GaugeError(_("Say why it is withdrawn."))
    if record.withdrawn_at is not None:
        raise GaugeError(_("It is withdrawn already."))
    with transaction.atomic():
        record.withdrawn_at, record.withdrawn_by = datetime.now(UTC), str(actor)
        record.withdrawn_reason = reason.strip()
        record.save()
        if isinstance(record, Calibration):
            said = _("Certificate %(number)s was withdrawn") % {"number": record.certificate_number}
            _follow_newest(record.instrument, actor, said)


@dataclass(frozen=True)
class Fault:
    """Why an instrument may not release anything, and what to do; `reason` is a lazy text."""

    number: str
    reason: str
    day: date | None = None
    instrument: Instrument | None = None

    @property
    def said(self) -> str:
        """In the reader's language."""
        return str(self.reason) % {"gauge": self.number, "day": self.day.isoformat() if self.day else ""}


UNREGISTERED = gettext_lazy("%(gauge)s is not among the instruments. Register it, or use one that is.")
RETIRED = gettext_lazy("%(gauge)s is out of use. Use another one.")
AWAY = {
    InstrumentState.BLOCKED: gettext_lazy("%(gauge)s is blocked. Use another one."),
    InstrumentState.AT_CALIBRATION: gettext_lazy("%(gauge)s is at calibration. Use another one."),
}
EXPIRED = gettext_lazy("%(gauge)s: the calibration expired on %(day)s. Use another one, or record the new certificate.")
REJECTED = gettext_lazy("%(gauge)s: its study of %(day)s was rejected. Use another gauge or improve this one.")


class Gauges:
    """Instruments with the studies that rejected them: read in two queries, then asked about as often as one likes."""

    def __init__(self, numbers: Iterable[str]) -> None:
        self.known = {row.number: row for row in Instrument.objects.filter(number__in=set(numbers))}
        self._rejected = rejected_studies(self.known.values())

    def fault(self, number: str, characteristics: Collection[int] = (), on: date | None = None) -> Fault | None:
        """Why it may not be used for these characteristics (none named: for any) on a day (today)."""
        row = self.known.get(number)
        if row is None:
            return Fault(number, UNREGISTERED)
        if row.retired_at is not None:
            return Fault(number, RETIRED, None, row)
        if row.state in AWAY:
            return Fault(number, AWAY[InstrumentState(row.state)], None, row)
        if row.due_on is not None and row.due_on < (on or timezone.localdate()):
            return Fault(number, EXPIRED, row.due_on, row)
        counting = {None, *characteristics}
        studies = self._rejected.get(row.pk, ())
        study = next((one for one in studies if not characteristics or one.characteristic_id in counting), None)
        return Fault(number, REJECTED, study.performed_on, row) if study else None


def faults(numbers: Iterable[str], characteristics: Collection[int] = ()) -> list[Fault]:
    """Why any of these instruments may not be used today."""
    asked = sorted({number for number in numbers if number})
    gauges = Gauges(asked)
    return [fault for number in asked if (fault := gauges.fault(number, characteristics))]


def rejected_studies(instruments: Iterable[Instrument]) -> dict[int, list[InstrumentStudy]]:
    """By instrument: each study that is the newest of its kind for its characteristic and was rejected, newest first.

    A study of no characteristic counts for all of them.
    """
    rows = InstrumentStudy.objects.filter(instrument__in=list(instruments), withdrawn_at__isnull=True)
    newest: dict[tuple[int, int | None, str], InstrumentStudy] = {}
    for row in rows.order_by("-performed_on", "-pk").defer("readings", "result"):
        newest.setdefault((row.instrument_id, row.characteristic_id, row.kind), row)
    found: dict[int, list[InstrumentStudy]] = defaultdict(list)
    for row in newest.values():
        if row.verdict == StudyVerdict.REJECTED:
            found[row.instrument_id].append(row)
    return dict(found)


@dataclass(frozen=True)
class Doubt:
    """A stretch of days in which an instrument's values are in doubt; `found_out`: its calibration found it wrong."""

    first: date
    last: date
    found_out: bool

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


def doubts(instruments: Iterable[Instrument], today: date | None = None) -> dict[str, list[Doubt]]:
    """By number: the days after a certificate had run out, and those before one that found it out of tolerance."""
    asked, now = list(instruments), today or timezone.localdate()
    certificates: dict[int, list[Calibration]] = {row.pk: [] for row in asked}
    rows = Calibration.objects.filter(instrument__in=asked, withdrawn_at__isnull=True)
    for row in rows.order_by("calibrated_on", "pk"):
        certificates[row.instrument_id].append(row)
    return {row.number: _doubts(row, certificates[row.pk], now) for row in asked}


def _doubts(instrument: Instrument, certificates: list[Calibration], now: date) -> list[Doubt]:
    found: list[Doubt] = []
    last_good = date.min
    for place, one in enumerate(certificates):
        if one.as_found == AsFound.OUT:
            found.append(Doubt(last_good, one.calibrated_on - timedelta(days=1), found_out=True))
        last_good = one.calibrated_on
        until = certificates[place + 1].calibrated_on if place + 1 < len(certificates) else now + timedelta(days=1)
        found += _run_out(one.due_on, until)
    if not certificates and instrument.due_on is not None:
        found += _run_out(instrument.due_on, now + timedelta(days=1))
    return found


def _run_out(due: date, until: date) -> list[Doubt]:
    first, last = due + timedelta(days=1), until - timedelta(days=1)
    return [Doubt(first, last, found_out=False)] if first <= last else []


def in_doubt(measurements: Iterable[Measurement]) -> dict[int, str]:
    """By key: why a value is in doubt, for those that were taken with an instrument that was not fit then."""
    rows = [row for row in measurements if row.instrument]
    numbers = {row.instrument for row in rows}
    stretches = doubts(Instrument.objects.filter(number__in=numbers)) if numbers else {}
    found = {}
    for row in rows:
        moment = row.measured_at or row.inspection.performed_at or row.inspection.reported_at
        day = timezone.localtime(moment).date()
        if hit := next((one for one in stretches.get(row.instrument, ()) if one.covers(day)), None):
            found[row.pk] = _why(row.instrument, hit)
    return found


def _why(number: str, doubt: Doubt) -> str:
    if doubt.found_out:
        return _("%(gauge)s was found out of tolerance afterwards") % {"gauge": number}
    return _("%(gauge)s was overdue") % {"gauge": number}


def values_in_doubt(instrument: Instrument) -> QuerySet[Measurement]:
    """Every value taken with the instrument on a day that is in doubt."""
    matching = Q(pk__in=[])
    for one in doubts([instrument]).get(instrument.number, ()):
        first, last = _start_of(one.first), _start_of(one.last + timedelta(days=1))
        for moment, earlier in (
            ("measured_at", {}),
            ("inspection__performed_at", {"measured_at": None}),
            ("inspection__reported_at", {"measured_at": None, "inspection__performed_at": None}),
        ):
            stretch = {f"{moment}__lt": last} | ({f"{moment}__gte": first} if first else {})
            matching |= Q(**earlier, **stretch)
    rows = Measurement.objects.filter(matching, instrument=instrument.number)
    return rows.select_related("inspection__unit__item", "characteristic").order_by("-inspection__reported_at", "-pk")


def _start_of(day: date) -> datetime | None:
    """None: since ever."""
    return None if day == date.min else datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())

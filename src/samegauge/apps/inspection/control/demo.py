"""What the simulated builder's quality people did: alarms answered, two gates set, the drifting station still open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from samegauge.apps.inspection.control.models import ActionCode, Alarm, CauseCode, Process
from samegauge.apps.inspection.control.rules import Answer, Revision, answer, open_alarms, redesign, settings_of
from samegauge.apps.inspection.control.watching import design_of
from samegauge.core.demo.books import RECORDED_BY
from samegauge.core.demo.chapters import declare_chapter
from samegauge.core.thread.rules import Recorder
from samegauge.simulators.builder.streams import Streams

if TYPE_CHECKING:
    from samegauge.core.demo.books import Books
    from samegauge.simulators.builder.records import Company

ANSWERED_AFTER = timedelta(days=6)
# What was found so lately that nobody has come to it yet.
LEFT_OPEN = timedelta(days=45)
# The shift of the squareness that station 48 causes shows at the final inspection too.
OPEN_KEYS = ("square_yz", "squareness_yz", "volumetric")
GATES = {"spindle_runout_nose": 1.33, "rail_straight_x": 1.33, "bolt_torque": 1.33, "encoder_signal_x": 1.67}
MOST_ROUNDS = 12
NOTE = "Simulated 模擬"


def write_control(_books: Books, company: Company) -> int:
    """Answer what was answered, set the gates; returns the number of alarms."""
    for process in Process.objects.filter(lead__key__in=GATES).select_related("lead", "design"):
        settings = {**settings_of(design_of(process)), "gate_goal": GATES[process.lead.key]}
        redesign(process, Revision(settings, NOTE), None)
    causes, actions = list(CauseCode.objects.all()), list(ActionCode.objects.all())
    for _round in range(MOST_ROUNDS):
        asked = open_alarms().exclude(process__lead__key__in=OPEN_KEYS)
        due = list(asked.filter(since__lt=company.end - LEFT_OPEN).order_by("since", "pk"))
        if not due:
            break
        for alarm in due:
            rng = Streams(company.seed).named("alarm", alarm.process.lead.key, alarm.since.isoformat())
            cause, action = causes[int(rng.integers(len(causes)))], actions[int(rng.integers(len(actions)))]
            recorder = Recorder(actor_name=RECORDED_BY, receive_time=alarm.since + ANSWERED_AFTER)
            answer(alarm, Answer(cause, action, NOTE), recorder)
    return Alarm.objects.count()


declare_chapter("alarms", write_control)

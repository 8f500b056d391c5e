"""Whether a reading of an instrument may release: it must be in use, and calibrated on the day of the reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone, translation

from samegauge.apps.inspection.models import InstrumentState
from samegauge.apps.inspection.stations.reasons import said

if TYPE_CHECKING:
    from datetime import datetime

    from samegauge.apps.inspection.models import Instrument
    from samegauge.apps.inspection.stations.reasons import Said


def unusable(instrument: Instrument, at: datetime) -> Said:
    """Return why its readings of a moment cannot release; nothing when they can."""
    if instrument.retired_at is not None:
        return said("it is out of use", "已停用")
    if instrument.state != InstrumentState.IN_USE:
        state = in_both(InstrumentState(instrument.state).label)
        return said(f"its state is “{state['en']}”", f"狀態為「{state['zh']}」")
    due = instrument.due_on
    if due is not None and due < timezone.localdate(at):
        return said(f"its calibration expired on {due:%Y-%m-%d}", f"校正已於 {due:%Y-%m-%d} 到期")
    return {}


def in_both(text: object) -> Said:
    """Return a lazy text of the catalogue in both languages."""
    words = {}
    for name, language in (("en", "en"), ("zh", "zh-hant")):
        with translation.override(language):
            words[name] = str(text)
    return words

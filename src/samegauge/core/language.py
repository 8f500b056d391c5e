"""What the platform says in the reader's language where texts come in pairs, not from a catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext, override, pgettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def reads_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def in_reader_language(pair: Mapping[str, str]) -> str:
    """Choose from a text in both languages, `{"en": …, "zh": …}`."""
    return pair["zh" if reads_chinese() else "en"]


def in_both_languages(text: Callable[[], str]) -> dict[str, str]:
    """Say a text in each language, for readers who come later."""
    said = {}
    for key, language in (("en", "en"), ("zh", "zh-hant")):
        with override(language):
            said[key] = text()
    return said


def script_of(text: str) -> str:
    """Return the HTML language of what people typed, where its letters tell it; else nothing."""
    return "zh-Hant-TW" if any("\N{CJK UNIFIED IDEOGRAPH-4E00}" <= letter <= "\u9fff" for letter in text) else ""


def in_one_line(sentences: Iterable[str]) -> str:
    """Set whole sentences one after another: Chinese ones touch, English ones stand a space apart."""
    return ("" if reads_chinese() else " ").join(sentences)


def named(thing: Any) -> str:
    """Return a record's name in the reader's language where it has both."""
    chinese = getattr(thing, "name_zh", "")
    return chinese if chinese and reads_chinese() else str(getattr(thing, "name", thing))


EVENT_NAMES = {
    "registered": lambda: gettext("Registered"),
    "stated": lambda: gettext("Stated"),
    "manufactured": lambda: gettext("Manufactured"),
    "made": lambda: gettext("Machined"),
    "traced": lambda: gettext("Trace recorded"),
    "inspected": lambda: gettext("Inspected"),
    "installed": lambda: gettext("Installed"),
    "matched": lambda: gettext("Inspection matched to its trace"),
    "removed": lambda: gettext("Removed"),
    "passport_issued": lambda: gettext("Passport issued"),
    "shared": lambda: pgettext("event", "Shared"),
    "sharing_ended": lambda: gettext("Sharing ended"),
    "import_undone": lambda: gettext("Import undone"),
    "correction": lambda: gettext("Correction"),
    "ordered": lambda: gettext("Ordered"),
    "cast": lambda: gettext("Cast"),
    "heat_treated": lambda: gettext("Heat-treated"),
    "station_completed": lambda: gettext("Station completed"),
    "station_overridden": lambda: gettext("Station released by a supervisor"),
    "measured": lambda: pgettext("event", "Measured"),
    "delivered": lambda: gettext("Delivered"),
    "commissioned": lambda: gettext("Commissioned"),
    "running_hours": lambda: gettext("Running hours read"),
    "alarm": lambda: gettext("Alarm"),
    "control_alarm_answered": lambda: gettext("Alarm of a process answered"),
    "control_alarm_reopened": lambda: gettext("Answer to an alarm taken back"),
    "service_call": lambda: gettext("Service call"),
    "repaired": lambda: gettext("Repaired"),
    "blocked": lambda: gettext("Blocked"),
    "released": lambda: pgettext("part", "Released"),
    "reworked": lambda: gettext("Reworked"),
    "swap_undone": lambda: gettext("Swap taken back"),
    "recall": lambda: gettext("Recall"),
    "supplier_event": lambda: gettext("Stated by a supplier"),
    "nonconformity": lambda: gettext("Nonconformity opened"),
    "disposition": lambda: gettext("Disposition decided"),
    "reinspected": lambda: gettext("Inspected again"),
    "nonconformity_closed": lambda: gettext("Nonconformity closed"),
    "demo_loaded": lambda: gettext("Simulated company loaded"),
}


def event_name(kind: str) -> str:
    """Name an event's kind; a kind recorded through the API that has no name of ours keeps its own."""
    return EVENT_NAMES[kind]() if kind in EVENT_NAMES else kind.replace("_", " ")

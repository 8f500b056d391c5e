from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.charts.words import ChartWords


def chart_words() -> ChartWords:
    """Return the words that charts write, in the language of the running request."""
    return ChartWords(
        number=_("No."),
        point=_("Point"),
        value=_("Value"),
        rules=_("Rules violated"),
        excluded=_("Left out"),
        reason=_("Reason"),
        from_value=pgettext("class of a histogram", "From"),
        to_value=pgettext("class of a histogram", "To"),
        count=_("Count"),
        overall=pgettext("spread", "overall"),
        within=pgettext("spread", "within"),
        run=pgettext("state of a machine", "Running"),
        wait=pgettext("state of a machine", "Waiting"),
        setup=pgettext("state of a machine", "Set-up"),
        alarm=pgettext("state of a machine", "Alarm"),
        no_data=_("No data"),
        state=_("State"),
        row=pgettext("row of a state strip", "Row"),
        start=pgettext("time", "Start"),
        end=pgettext("time", "End"),
        duration=_("Duration"),
        operation=_("Operation"),
        interrupted=_("Interrupted"),
        event=_("Event"),
        time=_("Time"),
        events=_("{count} events"),
        more=_("{count} more"),
        part=_("Part"),
        level=_("Level"),
        detail=_("Detail"),
        replaced=_("replaced"),
        suspect=_("suspect"),
        rule=_("rule {number}"),
    )

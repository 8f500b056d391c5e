"""The lines of a draft in a form: one small form for each line, in the order in which they stand on the screen."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from samegauge.apps.inspection.models import InstrumentKind
from samegauge.apps.inspection.plans.editing import OF_KIND
from samegauge.apps.inspection.plans.lines import Choice, Line, PlanLine, StepLine, StopLine
from samegauge.apps.inspection.plans.models import (
    ChartKind,
    Frequency,
    InspectionPlan,
    Procedure,
    Revised,
    Route,
    StepKind,
)
from samegauge.apps.inspection.plans.pictures import PictureError, keep_picture, pictures_offered
from samegauge.apps.inspection.plans.words import LABELS
from samegauge.core.language import named
from samegauge.core.measurement.models import NUMBER_OF_PART, Characteristic
from samegauge.core.production.models import Station

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from django.utils.datastructures import MultiValueDict

NEW_ROW = "__row__"
MOST_OFFERED = 300
CHINESE = "zh-Hant-TW"
NOTHING = [("", "–")]
_ROW = re.compile(r"\A[A-Za-z0-9_]{1,20}\Z")
_PAIRS, _VALUES = re.compile(r"[;；\n]"), re.compile(r"[,，、]")


def _text(length: int, **attributes: Any) -> forms.CharField:
    return forms.CharField(required=False, max_length=length, widget=forms.TextInput(attrs=attributes))


def _words(length: int, language: str) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=length, widget=forms.Textarea(attrs={"rows": 2, "lang": language})
    )


def _number() -> forms.FloatField:
    return forms.FloatField(required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))


def _whole() -> forms.IntegerField:
    return forms.IntegerField(required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"}))


def _one_of(choices: Iterable[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, choices=list(choices))


def _record() -> forms.ChoiceField:
    """One of the organisation's records, whose names are in whichever language people gave them."""
    return forms.ChoiceField(required=False, choices=NOTHING, widget=forms.Select(attrs={"lang": ""}))


class LineForm(forms.Form):
    """`spans` names the fields in their order with how many of twelve columns each takes."""

    spans: ClassVar[Mapping[str, int]]
    of_kind: ClassVar[Mapping[str, Iterable[str]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, use_required_attribute=False, **kwargs)
        for name, one in self.fields.items():
            one.label = LABELS[name]

    @property
    def row(self) -> str:
        return self.prefix or ""

    @property
    def hidden(self) -> list[Any]:
        return self.hidden_fields()

    @property
    def cells(self) -> Iterator[tuple[Any, int, str]]:
        """Each field, its width, and the kinds of step that have it; none named means all have."""
        for name, span in self.spans.items():
            kinds = " ".join(kind for kind, own in self.of_kind.items() if name in own)
            yield self[name], span, kinds

    def line(self) -> Line:
        raise NotImplementedError

    def _stated(self, line: Any, **own: Any) -> Any:
        """The line with what was filled in; what was left empty stays as a new line has it."""
        said = {one.name: self.cleaned_data.get(one.name) for one in fields(line)}
        return replace(line, **{name: value for name, value in said.items() if value not in (None, "")} | own)


class PlanLineForm(LineForm):
    characteristic_uid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = _text(200)
    key = _text(120)
    unit_code = _text(20, list="units")
    lower_limit, nominal, upper_limit = _number(), _number(), _number()
    instrument_kind = _one_of([*NOTHING, *InstrumentKind.choices])
    resolution = _number()
    frequency = _one_of(Frequency.choices)
    every_n, sample_size, sample_acceptance = _whole(), _whole(), _whole()
    chart = _one_of(ChartKind.choices)
    reaction, reaction_zh = _words(500, "en"), _words(500, CHINESE)
    assumed = forms.BooleanField(required=False)

    spans: ClassVar = {
        "name": 5,
        "key": 3,
        "unit_code": 2,
        "assumed": 2,
        "lower_limit": 2,
        "nominal": 2,
        "upper_limit": 2,
        "instrument_kind": 3,
        "resolution": 3,
        "chart": 3,
        "frequency": 3,
        "every_n": 3,
        "sample_size": 3,
        "sample_acceptance": 3,
        "reaction": 6,
        "reaction_zh": 6,
    }
    of_kind: ClassVar = {
        Frequency.EVERY_NTH.value: {"every_n"},
        Frequency.PER_LOT.value: {"sample_size", "sample_acceptance"},
    }

    def line(self) -> PlanLine:
        return self._stated(PlanLine())


class StepLineForm(LineForm):
    kind = _one_of(StepKind.choices)
    key = _text(60)
    text, text_zh = _words(500, "en"), _words(500, CHINESE)
    required = forms.BooleanField(required=False)
    unit_code = _text(20, list="units")
    lower, nominal, upper = _number(), _number(), _number()
    decimals = _whole()
    instrument_kind = _one_of([*NOTHING, *InstrumentKind.choices])
    characteristic_uid = _record()
    choices = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3, "lang": ""}))
    item = _text(100, list="items")
    position = _text(100)
    meaning, meaning_zh = _text(200), _text(200)
    picture = _record()
    picture_file = forms.FileField(required=False, widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}))

    spans: ClassVar = {
        "kind": 2,
        "key": 2,
        "text": 4,
        "text_zh": 4,
        "unit_code": 2,
        "lower": 2,
        "nominal": 2,
        "upper": 2,
        "decimals": 2,
        "instrument_kind": 4,
        "characteristic_uid": 8,
        "choices": 12,
        "item": 6,
        "position": 6,
        "meaning": 6,
        "meaning_zh": 6,
        "picture": 5,
        "picture_file": 5,
        "required": 2,
    }
    of_kind: ClassVar = OF_KIND

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choices"].help_text = _("English | Chinese; a line that begins with ! holds the machine.")

    def line(self) -> StepLine:
        named = self.cleaned_data.get("characteristic_uid")
        choices = _choices_read(self.cleaned_data.get("choices", ""))
        return self._stated(StepLine(), choices=choices, characteristic_uid=UUID(named) if named else None)


class StopLineForm(LineForm):
    station = _record()
    procedure_code = _text(60, list="procedures")
    only_with = forms.CharField(required=False, max_length=1000)
    beside = forms.BooleanField(required=False)

    spans: ClassVar = {"station": 4, "procedure_code": 4, "only_with": 4, "beside": 12}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["only_with"].help_text = _("Option: value, value; empty for every machine.")

    def clean_only_with(self) -> dict[str, list[str]]:
        return options_read(self.cleaned_data["only_with"])

    def line(self) -> StopLine:
        return self._stated(StopLine(), only_with=self.cleaned_data.get("only_with", {}))


FORMS: dict[type[Revised], type[LineForm]] = {
    InspectionPlan: PlanLineForm,
    Procedure: StepLineForm,
    Route: StopLineForm,
}


def options_read(text: str) -> dict[str, list[str]]:
    """Read “magazine: 40, 60; probe: yes”, with the punctuation of either language."""
    found: dict[str, list[str]] = {}
    for pair in filter(None, (one.strip() for one in _PAIRS.split(text))):
        name, colon, values = pair.replace("：", ":").partition(":")
        said = [one.strip() for one in _VALUES.split(values) if one.strip()]
        if not colon or not name.strip() or not said:
            raise forms.ValidationError(_("Write an option and its values, as in “magazine: 40, 60”."))
        found[name.strip()] = said
    return found


def _options_said(only_with: Mapping[str, Sequence[Any]]) -> str:
    return "; ".join(f"{name}: {', '.join(map(str, values))}" for name, values in only_with.items())


def _choices_read(text: str) -> tuple[Choice, ...]:
    found = []
    for line in filter(None, (one.strip() for one in text.replace("｜", "|").replace("！", "!").splitlines())):
        english, _bar, chinese = line.removeprefix("!").partition("|")
        value, equals, words = english.partition(" = ")
        found.append(
            Choice(value.strip(), (words if equals else value).strip(), chinese.strip(), not line.startswith("!"))
        )
    return tuple(found)


def _choices_said(choices: Iterable[Choice]) -> str:
    return "\n".join(
        ("" if one.passes else "!")
        + (one.text if one.value == one.text and " = " not in one.text else f"{one.value} = {one.text}")
        + (f" | {one.text_zh}" if one.text_zh else "")
        for one in choices
    )


def shown(line: Line, before: Line | None) -> dict[str, Any]:
    """What stands in the form of a line."""
    values: dict[str, Any] = {one.name: getattr(line, one.name) for one in fields(line)}
    if isinstance(line, StepLine):
        values["choices"] = _choices_said(line.choices)
    if isinstance(line, StopLine):
        values["only_with"] = _options_said(line.only_with)
        values["beside"] = isinstance(before, StopLine) and before.sequence == line.sequence
    return {name: _number_said(value) if isinstance(value, float) else value for name, value in values.items()}


def _number_said(value: float) -> str:
    """All its digits: what is read back must be the same number."""
    return f"{value:.15g}" if float(f"{value:.15g}") == value else repr(value)


def offered(revised: Revised) -> dict[str, list[tuple[str, str]]]:
    """What fields with a choice of the organisation's own records offer."""
    if isinstance(revised, Procedure):
        rows = (
            Characteristic.objects.filter(item=revised.item).exclude(kind=NUMBER_OF_PART).order_by("plan", "sequence")
        )
        known = [(str(one.uid), f"{one.name} ({one.plan}, {one.unit_code})") for one in rows[:MOST_OFFERED]]
        return {"characteristic_uid": NOTHING + known, "picture": NOTHING + pictures_offered(revised)}
    if isinstance(revised, Route):
        stations = Station.objects.filter(retired_at=None).order_by("sequence", "code")
        return {"station": NOTHING + [(one.code, f"{one.code} {named(one)}") for one in stations[:MOST_OFFERED]]}
    return {}


def forms_of(revised: Revised, lines: Sequence[Line]) -> list[LineForm]:
    make = _maker(revised)
    befores = [None, *lines[:-1]] if lines else []
    return [
        make(prefix=f"r{place}", initial=shown(line, before))
        for place, (line, before) in enumerate(zip(lines, befores, strict=True), 1)
    ]


def empty_form(revised: Revised) -> LineForm:
    """The form that each new line is copied from."""
    line = {InspectionPlan: PlanLine(), Procedure: StepLine()}.get(type(revised), StopLine())
    return _maker(revised)(prefix=NEW_ROW, initial=shown(line, None))


def _maker(revised: Revised) -> Callable[..., LineForm]:
    choices = offered(revised)

    def make(**said: Any) -> LineForm:
        form = FORMS[type(revised)](**said)
        for name, known in choices.items():
            standing = str(form[name].value() or "")
            strange = [] if standing in {value for value, _label in known} else [(standing, standing[:16])]
            form.fields[name].choices = [*known, *strange]  # type: ignore[attr-defined] - all are choices
        return form

    return make


def read_forms(revised: Revised, data: MultiValueDict[str, Any], files: MultiValueDict[str, Any]) -> list[LineForm]:
    """Return the forms of what was sent, in its order, each one checked; new pictures are kept in the vault."""
    make, sent = _maker(revised), data.copy()
    rows = [row for row in dict.fromkeys(data.getlist("row")) if _ROW.match(row)]
    refused = {row: _picture_taken(row, sent, files) for row in rows}
    found = [make(prefix=row, data=sent, files=files) for row in rows]
    for form in found:
        form.full_clean()
        if refused[form.row]:
            form.add_error("picture_file", refused[form.row])
    return found


def _picture_taken(row: str, sent: MultiValueDict[str, Any], files: MultiValueDict[str, Any]) -> str:
    file = files.get(f"{row}-picture_file")
    if not file:
        return ""
    try:
        sent[f"{row}-picture"] = keep_picture(file).sha256
    except PictureError as refusal:
        return str(refusal)
    return ""


def lines_read(line_forms: Iterable[LineForm]) -> list[Any]:
    """The lines of the forms; a stop beside the one above takes its place in the route."""
    lines: list[Any] = []
    for form in line_forms:
        line = form.line()
        if isinstance(line, StopLine):
            last = lines[-1].sequence if lines else 0
            line = replace(line, sequence=last if lines and form.cleaned_data.get("beside") else last + 1)
        lines.append(line)
    return lines

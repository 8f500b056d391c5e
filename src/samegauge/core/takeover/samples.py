"""Sheets to fill in: header, one example row, and a second work sheet that explains each column."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from samegauge.core.kinds.tables import help_table
from samegauge.formats.spreadsheet import write_workbook

if TYPE_CHECKING:
    from samegauge.core.kinds.declaration import RecordField
    from samegauge.core.takeover.targets import Target

LANGUAGES = {"zh-hant": "中文", "en": "English"}


@cache
def _examples() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("samegauge.core.takeover") / "examples.toml").read_text("utf-8"))


def sample_workbook(target: Target, language: str) -> bytes:
    """The example is made up and says so; what refers to another sheet refers to that one's example."""
    with override(language):
        explained = help_table(target.fields)
        header = [column.label for column in explained.columns]
        rows = [[cell.text for cell in row] for row in explained.rows]
        rows.append([_("The example in the first sheet is made up. Replace it."), "", "", "", ""])
        example = [_example(target, one, language) for one in target.fields]
        return write_workbook(
            [(str(target.many), [one.heading for one in target.fields], [example]), (_("Explanation"), header, rows)]
        )


def _example(target: Target, one: RecordField, language: str) -> str:
    given = _examples().get(target.slug, {}).get(one.name)
    if given is not None:
        said = given.get(language, "") if isinstance(given, dict) else str(given)
        return str(dict(one.choices).get(said, said))
    if one.choices:
        return str(one.choices[0][1])
    return f"{one.label} 1" if one.required and isinstance(one.model_field, models.CharField) else ""

"""The way of a spreadsheet: sent, its columns matched, looked at in a dry run, then taken over as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from samegauge.core.jobs.rules import enqueue
from samegauge.core.kinds.tables import help_table
from samegauge.core.language import reads_chinese
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.takeover import tables
from samegauge.core.takeover.matching import Matching, fitted, header_line, proposed
from samegauge.core.takeover.models import SavedMatching
from samegauge.core.takeover.planning import plan
from samegauge.core.takeover.registry import all_targets
from samegauge.core.takeover.samples import LANGUAGES, sample_workbook
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import VaultError, keep, read_stored
from samegauge.formats.errors import FormatError
from samegauge.formats.spreadsheet import read_grid, sheet_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from samegauge.core.takeover.targets import Target
    from samegauge.formats.spreadsheet import Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_NAME = 80
LONGEST_CONSTANT = 200
LONGEST_LINE = 8


@require_GET
@needs(Action.READ)
def targets(request: HttpRequest) -> HttpResponse:
    """What can be taken over, in the order in which it goes."""
    role = request.membership.role  # type: ignore[attr-defined]
    offered = [(target, target.url("upload")) for target in all_targets() if may(role, target.writers)]
    return render(request, "takeover/targets.html", {"targets": offered})


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, target: Target) -> HttpResponse:
    """Keep a spreadsheet, then go to its dry run."""
    if request.method == "POST":
        try:
            stored = _kept(request)
        except (VaultError, FormatError) as refusal:
            messages.error(request, _said(refusal))
        else:
            return redirect(target.url("import", stored.uid))
    context = {
        "target": target,
        "upload_url": target.url("upload"),
        "list_url": target.list_url(),
        "samples": [(f"{target.url('sample')}?language={code}", code, name) for code, name in LANGUAGES.items()],
        "table": help_table(target.fields),
    }
    return render(request, "takeover/upload.html", context, status=200 if request.method == "GET" else 422)


def _kept(request: HttpRequest) -> StoredFile:
    file = request.FILES.get("files")
    if file is None:
        raise VaultError(_("No file was chosen. Choose one or more files."))
    data = file.read()
    read_grid(data, file.name or "file")
    return keep(data, file.name or "file", expected_bytes=file.size)


@require_GET
def sample(request: HttpRequest, target: Target) -> HttpResponse:
    """A sheet to fill in: header, one example, and what each column means."""
    language = request.GET.get("language", "")
    code = language if language in LANGUAGES else "zh-hant" if reads_chinese() else "en"
    disposition = f'attachment; filename="{target.slug}-{code}.xlsx"'
    return HttpResponse(sample_workbook(target, code), content_type=XLSX, headers={"Content-Disposition": disposition})


@require_http_methods(["GET", "POST"])
def dry_run(request: HttpRequest, target: Target, file_uid: UUID) -> HttpResponse:
    """Match columns to fields and show what each row would do; on POST have it done."""
    stored = get_object_or_404(StoredFile, uid=file_uid)
    asked = request.POST if request.method == "POST" else request.GET
    try:
        grid = read_grid(read_stored(stored), stored.name, sheet=asked.get("sheet") or None)
        sheet = sheet_of(grid, _line(asked) or header_line(target, grid))
    except FormatError as refusal:
        raise BadRequest(_said(refusal)) from refusal
    matching = _matching(target, sheet, asked)
    planned = plan(target, sheet, matching)
    if request.method == "POST" and planned.is_sound:
        _remember(target, sheet, matching, asked.get("save_as", "").strip())
        arguments = {
            "target": target.slug,
            "sources": [[str(stored.uid), stored.name]],
            "sheet": sheet.name,
            "header_line": sheet.header_line,
            "matching": matching.as_json(),
        }
        job = enqueue("take_over", arguments, request.user)  # type: ignore[arg-type]
        return redirect("job_progress", job.uid)
    if request.method == "POST":
        messages.error(request, _("Some rows cannot be taken over. Nothing was written; look at the list below."))
    given = {*matching.columns.values()}
    context = {
        "target": target,
        "list_url": target.list_url(),
        "file": stored,
        "grid": grid,
        "sheet": sheet,
        "saved": SavedMatching.objects.filter(target=target.slug),
        "matching": matching,
        "columns": tables.column_rows(target, sheet, matching),
        "others": [
            (one, matching.constants.get(one.name, ""))
            for one in sorted(target.fields, key=lambda one: not one.required)
            if one.name not in given
        ],
        "planned": planned,
        "missing": [target.field(name).heading for name in planned.missing],
        "table": tables.plan_table(target, planned, sheet, matching),
    }
    return render(request, "takeover/dry_run.html", context)


def _line(asked: Any) -> int | None:
    text = asked.get("header", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_LINE else None


def _matching(target: Target, sheet: Sheet, asked: Any) -> Matching:
    """Return what the person matched, else what was saved under the name asked for, else what can be proposed."""
    if name := asked.get("saved"):
        return fitted(get_object_or_404(SavedMatching, target=target.slug, name=name), target, sheet.header)
    if "mapped" not in asked:
        return proposed(target, sheet.header)
    names = {one.name for one in target.fields}
    chosen = {place: asked.get(f"column{place}", "") for place in range(len(sheet.header))}
    columns = {place: name for place, name in chosen.items() if name in names}
    once = [name for name in columns.values() if name != target.spread]
    if len(set(once)) < len(once):
        raise BadRequest(_("Two columns go to the same field. Choose one of them."))
    stated = {name: asked.get(f"same_{name}", "").strip() for name in names - {*columns.values()}}
    return Matching(columns, {name: text[:LONGEST_CONSTANT] for name, text in stated.items() if text})


def _remember(target: Target, sheet: Sheet, matching: Matching, name: str) -> None:
    """Keep the matching under a name, for the next sheet with the same columns."""
    if name:
        columns = {sheet.header[place]: one for place, one in matching.columns.items()}
        SavedMatching.objects.update_or_create(
            target=target.slug,
            name=name[:LONGEST_NAME],
            defaults={"columns": columns, "constants": matching.constants},
        )


def _said(refusal: VaultError | FormatError) -> str:
    if isinstance(refusal, FormatError):
        return refusal.message_zh if reads_chinese() else refusal.message_en
    return str(refusal)

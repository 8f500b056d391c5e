"""What the three import commands share: the organisation, the vault, the job done here, and the report."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import DONE, FAILED, MISUSED, QUARANTINED, CommandError, ProgressLine, say, say_json, text
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SHOWN_REFUSALS = 20


def add_import_arguments(parser: ArgumentParser, what: str, what_zh: str, *, several: bool) -> None:
    parser.add_argument("paths", nargs="+" if several else 1, type=Path, help=text(what, what_zh), metavar="PATH")
    add_organisation_argument(parser)


def add_organisation_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--org",
        default="",
        help=text("organisation's name, when there are several", "有多個組織時的組織名稱"),
        metavar="NAME",
    )


def run_import(options: Namespace, kind: str) -> int:
    """Take the files in here and now; Ctrl-C or a crash leaves whole files, and the same command goes on."""
    for path in options.paths:
        _refuse_unusable(path, kind)
    from django.db import DatabaseError

    try:
        return _report(options, _taken_in(options, kind))
    except (OSError, DatabaseError) as error:
        raise CommandError(
            f"The import stopped: {error}. What is in stays in. Mend this (make room, say) and run the command again.",
            f"匯入中斷：{error}。已匯入的資料會保留。排除問題（例如空間不足）後，再執行同一個指令。",
        ) from error


def _refuse_unusable(path: Path, kind: str) -> None:
    if not path.exists():
        raise CommandError(f"{path} does not exist.", f"{path} 不存在。", MISUSED)
    if path.is_dir():
        if kind != "nist-tdp":
            raise CommandError(f"{path} is a folder; name files.", f"{path} 是資料夾。指定檔案。", MISUSED)
    elif not path.is_file():
        raise CommandError(f"{path} is neither a file nor a folder.", f"{path} 不是檔案，也不是資料夾。", MISUSED)


def _taken_in(options: Namespace, kind: str) -> dict[str, Any]:
    open_site()
    from samegauge.core.jobs.models import JobState
    from samegauge.core.jobs.rules import run_here
    from samegauge.core.scope import organisation_scope

    # How it ended is said to a person, once; the stack of calls would say it again to a programmer.
    logging.getLogger("samegauge.core.jobs").setLevel(logging.ERROR)
    organisation = chosen_organisation(options.org)
    line = ProgressLine()
    with organisation_scope(organisation):
        asked = _asked({"import_kind": kind, "sources": _places(options.paths)})
        try:
            run_here(asked, line.tell)
        finally:
            line.clear()
    if asked.state != JobState.DONE or asked.result is None:
        raise CommandError(asked.message, asked.message_zh)
    return asked.result


def _asked(arguments: dict[str, Any]) -> Any:
    """Return the job of the same command when that was interrupted or failed and still stands, else a new one."""
    from samegauge.core.intake.models import ImportBatch
    from samegauge.core.jobs.models import Job, JobState

    unfinished = Job.objects.filter(kind="import", requested_by=None, cancel_requested=False)
    unfinished = unfinished.filter(state__in=[JobState.REQUESTED, JobState.RUNNING, JobState.FAILED])
    for job in unfinished.order_by("-requested_at"):
        if job.arguments == arguments and not ImportBatch.objects.filter(uid=job.uid, undone_at__isnull=False).exists():
            Job.objects.filter(uid=job.uid, state=JobState.FAILED).update(state=JobState.REQUESTED, finished_at=None)
            return job
    return Job.objects.create(kind="import", arguments=arguments)


def chosen_organisation(name: str) -> Any:
    from django.db import transaction

    from samegauge.core.organisations.models import Organisation
    from samegauge.core.organisations.rules import only_organisation

    if name:
        found = Organisation.objects.filter(name=name).first()
        if found is None:
            raise CommandError(f"There is no organisation named {name!r}.", f"沒有名為「{name}」的組織。", MISUSED)
        return found
    with transaction.atomic():  # of two commands that start at once, one makes the organisation
        organisation = only_organisation()
    if organisation is None:
        raise CommandError(
            "There are several organisations: say which with --org NAME.", "有多個組織。用 --org 指定名稱。", MISUSED
        )
    return organisation


def _places(paths: list[Path]) -> list[list[str]]:
    from samegauge.core.intake.package import role_of_path
    from samegauge.core.intake.sources import files_below

    sources: list[Any] = []
    for path in paths:
        if path.is_dir():
            found = [below for below in files_below(path) if role_of_path(below.relative_to(path).as_posix())]
            sources += [_kept(below, path) for below in found]
        else:
            sources.append(_kept(path, None))
    if not sources:
        raise CommandError(
            f"Nothing in {paths[0]} belongs to a technical data package.", f"{paths[0]} 中沒有技術資料包的檔案。"
        )
    return [[str(source.stored.uid), source.path] for source in sources]


def _kept(path: Path, root: Path | None) -> Any:
    """Keep one file in the vault; one that cannot be read is wrong use."""
    from samegauge.core.intake.sources import kept_file
    from samegauge.core.vault.rules import VaultError

    try:
        with path.open("rb") as content:
            content.read(1)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read: {error.strerror}. Check that it is there and may be read.",
            f"無法讀取 {path}：{error.strerror}。確認檔案存在且可讀取。",
            MISUSED,
        ) from error
    try:
        return kept_file(path, root)
    except VaultError as error:
        raise CommandError(f"{path}: {error}", f"{path}：{error}") from error


def _report(options: Namespace, report: dict[str, Any]) -> int:
    files = report["files"]
    say(
        options,
        f"Files: {files['in']} in, {files['known']} already in, {files['refused']} refused. "
        f"{report['units']} units, {report['operations']} operations, {report['inspections']} inspections, "
        f"{report['observations_total']} observations ({report['duplicates']} exact duplicates, "
        f"{report['out_of_order']} out of order, {report['quarantined']} lines set aside).",
        f"檔案：匯入 {files['in']}、先前已匯入 {files['known']}、拒收 {files['refused']}。"
        f"{report['units']} 個序號、{report['operations']} 道工序、{report['inspections']} 次檢驗、"
        f"{report['observations_total']} 筆觀測值（完全重複 {report['duplicates']}、順序顛倒 {report['out_of_order']}、"
        f"隔離 {report['quarantined']} 行）。",
    )
    for refused in report["refused"][:SHOWN_REFUSALS]:
        say(options, f"Refused: {refused['reason']}", f"拒收：{refused['reason_zh']}")
    for line in report["quarantined_lines"][:SHOWN_REFUSALS]:
        say(
            options,
            f"Set aside: {line['file']}, line {line['line']}: {line['reason']}",
            f"隔離：{line['file']} 第 {line['line']} 行：{line['reason_zh']}",
        )
    say_json(options, report)
    if report["refused"]:
        return FAILED
    return QUARANTINED if report["quarantined"] else DONE

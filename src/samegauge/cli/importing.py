"""What the three import commands share: the organisation, the vault, the job done here, and the report."""

from __future__ import annotations

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
        if not path.exists():
            raise CommandError(f"{path} does not exist.", f"{path} 不存在。", MISUSED)
    open_site()
    from samegauge.core.jobs.models import Job, JobState
    from samegauge.core.jobs.rules import run_here
    from samegauge.core.scope import organisation_scope

    organisation = chosen_organisation(options.org)
    line = ProgressLine()
    with organisation_scope(organisation):
        places = _places(options.paths, kind)
        asked = Job.objects.create(kind="import", arguments={"import_kind": kind, "sources": places})
        run_here(asked, line.tell)
        line.clear()
    if asked.state != JobState.DONE or asked.result is None:
        raise CommandError(asked.message, asked.message_zh)
    return _report(options, asked.result)


def chosen_organisation(name: str) -> Any:
    from samegauge.core.organisations.models import Organisation
    from samegauge.core.organisations.rules import only_organisation

    if name:
        found = Organisation.objects.filter(name=name).first()
        if found is None:
            raise CommandError(f"There is no organisation named {name!r}.", f"沒有名為「{name}」的組織。", MISUSED)
        return found
    organisation = only_organisation()
    if organisation is None:
        raise CommandError(
            "There are several organisations: say which with --org NAME.", "有多個組織。用 --org 指定名稱。", MISUSED
        )
    return organisation


def _places(paths: list[Path], kind: str) -> list[list[str]]:
    from samegauge.core.intake.package import role_of_path
    from samegauge.core.intake.sources import files_below, kept_files

    folders = [path for path in paths if path.is_dir()]
    if folders and kind != "nist-tdp":
        raise CommandError(f"{folders[0]} is a folder; name files.", f"{folders[0]} 是資料夾。指定檔案。", MISUSED)
    sources = kept_files([path for path in paths if path.is_file()])
    for folder in folders:
        wanted = [path for path in files_below(folder) if role_of_path(path.relative_to(folder).as_posix())]
        sources += kept_files(wanted, folder)
    if not sources:
        raise CommandError(
            f"Nothing in {paths[0]} belongs to a technical data package.", f"{paths[0]} 中沒有技術資料包的檔案。"
        )
    return [[str(source.stored.uid), source.path] for source in sources]


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

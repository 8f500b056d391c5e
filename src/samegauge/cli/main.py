"""The `samegauge` command: finds the sub-command's module and imports nothing else, so that it answers at once."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import DONE, CommandError, say_json, text, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

HUB_PACKAGES = ("django", "dbos", "granian")


@dataclass(frozen=True)
class Command:
    """`words` as typed; a command without a `summary` is for other commands, not for people."""

    words: tuple[str, ...]
    module: str
    summary: str = ""
    summary_zh: str = ""
    needs_hub: bool = True


COMMANDS = (
    Command(("run",), "run", "start the platform on this machine", "在這台電腦啟動平台"),
    Command(
        ("import", "nist-tdp"),
        "import_nist_tdp",
        "bring in a folder in the form of the NIST technical data package",
        "匯入 NIST 技術資料包格式的資料夾",
    ),
    Command(
        ("import", "shdr"), "import_shdr", "bring in machine logs (SHDR, also gzip)", "匯入機台紀錄（SHDR，可為 gzip）"
    ),
    Command(("import", "qif"), "import_qif", "bring in inspection results (QIF)", "匯入檢驗結果（QIF）"),
    Command(("import", "epcis"), "import_epcis", "bring in a supplier's events (EPCIS)", "匯入供應商的事件（EPCIS）"),
    Command(("import", "aqdef"), "import_aqdef", "bring in measured values (AQDEF)", "匯入量測值（AQDEF）"),
    Command(
        ("export", "qif"),
        "export_qif",
        "write plan, results and statistics (QIF 3.0)",
        "匯出計畫、結果與統計（QIF 3.0）",
    ),
    Command(
        ("export", "epcis"),
        "export_epcis",
        "write what happened to units as EPCIS 2.0 events",
        "把序號發生的事件匯出為 EPCIS 2.0",
    ),
    Command(("export", "aqdef"), "export_aqdef", "write measured values (AQDEF)", "匯出量測值（AQDEF）"),
    Command(("passport",), "passport", "write the signed passport of a serial number", "產生序號的簽章履歷護照"),
    Command(("verify",), "verify", "prove a passport offline", "離線驗證履歷護照", needs_hub=False),
    Command(
        ("witness",),
        "witness",
        "sign the newest state of somebody else's log, after looking whether it only grew",
        "查核他人的紀錄只有增加後，簽署其最新狀態",
        needs_hub=False,
    ),
    Command(
        ("checkpoint",),
        "checkpoint",
        "sign the log of all events for a witness, or take in what a witness signed",
        "簽署事件紀錄交給見證人，或收下見證人的簽章",
    ),
    Command(
        ("backup",),
        "backup",
        "write everything into one file, while the site runs",
        "把全部資料備份成一個檔案，可在執行中進行",
    ),
    Command(("restore",), "restore", "put a backup into an empty data folder", "把備份還原到空的資料夾"),
    Command(
        ("backup-keys",), "backup_keys", "write the signing keys, sealed with a passphrase", "以密語加密備份簽章金鑰"
    ),
    Command(("restore-keys",), "restore_keys", "put the signing keys back", "還原簽章金鑰"),
    Command(("doctor",), "doctor", "look whether all data are sound", "檢查所有資料是否完好"),
    Command(
        ("spc",),
        "spc",
        "draw a control chart of a column: alarms, capability, run lengths",
        "對欄位做管制圖：警報、製程能力、平均連串長度",
        needs_hub=False,
    ),
    Command(("gauge-rr",), "gauge_rr", "judge a gauge by parts and operators", "以零件與人員評估量具", needs_hub=False),
    Command(
        ("sbom",), "sbom", "list the software in it (CycloneDX)", "列出所含的軟體元件（CycloneDX）", needs_hub=False
    ),
    Command(
        ("edge", "tool"),
        "edge_tool",
        "let a torque tool run for the open step of its station only",
        "讓扭力工具只在站別的開放步驟運轉",
        needs_hub=False,
    ),
    Command(
        ("edge", "gauge"),
        "edge_gauge",
        "let a gauge on a serial port fill the open step of its station",
        "讓序列埠上的量具填入站別的開放步驟",
        needs_hub=False,
    ),
    Command(
        ("simulate", "torque-tool"),
        "simulate_torque_tool",
        "play a tightening controller on this machine",
        "在這台電腦模擬鎖付控制器",
        needs_hub=False,
    ),
    Command(
        ("simulate", "gauge"),
        "simulate_gauge",
        "play a gauge on a serial port of this machine",
        "在這台電腦的序列埠模擬量具",
        needs_hub=False,
    ),
    Command(("reindex",), "reindex", "build the search's index anew", "重建搜尋索引"),
    Command(
        ("account-reset",),
        "account_reset",
        "give an account back to its person: new password, no second factor",
        "把帳號還給本人：新密碼、清除雙重驗證",
    ),
    Command(("demo",), "demo", "load a simulated machine builder", "載入模擬的工具機廠"),
    Command(
        ("service", "install"), "service_install", "have systemd keep the platform running", "由 systemd 常駐執行平台"
    ),
    Command(("service", "uninstall"), "service_uninstall", "take the service away again", "移除系統服務"),
    Command(("web",), "web"),
    Command(("worker",), "worker"),
    Command(("migrate",), "migrate"),
    Command(("first-link",), "first_link"),
    Command(("warm",), "warm", needs_hub=False),
)
# First words that several commands share.
GROUPS = {
    "import": ("bring in files", "匯入檔案"),
    "export": ("write files for others", "匯出檔案"),
    "edge": ("serve devices on the shop floor", "服務現場設備"),
    "simulate": ("play devices, for training and trials", "模擬設備，供訓練與試用"),
    "service": ("run as a service of this machine", "作為這台電腦的系統服務執行"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = asked_command(words)
    parser = build_parser(command)
    options = parser.parse_args(words)
    # What a site keeps is for its owner alone, also in a data folder that others may open.
    options.umask = os.umask(0o077)
    try:
        if command is None:
            sys.stdout.write(f"samegauge {version('samegauge')}\n" if options.version else parser.format_help())
            return DONE
        if command.needs_hub:
            refuse_without_hub()
        return _module(command).run(options)
    except CommandError as error:
        return _fail(options, error)
    except KeyboardInterrupt:
        return _fail(options, CommandError("Stopped.", "已中止。"))
    finally:
        os.umask(options.umask)


def asked_command(words: Sequence[str]) -> Command | None:
    for command in COMMANDS:
        if tuple(words[: len(command.words)]) == command.words:
            return command
    return None


def build_parser(asked: Command | None) -> argparse.ArgumentParser:
    """List every command, and give the asked one its own arguments."""
    parser = argparse.ArgumentParser(
        prog="samegauge",
        description=text(
            "One machine, one thread: from order to warning, for machine-tool builders.",
            "同規：一機一脈，從訂單到預警，為工具機製造廠而作。",
        ),
        epilog=text(
            "SAMEGAUGE_HOME chooses the data folder. Exit status: 0 all in, 1 failed or refused, 2 wrong use, "
            "3 in, with quarantined lines.",
            "SAMEGAUGE_HOME 指定資料夾。結束狀態：0 全部完成，1 失敗或拒收，2 用法錯誤，3 已匯入但有隔離的行。",
        ),
    )
    parser.add_argument("--version", action="store_true", help=text("print the version", "顯示版本"))
    groups: dict[tuple[str, ...], Any] = {(): parser.add_subparsers(metavar=text("COMMAND", "指令"))}
    for command in COMMANDS:
        if command.summary or command is asked:
            _add_command(groups, command, detailed=command is asked)
    return parser


def _add_command(groups: dict[tuple[str, ...], Any], command: Command, *, detailed: bool) -> None:
    group_words = command.words[:-1]
    if group_words not in groups:
        group = groups[()].add_parser(group_words[0], help=text(*GROUPS[group_words[0]]))
        groups[group_words] = group.add_subparsers(metavar=text("KIND", "種類"), required=True)
    summary = text(command.summary, command.summary_zh)
    extra = {"help": summary} if summary else {}
    parser = groups[group_words].add_parser(command.words[-1], description=summary, **extra)
    if detailed:
        parser.add_argument(
            "--json",
            action="store_true",
            help=text("print one JSON object on the last line", "最後一行輸出一個 JSON 物件"),
        )
        _module(command).add_arguments(parser)


def _module(command: Command) -> Any:
    return importlib.import_module(f"samegauge.cli.{command.module}")


def refuse_without_hub() -> None:
    missing = [package for package in HUB_PACKAGES if find_spec(package) is None]
    if missing:
        names = ", ".join(missing)
        raise CommandError(
            f"This command needs the platform, of which {names} is not installed. "
            "Install it: pip install 'samegauge[hub]'",
            f"此指令需要平台套件，尚未安裝 {names}。執行：pip install 'samegauge[hub]'",
        )


def _fail(options: argparse.Namespace, error: CommandError) -> int:
    warn(str(error), error.message_zh)
    if getattr(options, "json", False):
        say_json(options, {"error": str(error), "error_zh": error.message_zh})
    return error.status

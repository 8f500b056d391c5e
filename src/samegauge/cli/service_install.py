"""`samegauge service install`: one command from a started program to one that starts with the machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import DONE, CommandError, say, say_json, text
from samegauge.cli.service import (
    NAME,
    SETTINGS,
    Service,
    add_scope_argument,
    chosen_service,
    settings_text,
    unit_text,
)
from samegauge.core.site import Site, home_folder
from samegauge.doors.object_store import is_store_address

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_scope_argument(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help=text("print the unit, change nothing", "只印出內容，不做變更")
    )
    parser.add_argument("--host", default="127.0.0.1", help=text("address to listen on", "監聽位址"))
    parser.add_argument("--port", type=int, default=8000, help=text("port (default: 8000)", "連接埠（預設 8000）"))


def run(options: Namespace) -> int:
    service = chosen_service(options)
    unit = unit_text(service, options.host, options.port, _writable())
    report: dict[str, Any] = {"unit": str(service.path), "text": unit, "written": False, "started": False}
    if options.dry_run:
        if not options.json:
            sys.stdout.write(unit)
        say_json(options, report)
        return DONE
    home = Site.from_environment().home
    _install(service, unit, home)
    report["written"] = True
    say(
        options,
        f"Wrote {service.path}; settings are in {home / SETTINGS}.",
        f"已寫入 {service.path}，設定在 {home / SETTINGS}。",
    )
    if service.is_managed():
        service.manager("daemon-reload")
        service.manager("enable", "--now", NAME)
        report["started"] = True
        say(options, "The service runs and starts with the machine.", "服務已啟動，開機時會自動執行。")
    else:
        command = f"systemctl {'--user ' if options.user else ''}enable --now {NAME}"
        say(
            options,
            f"systemd does not run here. Where it does: {command}",
            f"此處未執行 systemd。在有 systemd 的環境執行：{command}",
        )
    say_json(options, report)
    return DONE


def _writable() -> list[Path]:
    home, named = home_folder(), os.environ.get("SAMEGAUGE_BACKUP_FOLDER", "")
    return [home, *([Path(named).expanduser()] if named and not is_store_address(named) else [])]


def _install(service: Service, unit: str, home: Path) -> None:
    service.refuse_foreign()
    try:
        service.path.parent.mkdir(parents=True, exist_ok=True)
        settings = home / SETTINGS
        settings.touch(mode=0o600)
        settings.chmod(0o600)
        settings.write_text(settings_text(), "utf-8")
        service.path.write_text(unit, "utf-8")
        service.path.chmod(0o644)
    except OSError as error:
        raise CommandError(
            f"{service.path} cannot be written: {error.strerror}. Run it with sudo, or with --user.",
            f"無法寫入 {service.path}：{error.strerror}。用 sudo 執行，或加上 --user。",
        ) from error

"""`samegauge service uninstall`: the service away; the data folder and its settings stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, CommandError, say, say_json
from samegauge.cli.service import NAME, add_scope_argument, chosen_service

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_scope_argument(parser)


def run(options: Namespace) -> int:
    service = chosen_service(options)
    service.refuse_foreign()
    was_there = service.path.exists()
    if was_there:
        if service.is_managed():
            service.manager("disable", "--now", NAME)
        try:
            service.path.unlink()
        except OSError as error:
            raise CommandError(
                f"{service.path} cannot be removed: {error.strerror}. Run it with sudo, or with --user.",
                f"無法移除 {service.path}：{error.strerror}。用 sudo 執行，或加上 --user。",
            ) from error
        if service.is_managed():
            service.manager("daemon-reload")
        say(options, f"Removed {service.path}. The data stay.", f"已移除 {service.path}，資料保留。")
    else:
        say(options, f"There is no {service.path}.", f"沒有 {service.path}。")
    say_json(options, {"unit": str(service.path), "removed": was_there})
    return DONE

"""The platform as a systemd service: a unit that may write into its data folder and nowhere else."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.output import CommandError, text
from samegauge.core.site import home_folder
from samegauge.doors import process

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

NAME = "samegauge.service"
MARK = "# Written by `samegauge service install`; change the settings in the file that EnvironmentFile names."
SYSTEM_FOLDER = Path("/etc/systemd/system")
RUNNING_SYSTEMD = Path("/run/systemd/system")
SETTINGS = "service.env"

# What also a person's own service manager can enforce.
EVERYWHERE = (
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "SystemCallArchitectures=native",
    "UMask=0077",
)
# Not MemoryDenyWriteExecute: numeric kernels are compiled while the program runs.
SYSTEM_ONLY = (
    "CapabilityBoundingSet=",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectControlGroups=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "RemoveIPC=yes",
    "RestrictNamespaces=yes",
    "SystemCallFilter=@system-service",
    "CacheDirectory=samegauge",
    "Environment=NUMBA_CACHE_DIR=%C/samegauge",
)


@dataclass(frozen=True)
class Service:
    """Where the unit lies and how the service manager is spoken to."""

    for_user: bool

    @property
    def path(self) -> Path:
        if not self.for_user:
            return SYSTEM_FOLDER / NAME
        return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user" / NAME

    def manager(self, *words: str) -> None:
        scope = ["--user"] if self.for_user else []
        try:
            process.run(["systemctl", *scope, *words])
        except process.ProcessError as error:
            raise CommandError(f"{self.path} is written, but: {error}", f"已寫入 {self.path}，但是：{error}") from error

    def is_managed(self) -> bool:
        return RUNNING_SYSTEMD.is_dir()

    def refuse_foreign(self) -> None:
        if self.path.exists() and MARK not in self.path.read_text("utf-8"):
            raise CommandError(
                f"{self.path} exists and was not written by samegauge. Move it away first.",
                f"{self.path} 已存在，且不是由同規產生。先移走該檔案。",
            )


def add_scope_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--user", action="store_true", help=text("for this account, without root", "僅限目前帳號，不需 root")
    )


def chosen_service(options: Namespace) -> Service:
    return Service(options.user)


def unit_text(service: Service, host: str, port: int, writable: Sequence[Path]) -> str:
    """The unit; secrets are not in it, for everybody may read it."""
    home = home_folder()
    command = [sys.executable, "-m", "samegauge.cli", "run", "--host", host, "--port", str(port)]
    lines = [
        MARK,
        "[Unit]",
        "Description=samegauge: one machine, one thread",
        "After=network.target postgresql.service",
        "",
        "[Service]",
        "Type=exec",
        # Only here does a dollar sign mean a variable.
        f"ExecStart={' '.join(quoted(word).replace('$', '$$') for word in command)}",
        f"Environment={quoted(f'SAMEGAUGE_HOME={home}')}",
        f"EnvironmentFile=-{escaped(str(home / SETTINGS))}",
        "Restart=on-failure",
        "RestartSec=2",
        "KillMode=mixed",
        "TimeoutStopSec=30",
        *EVERYWHERE,
    ]
    if not service.for_user:
        lines += [f"User={home.stat().st_uid if home.exists() else os.getuid()}", *SYSTEM_ONLY]
        lines += [f"ReadWritePaths={quoted(str(path))}" for path in writable]
    target = "default.target" if service.for_user else "multi-user.target"
    return "\n".join([*lines, "", "[Install]", f"WantedBy={target}", ""])


def settings_text() -> str:
    """The settings of the shell that installs, so that the service runs as `samegauge run` would here."""
    named = {name: value for name, value in sorted(os.environ.items()) if name.startswith("SAMEGAUGE_")}
    named.pop("SAMEGAUGE_HOME", None)
    return "".join(f"{name}={_shell_quoted(value)}\n" for name, value in named.items() if value)


def quoted(word: str) -> str:
    """One word of a unit file, in which nothing stands for anything else."""
    inner = escaped(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def escaped(word: str) -> str:
    if "\n" in word:
        raise CommandError(f"{word!r} holds a line break. Choose another path.", f"{word!r} 含有換行。改用其他路徑。")
    return word.replace("%", "%%")


def _shell_quoted(value: str) -> str:
    inner = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    return f'"{inner}"'

"""The two commands on signing keys, and their passphrase: from a file, else typed unseen; never among the words."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.output import MISUSED, CommandError, text
from samegauge.core.site import home_folder

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable


def add_key_file_arguments(parser: ArgumentParser, what: str, what_zh: str) -> None:
    parser.add_argument("file", type=Path, help=text(what, what_zh), metavar="FILE")
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        help=text("file whose first line is the passphrase (else it is asked for)", "首行為密語的檔案（未指定則詢問）"),
        metavar="FILE",
    )


def with_keys(options: Namespace, work: Callable[[Path, Path, str], list[str]], *, twice: bool) -> list[str]:
    """Do the work of a command on the site's keys and its sealed file; return the fingerprints of the keys."""
    from samegauge.core.backup.errors import BackupError

    try:
        return work(home_folder(), options.file, asked_passphrase(options, twice=twice))
    except BackupError as error:
        raise CommandError(str(error), error.message_zh) from error
    except OSError as error:
        raise CommandError(
            f"{options.file}: {error}. Check the path.", f"{options.file}：{error}。確認路徑。"
        ) from error


def asked_passphrase(options: Namespace, *, twice: bool) -> str:
    if options.passphrase_file is not None:
        return _first_line(options.passphrase_file)
    if not sys.stdin.isatty():
        raise CommandError(
            "There is no terminal to ask for the passphrase. Name a file with --passphrase-file.",
            "沒有終端機可輸入密語。用 --passphrase-file 指定檔案。",
            MISUSED,
        )
    phrase = getpass.getpass(text("Passphrase: ", "密語："))
    if twice and getpass.getpass(text("Once more: ", "再輸入一次：")) != phrase:
        raise CommandError("The two passphrases differ. Try again.", "兩次輸入的密語不同。再試一次。", MISUSED)
    return phrase


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            f"{path} cannot be read: {error}. Check the path.", f"無法讀取 {path}：{error}。確認路徑。", MISUSED
        ) from error

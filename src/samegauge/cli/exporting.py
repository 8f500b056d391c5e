"""What the export commands share: where the file goes, whose records, and that it is whole or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from samegauge.cli.importing import add_organisation_argument
from samegauge.cli.output import MISUSED, CommandError, text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable


def add_export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=text("file to write", "輸出檔案"), metavar="FILE")
    add_organisation_argument(parser)


def write_whole(options: Namespace, write: Callable[[BinaryIO], None]) -> int:
    """Have `write` fill the asked file and return its bytes; a failure leaves what was there before, or nothing."""
    target: Path = options.file
    if target.is_dir():
        raise CommandError(f"{target} is a folder; name a file.", f"{target} 是資料夾。指定檔案。", MISUSED)
    os.umask(options.umask)  # it is for others too: it gets the mode that the person's files have
    unfinished = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with unfinished.open("xb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        size_bytes = unfinished.stat().st_size
        unfinished.replace(target)
    except OSError as error:
        raise CommandError(
            f"{target} cannot be written: {error.strerror}. Name another place, or make room.",
            f"無法寫入 {target}：{error.strerror}。改用其他位置，或騰出空間。",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return size_bytes

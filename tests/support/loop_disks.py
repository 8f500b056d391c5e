"""A file system in a file, mounted through a loop device: copying the file is cutting the power. Needs root."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing_for_loops(folder: Path) -> str:
    """What is not here that a mount of a file needs; empty when it works."""
    if os.geteuid() != 0:
        return "not root"
    for program in ("mkfs.ext4", "mount", "umount"):
        if shutil.which(program, path=SBIN) is None:
            return f"no {program}: apt install e2fsprogs mount"
    image = made(folder / "probe.img", 8)
    try:
        with mounted(image, folder / "probe"):
            return ""
    except process.ProcessError as error:
        return str(error)


def made(image: Path, mebibytes: int) -> Path:
    with image.open("xb") as stream:
        stream.truncate(mebibytes << 20)
    process.run([_program("mkfs.ext4"), "-q", "-F", image])
    return image


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """Mount an image for reading and writing: its journal is replayed, as at the first start after a power cut."""
    folder.mkdir(parents=True)
    process.run([_program("mount"), "-o", "loop", image, folder])
    try:
        yield folder
    finally:
        process.run([_program("umount"), folder])


def copied(image: Path, target: Path) -> Path:
    process.run(["cp", "--sparse=always", image, target])
    return target


def _program(name: str) -> str:
    return shutil.which(name, path=SBIN) or name

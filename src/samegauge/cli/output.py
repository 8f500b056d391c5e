"""How every command speaks: in the person's language, one JSON object last when asked, progress only on a terminal."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

DONE = 0
FAILED = 1
MISUSED = 2
QUARANTINED = 3


class CommandError(Exception):
    """A command cannot do what it was asked; the message says what is wrong, where, and what to do."""

    def __init__(self, message: str, message_zh: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.message_zh = message_zh
        self.status = status


def speaks_chinese(environment: Mapping[str, str] = os.environ) -> bool:
    """Follow the locale as gettext does; SAMEGAUGE_LANGUAGE overrules it."""
    for name in ("SAMEGAUGE_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return environment[name].lower().startswith("zh")
    return False


def text(english: str, chinese: str) -> str:
    return chinese if speaks_chinese() else english


def say(options: Namespace, english: str, chinese: str) -> None:
    """Print a line for a person at once; with `--json` beside the output, so that the object comes last there."""
    stream = sys.stderr if options.json else sys.stdout
    stream.write(text(english, chinese) + "\n")
    stream.flush()


def warn(english: str, chinese: str) -> None:
    sys.stderr.write(text(english, chinese) + "\n")
    sys.stderr.flush()


def say_json(options: Namespace, outcome: Mapping[str, Any]) -> None:
    """Print the command's outcome as one line of JSON when `--json` was given; call it last."""
    if options.json:
        sys.stdout.write(json.dumps(outcome, ensure_ascii=False, allow_nan=False) + "\n")
        sys.stdout.flush()


class ProgressLine:
    """One line that is written over while work goes on, on a terminal only."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shown = 0

    def tell(self, done: int, total: int, message: str = "", message_zh: str = "") -> None:
        if not self._stream.isatty():
            return
        percent = f"{100 * done // total:3d} %" if total else f"{done}"
        line = f"{percent}  {text(message, message_zh)}"
        self._stream.write("\r" + line.ljust(self._shown))
        self._stream.flush()
        self._shown = len(line)

    def clear(self) -> None:
        if self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
            self._shown = 0

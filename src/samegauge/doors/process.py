"""The one place that starts other programs: never through a shell, always with a way to end them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class ProcessError(Exception):
    """A program could not be run to a good end."""


class ProgramMissingError(ProcessError):
    """The program is not on this machine."""


class ProgramFailedError(ProcessError):
    """The program ended with a status other than 0."""

    def __init__(self, completed: Completed) -> None:
        tail = (completed.stderr or completed.stdout).decode(errors="replace").strip()[-2000:]
        super().__init__(f"{completed.program} ended with status {completed.status}. Its last lines: {tail or 'none'}")
        self.completed = completed


class ProgramTimedOutError(ProcessError):
    """The program took longer than it may and was ended."""


@dataclass(frozen=True)
class Completed:
    args: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes
    elapsed_s: float

    @property
    def program(self) -> str:
        return os.path.basename(self.args[0])  # noqa: PTH119 - a name, no path is opened

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Options:
    """How a program runs: `env` is added to this process's own, `status_matters` raises unless it ends with 0."""

    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    timeout_s: float | None = 600.0
    stdin: bytes = b""
    status_matters: bool = True


DEFAULT_OPTIONS = Options()


def run(args: Sequence[str | Path], options: Options = DEFAULT_OPTIONS) -> Completed:
    """Run a program to its end and return what it said."""
    words = tuple(os.fspath(word) for word in args)
    started = time.monotonic()
    try:
        result = subprocess.run(
            words,
            cwd=options.cwd,
            env=_environment(options.env),
            input=options.stdin,
            capture_output=True,
            timeout=options.timeout_s,
            check=False,
        )
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise _missing(words[0], error) from error
    except subprocess.TimeoutExpired as error:
        raise ProgramTimedOutError(f"{words[0]} did not end within {options.timeout_s:g} s and was stopped.") from error
    completed = Completed(words, result.returncode, result.stdout, result.stderr, time.monotonic() - started)
    if options.status_matters and completed.status != 0:
        raise ProgramFailedError(completed)
    return completed


class Child:
    """A program that runs beside this one, in a group of its own so that its children end with it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def status(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int:
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ProgramTimedOutError(f"Process {self.pid} still runs after {timeout_s:g} s.") from error

    def stop(self, grace_s: float = 10.0) -> int:
        """Ask the whole group to end, then end it; return the exit status."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def kill(self) -> int:
        """End the whole group at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def spawn(
    args: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Child:
    """Start a program and leave it running; what it says goes to `log`, else to this process's own output."""
    words = tuple(os.fspath(word) for word in args)
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env=_environment(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise _missing(words[0], error) from error
    return Child(process)


def _environment(added: Mapping[str, str] | None) -> dict[str, str] | None:
    return {**os.environ, **added} if added else None


def _missing(program: str, error: OSError) -> ProgramMissingError:
    return ProgramMissingError(f"{program} cannot be started: {error.strerror}. Install it or check the path.")

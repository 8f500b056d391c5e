"""One door each to the dangerous parts of the world; nobody else imports or calls what stands behind them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from tools.source import dotted, imported_modules, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, Repository, Source


@dataclass(frozen=True)
class Door:
    """What stands behind a door: modules by name, calls by their full dotted name or, with a leading dot, its end."""

    name: str
    reason: str
    modules: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    open_to: tuple[str, ...] = ()
    closed_in: tuple[str, ...] = ("src/*", "examples/*")


DATABASE_ROOMS = tuple(f"src/samegauge/{room}/*" for room in ("core", "apps", "web", "cli"))
DATABASE_DOORS = (
    "src/samegauge/core/database*",
    "src/samegauge/core/search/rows.py",  # ten rows a record, of which Django would make as many objects
    "src/samegauge/core/thread/genealogy.py",  # a walk in one query; its edges come compiled with the wall in them
    "src/samegauge/cli/schema.py",  # reads the schema's version before Django is loaded: second start < 3 s
    "*/migrations/*",
)

DOORS = (
    Door(
        "XML",
        "entities, size and depth are refused in one place",
        modules=("lxml", "xml", "defusedxml", "xmltodict", "bs4", "html5lib"),
        open_to=("src/samegauge/doors/xml.py",),
    ),
    Door(
        "outgoing HTTP",
        "addresses inside the house, redirects, sizes and time limits are judged in one place",
        modules=(
            "urllib.request",
            "urllib.robotparser",
            "urllib3",
            "requests",
            "httpx",
            "aiohttp",
            "http.client",
            "ftplib",
            "smtplib",
            "telnetlib",
            "pycurl",
        ),
        open_to=("src/samegauge/doors/http.py",),
    ),
    Door(
        "sockets",
        "who is reached, and for how long, is judged in the rooms' doors and the drivers of devices",
        modules=("socket",),
        open_to=("src/samegauge/doors/*", "src/samegauge/edge/drivers/*"),
    ),
    Door(
        "processes",
        "no shell, a time limit and a clean environment in one place",
        modules=("subprocess", "pty", "pexpect"),
        calls=(
            "os.system",
            "os.popen",
            "os.execv",
            "os.execve",
            "os.execvp",
            "os.execl",
            "os.execlp",
            "os.spawnv",
            "os.spawnvp",
            "os.spawnl",
            "os.posix_spawn",
            "os.fork",
            "asyncio.create_subprocess_exec",
            "asyncio.create_subprocess_shell",
            ".subprocess_exec",
            ".subprocess_shell",
        ),
        open_to=("src/samegauge/doors/process.py",),
    ),
    Door(
        "cryptography",
        "algorithms and the handling of keys are chosen once",
        modules=("cryptography", "hmac", "nacl", "jwt", "Crypto", "OpenSSL"),
        open_to=("src/samegauge/doors/crypto.py",),
    ),
    Door(
        "secrets",
        "keys come from the cryptography door; core alone draws one-time links and tokens",
        modules=("secrets",),
        open_to=("src/samegauge/doors/crypto.py", "src/samegauge/core/*"),
    ),
    Door(
        "objects from bytes",
        "loading them runs what a stranger wrote",
        modules=("pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"),
        calls=("yaml.load", "yaml.unsafe_load", "yaml.full_load"),
    ),
    Door(
        "code from text",
        "a text never becomes code",
        calls=("eval", "exec", "builtins.eval", "builtins.exec", "os.startfile", "code.interact", "runpy.run_path"),
    ),
    Door(
        "raw SQL",
        "the walls between organisations stand in the managers; raw SQL goes around them",
        modules=("sqlite3", "psycopg"),
        calls=(".raw", ".extra", ".RawSQL", "RawSQL", "connection.cursor", ".connection.cursor", "connections.cursor"),
        open_to=DATABASE_DOORS,
        closed_in=DATABASE_ROOMS,
    ),
)
# Escaping text and naming an exception parse nothing.
SAFE_PARTS = ("xml.sax.saxutils", "xml.parsers.expat.ExpatError")


def calls_behind(name: str, door: Door) -> bool:
    return any(name == call or (call.startswith(".") and name.endswith(call)) for call in door.calls)


def full_names(source: Source) -> dict[str, str]:
    """What each imported name stands for, so that an alias does not hide a call."""
    names: dict[str, str] = {}
    for node in source.nodes:
        if isinstance(node, ast.Import):
            names.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def expanded(name: str, names: dict[str, str]) -> str:
    head, dot, rest = name.partition(".")
    return f"{names.get(head, head)}{dot}{rest}"


def breaches(source: Source, door: Door, names: dict[str, str]) -> Iterator[Finding]:
    for node in source.nodes:
        for module in imported_modules(node):
            if (within(module, door.modules) and not within(module, SAFE_PARTS)) or module in door.calls:
                yield source.finding(node, f"imports {module} past the door of {door.name}: {door.reason}")
        if isinstance(node, ast.Call) and calls_behind(called := expanded(dotted(node.func), names), door):
            yield source.finding(node, f"calls {called}() past the door of {door.name}: {door.reason}")


def allow_pickle(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if not isinstance(node, ast.keyword) or node.arg != "allow_pickle":
            continue
        if not (isinstance(node.value, ast.Constant) and node.value.value is False):
            yield source.finding(node.value, "allow_pickle: loading such a file runs what a stranger wrote")


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def findings(repository: Repository) -> Iterator[Finding]:
    for source in repository.python("src", "examples"):
        names = full_names(source)
        for door in DOORS:
            if matches(source.path, door.closed_in) and not matches(source.path, door.open_to):
                yield from breaches(source, door, names)
        yield from allow_pickle(source)

"""What runs here: the installed Python packages, the packages in the front end's bundles and fonts, Python itself.

Read from what is installed, not from what was asked for. What a compiled package carries inside is not seen.
"""

from __future__ import annotations

import base64
import json
import platform
import re
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import quote

OURS = "samegauge"
# Extras for making and testing the product; what only they bring does not run with it.
TOOLS = {"build", "dev"}
PACKAGE = Path(__file__).resolve().parents[2]
LOCKS = PACKAGE.parents[1] / "requirements"
FRONTEND_LOCK = PACKAGE / "web" / "frontend" / "package-lock.json"

# What authors write instead of an SPDX identifier, where it can mean one licence only.
SPDX = {
    "0bsd": "0BSD",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "bsd-0-clause": "0BSD",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit": "MIT",
    "mit licence": "MIT",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl-2.0": "MPL-2.0",
}
REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?")
EXTRA = re.compile(r"extra\s*==\s*[\"']([^\"']+)[\"']")
PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)")
HASHED = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Kind(StrEnum):
    PYTHON = "python"
    FRONTEND = "frontend"
    INTERPRETER = "interpreter"


@dataclass(frozen=True)
class Component:
    """`licence` is an SPDX expression; where the author gave none, `licence_names` are the author's own words.

    The hashes are those of the files that the lock admits: one of them was installed.
    """

    kind: Kind
    name: str
    version: str
    purl: str
    licence: str = ""
    licence_names: tuple[str, ...] = ()
    hash_kind: str = ""
    hashes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    runs: bool = True

    @property
    def licence_text(self) -> str:
        return self.licence or ", ".join(self.licence_names)


@dataclass(frozen=True)
class Inventory:
    """`product` is what was asked about; `components` are in the order of their package addresses."""

    product: Component
    components: tuple[Component, ...]
    changed_s: float


@dataclass
class _Installed:
    distribution: Distribution
    extras: set[str] = field(default_factory=set)
    runs: bool = False


def inventory() -> Inventory:
    installed = _installed()
    _follow(installed, OURS, {str(extra) for extra in _texts(installed[OURS].distribution, "Provides-Extra")} - TOOLS)
    hashes = _locked_hashes()
    python = {name: _python_component(name, installed, hashes) for name in installed}
    product = python.pop(OURS)
    others = [*python.values(), *_frontend(), _interpreter()]
    folders = {Path(str(one.distribution.locate_file(""))) for one in installed.values()}
    return Inventory(
        product,
        tuple(sorted(others, key=lambda one: one.purl)),
        max(folder.stat().st_mtime for folder in folders),
    )


def plain_name(name: str) -> str:
    """One spelling for all that the index takes for the same package."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> dict[str, _Installed]:
    """Return what an import would find: of two of one name, the first on the path."""
    found: dict[str, _Installed] = {}
    for distribution in distributions():
        found.setdefault(plain_name(distribution.metadata["Name"]), _Installed(distribution))
    return found


def _follow(installed: dict[str, _Installed], name: str, extras: set[str]) -> None:
    """Mark a package, and what it needs with these extras, as running here."""
    one = installed[name]
    if one.runs and extras <= one.extras:
        return
    one.runs = True
    one.extras |= extras
    for needed, asked in _needs(one, installed):
        _follow(installed, needed, asked)


def _needs(one: _Installed, installed: dict[str, _Installed]) -> list[tuple[str, set[str]]]:
    """Return the installed packages that it needs, and with which extras: what is for other systems is not there."""
    found = []
    for line in one.distribution.requires or []:
        wanted, _semicolon, marker = line.partition(";")
        only_for = EXTRA.search(marker)
        match = REQUIREMENT.match(wanted)
        if match is None or (only_for and only_for[1] not in one.extras):
            continue
        name = plain_name(match[1])
        if name in installed:
            found.append((name, {extra.strip() for extra in (match[2] or "").split(",") if extra.strip()}))
    return found


def _python_component(
    name: str, installed: dict[str, _Installed], hashes: dict[tuple[str, str], set[str]]
) -> Component:
    one = installed[name]
    version = one.distribution.version
    expression, names = _licence(one.distribution)
    needs = {_python_purl(needed, installed[needed].distribution.version) for needed, _asked in _needs(one, installed)}
    locked = tuple(sorted(hashes.get((name, version), ())))
    return Component(
        Kind.PYTHON,
        one.distribution.metadata["Name"],
        version,
        _python_purl(name, version),
        expression,
        names,
        "SHA-256" if locked else "",
        locked,
        tuple(sorted(needs)),
        one.runs,
    )


def _python_purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{quote(version)}"


def _licence(distribution: Distribution) -> tuple[str, tuple[str, ...]]:
    said = _texts(distribution, "License-Expression")
    if said:
        return said[0], ()
    short = [text for text in _texts(distribution, "License") if "\n" not in text]
    classifiers = [
        text.rpartition("::")[2].strip() for text in _texts(distribution, "Classifier") if "License ::" in text
    ]
    for texts in (short, classifiers):
        if len(texts) == 1 and texts[0].lower() in SPDX:
            return _spdx(texts[0]), ()
    return "", tuple(classifiers or short)


def _spdx(text: str) -> str:
    return SPDX.get(text.lower(), text)


def _texts(distribution: Distribution, name: str) -> list[str]:
    return [text.strip() for text in distribution.metadata.get_all(name) or [] if text.strip() not in {"", "UNKNOWN"}]


def _locked_hashes() -> dict[tuple[str, str], set[str]]:
    """Return the hashes of each package and version; a released wheel comes without the lock, and there are none."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in sorted(LOCKS.glob("*.txt")):
        pin = ("", "")
        for line in path.read_text().splitlines():
            if match := PINNED.match(line):
                pin = (plain_name(match[1]), match[2])
            found.setdefault(pin, set()).update(HASHED.findall(line))
    return found


def _frontend() -> list[Component]:
    """What goes into the bundles and the fonts: the locked packages that are no tools."""
    packages = json.loads(FRONTEND_LOCK.read_text())["packages"]
    return [
        Component(
            Kind.FRONTEND,
            name := path.rpartition("node_modules/")[2],
            entry["version"],
            f"pkg:npm/{quote(name, safe='/')}@{entry['version']}",
            _spdx(entry.get("license", "")),
            hash_kind="SHA-512",
            hashes=(base64.b64decode(entry["integrity"].removeprefix("sha512-")).hex(),),
        )
        for path, entry in packages.items()
        if path and not entry.get("dev")
    ]


def _interpreter() -> Component:
    name, version = platform.python_implementation(), platform.python_version()
    return Component(Kind.INTERPRETER, name, version, f"pkg:generic/{name.lower()}@{version}", "PSF-2.0")

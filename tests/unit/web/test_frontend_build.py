from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from samegauge.doors.process import ProgramFailedError
from samegauge.web.frontend.build import Places, build, check_types

if TYPE_CHECKING:
    from pathlib import Path

ICON_USES = re.compile(r"{% icon \"([\w-]+)\"|icon_name=\"([\w-]+)\"")


@pytest.fixture(scope="module")
def built() -> Places:
    build(Places())
    return Places()


def test_lock_names_no_registry_but_every_content(built: Places) -> None:
    lock = json.loads((built.frontend / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 20
    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())


def test_a_second_build_does_nothing(built: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: object, **_options: object) -> None:
        pytest.fail("a program was started")

    monkeypatch.setattr("samegauge.web.frontend.build.run", never)
    assert build(built) == []


def test_a_changed_source_bundles_again(built: Places, tmp_path: Path) -> None:
    frontend = tmp_path / "web" / "frontend"
    (tmp_path / "formats").mkdir()
    shutil.copy(built.frontend.parents[1] / "formats" / "gauge_strings.json", tmp_path / "formats")
    shutil.copytree(built.frontend, frontend, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    (frontend / "node_modules").symlink_to(built.frontend / "node_modules")
    places = replace(
        built, frontend=frontend, vendor=tmp_path / "vendor", fonts=tmp_path / "fonts", test_tools=tmp_path / "tools"
    )
    assert {"bundles", "fonts"} <= set(build(places))
    assert build(places) == []
    (frontend / "icons.txt").write_text("flask\n")
    assert "bundles" in build(places)
    assert "alert-octagon" not in (places.vendor / "icons.svg").read_text()


def test_bundles_ask_for_nothing_from_elsewhere(built: Places) -> None:
    for path in built.vendor.glob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(https?:)?//|@import", path.read_text()), path.name
    for path in built.vendor.glob("*.js"):
        assert "sourceMappingURL" not in path.read_text(), path.name


def test_every_icon_in_use_is_in_the_sprite(built: Places) -> None:
    from samegauge.web.templatetags.samegauge import KIND_ICONS, PROVENANCE_ICONS

    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (built.vendor / "icons.svg").read_text()))
    used = {*KIND_ICONS.values(), *PROVENANCE_ICONS.values()}
    for template in built.frontend.parents[1].rglob("templates/**/*.html"):
        used |= {name for pair in ICON_USES.findall(template.read_text()) for name in pair if name}
    assert used - sprite == set()


def test_islands_are_typed(built: Places, tmp_path: Path) -> None:
    check_types(built)
    frontend = tmp_path / "web" / "frontend"
    (tmp_path / "formats").mkdir()
    shutil.copy(built.frontend.parents[1] / "formats" / "gauge_strings.json", tmp_path / "formats")
    shutil.copytree(built.frontend, frontend, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    (frontend / "node_modules").symlink_to(built.frontend / "node_modules")
    (frontend / "islands" / "wrong.ts").write_text("export const number: number = 'text';\n")
    with pytest.raises(ProgramFailedError, match=r"wrong\.ts"):
        check_types(replace(built, frontend=frontend))


def test_fonts_come_with_their_licence(built: Places) -> None:
    assert (built.fonts / "NotoSansTC-Regular.ttf").stat().st_size > 5_000_000
    assert "SIL Open Font License" in (built.fonts / "OFL.txt").read_text()
    assert "Paweł Kuna" in (built.vendor / "LICENSES.txt").read_text()

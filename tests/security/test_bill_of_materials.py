"""The bill of materials names what is installed, as another program reads the same environment."""

from __future__ import annotations

import json
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from samegauge.cli.main import main
from samegauge.core.software import components
from samegauge.core.software.bill import bill_of_materials, bill_text
from samegauge.core.software.components import Component, Kind, inventory, plain_name
from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.threat("T09")

REPOSITORY = Path(__file__).resolve().parents[2]

# Licences of what runs with the product, all permissive or used unmodified; whoever adds one decides here.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "EPL-2.0", "ISC", "LLVM-exception", "MIT", "MIT-0",
    "OFL-1.1", "PSF-2.0", "Zlib",
    "LGPL-3.0-only",  # psycopg, unmodified
    "MPL-2.0",  # certifi and the list in fido2, unmodified files
    "Apache Software License", "BSD License",  # as authors of older packages write it
}  # fmt: skip
# Said wrongly by the package, and what its licence file says.
CORRECTED = {"qrcode": ("Other/Proprietary License", "BSD-3-Clause")}


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return bill_of_materials()


def test_it_is_valid_cyclonedx(bill: dict[str, Any]) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(bill_text(bill)) is None
    broken = bill | {"components": [bill["components"][0] | {"type": "thing"}]}
    assert validator.validate_str(bill_text(broken)) is not None


@pytest.mark.long
def test_another_program_finds_the_same_set(bill: dict[str, Any]) -> None:
    oracle = process.run(
        [Path(sys.executable).with_name("cyclonedx-py"), "environment", sys.executable, "--of", "JSON", "--sv", "1.6"]
    ).text
    theirs = {(plain_name(one["name"]), one["version"]) for one in json.loads(oracle)["components"]}
    named = [bill["metadata"]["component"], *bill["components"]]
    ours = {(plain_name(one["name"]), one["version"]) for one in named if one["purl"].startswith("pkg:pypi/")}
    assert ours == theirs
    edges = {plain_name(one["name"]): one["purl"] for one in named}
    needed = {
        edges["django-ninja"]: {edges["django"], edges["pydantic"]},
        edges["django-allauth"]: {edges["django"], edges["asgiref"], edges["fido2"], edges["qrcode"]},
    }
    by_ref = {one["ref"]: set(one["dependsOn"]) for one in bill["dependencies"]}
    assert all(wanted <= by_ref[ref] for ref, wanted in needed.items())


def test_it_names_the_packages_of_the_front_end_and_python(bill: dict[str, Any]) -> None:
    purls = {one["purl"].rpartition("@")[0]: one for one in bill["components"]}
    declared = json.loads((REPOSITORY / "src/samegauge/web/frontend/package.json").read_text())
    fonts_and_bundles = {f"pkg:npm/{name.replace('@', '%40')}" for name in declared["dependencies"]}
    assert fonts_and_bundles <= purls.keys()
    assert not {f"pkg:npm/{name}" for name in declared["devDependencies"]} & purls.keys()
    assert purls["pkg:generic/cpython"]["version"] == ".".join(map(str, sys.version_info[:3]))
    htmx = purls["pkg:npm/htmx.org"]["externalReferences"][0]["hashes"]
    assert [(one["alg"], len(one["content"])) for one in htmx] == [("SHA-512", 128)]


def test_every_locked_package_carries_the_hashes_of_the_lock(bill: dict[str, Any]) -> None:
    lock = (REPOSITORY / "requirements" / "run.txt").read_text()
    django = next(one for one in bill["components"] if one["name"] == "Django")
    hashes = [one["content"] for one in django["externalReferences"][0]["hashes"]]
    assert hashes
    assert all(f"--hash=sha256:{content}" in lock for content in hashes)
    # pip and setuptools come with Python's own virtual environments.
    bare = {one["name"] for one in bill["components"] if "externalReferences" not in one}
    assert bare <= {"CPython", "pip", "setuptools"}


def test_what_only_makes_or_tests_the_product_is_told_apart(bill: dict[str, Any]) -> None:
    scopes = {plain_name(one["name"]): one["scope"] for one in bill["components"]}
    assert {scopes[name] for name in ("django", "certifi", "asgiref", "fido2", "uplot", "cpython")} == {"required"}
    assert {scopes[name] for name in ("pytest", "ruff", "cyclonedx-bom", "babel", "moto")} == {"excluded"}


def test_the_same_environment_gives_the_same_bytes_and_another_another_number(
    bill: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bill_text(bill_of_materials()) == bill_text(bill)
    newest_first = sorted(distributions(), key=lambda one: one.metadata["Name"], reverse=True)
    monkeypatch.setattr(components, "distributions", lambda: iter(newest_first))
    assert bill_text(bill_of_materials()) == bill_text(bill)
    less = [one for one in newest_first if one.metadata["Name"] != "lxml"]
    monkeypatch.setattr(components, "distributions", lambda: iter(less))
    assert bill_of_materials()["serialNumber"] != bill["serialNumber"]


def licences(one: Component) -> set[str]:
    """The single licences in what a component says, those of exceptions too."""
    if one.name in CORRECTED:
        wrong, right = CORRECTED[one.name]
        return {right if name == wrong else name for name in one.licence_names}
    words = one.licence.replace("(", " ").replace(")", " ").split()
    names = {components.SPDX.get(name.lower(), name) for name in one.licence_names}
    return {word for word in words if word not in {"AND", "OR", "WITH"}} | names


def test_whatever_runs_has_a_licence_that_is_allowed() -> None:
    strange = {
        one.name: one.licence_text for one in inventory().components if one.runs and not licences(one) <= ALLOWED
    }
    unstated = [one.name for one in inventory().components if one.runs and not licences(one)]
    assert strange == {}
    assert unstated == []
    gpl = Component(Kind.PYTHON, "x", "1", "pkg:pypi/x@1", "MIT AND GPL-3.0-only")
    assert not licences(gpl) <= ALLOWED


def test_a_corrected_licence_is_still_said_wrongly() -> None:
    """Else the correction can go."""
    said = {one.name: one.licence_names for one in inventory().components}
    assert all(wrong in said[name] for name, (wrong, _right) in CORRECTED.items())


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")


@pytest.mark.usefixtures("english")
class TestCommand:
    def test_the_bill_is_the_output(self, bill: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["sbom"]) == 0
        assert capsys.readouterr().out == bill_text(bill)

    def test_json_is_one_line(self, bill: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["sbom", "--json"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line) == bill

    def test_a_file_is_written_and_counted(
        self, bill: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "bill.cdx.json"
        assert main(["sbom", "--out", str(file), "--json"]) == 0
        said = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert file.read_text() == bill_text(bill)
        assert said == {
            "file": str(file),
            "components": len(bill["components"]),
            "serial_number": bill["serialNumber"],
        }

    def test_a_file_that_cannot_be_written_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["sbom", "--out", str(tmp_path / "nowhere" / "bill.json")]) == 1
        assert "nowhere" in capsys.readouterr().err


class TestPage:
    @pytest.fixture
    def owner(self, organisation: Any, person_with_role: Callable[..., Any], client: Any) -> Any:
        client.force_login(person_with_role("owner", organisation))
        return client

    def test_the_owner_sees_what_runs_and_finds_by_name_and_licence(self, owner: Any) -> None:
        page = owner.get("/administration/software/", headers={"Accept-Language": "en"}).content.decode()
        assert "django-ninja" in page
        assert "pytest-xdist" not in page
        assert "pytest-xdist" in owner.get("/administration/software/?tools=1").content.decode()
        found = owner.get("/administration/software/?q=lgpl").content.decode()
        assert "psycopg" in found
        assert "django-ninja" not in found

    def test_the_owner_takes_the_bill_along(self, owner: Any, bill: dict[str, Any]) -> None:
        answer = owner.get("/administration/software/file/")
        assert answer.content.decode() == bill_text(bill)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="samegauge-0.1.0.cdx.json"'
        assert answer.headers["Content-Type"] == "application/vnd.cyclonedx+json; version=1.6; charset=utf-8"

    def test_others_do_not_see_it(
        self, organisation: Any, other_organisation: Any, person_with_role: Callable[..., Any], client: Any
    ) -> None:
        person_with_role("owner", organisation)
        asked = ("/administration/software/", "/administration/software/file/")
        for who, expected in (
            (person_with_role("engineer", organisation), 403),
            (person_with_role("owner", other_organisation), 404),
        ):
            client.force_login(who)
            assert [client.get(path).status_code for path in asked] == [expected] * 2

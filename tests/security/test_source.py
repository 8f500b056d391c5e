"""What the source of the product may not contain, looked for in the product as it is."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "samegauge"
sys.path.insert(0, str(REPOSITORY))

from tools import doors, requirements  # noqa: E402 - the checks of the house lie beside the product
from tools.source import Repository, dotted  # noqa: E402

HOUSE = Repository(REPOSITORY)
DOORS = {"XML", "outgoing HTTP", "processes", "cryptography", "objects from bytes", "code from text", "raw SQL"}


@pytest.mark.asvs("1.2.4", "1.2.5", "1.3.2", "1.5.1", "11.3.1")
@pytest.mark.threat("T08", "T13", "T23")
def test_nobody_goes_past_the_doors() -> None:
    assert list(doors.findings(HOUSE)) == []
    assert {door.name for door in doors.DOORS} >= DOORS


@pytest.mark.threat("T09")
def test_every_component_is_locked_by_its_hash_and_has_a_reason() -> None:
    assert list(requirements.findings(HOUSE)) == []


@pytest.mark.asvs("1.2.5")
def test_the_door_of_processes_opens_no_shell() -> None:
    tree = ast.parse((SOURCE / "doors" / "process.py").read_text())
    words = [node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)]
    calls = {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert "shell" not in words
    assert {"subprocess.run", "subprocess.Popen"} & calls
    assert not {name for name in calls if name.startswith(("os.system", "os.popen", "subprocess.getoutput"))}


HASHES = {"sha256", "sha384", "sha512", "file_digest"}


def used(module: str) -> set[str]:
    """The names that our own source uses of a module."""
    return {
        dotted(node).removeprefix(f"{module}.").partition(".")[0]
        for source in HOUSE.python("src")
        for node in source.nodes
        if isinstance(node, ast.Attribute) and dotted(node).startswith(f"{module}.")
    } | {
        alias.name
        for source in HOUSE.python("src")
        for node in source.nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(module)
        for alias in node.names
    }


@pytest.mark.asvs("11.4.1")
def test_hashes_are_of_the_sha_2_family() -> None:
    assert "sha256" in used("hashlib")
    assert used("hashlib") - HASHES == set()


CIPHERS = {"AESGCM"}
PRIMITIVES = CIPHERS | {
    "InvalidSignature", "InvalidTag", "UnsupportedAlgorithm", "Argon2id", "Ed25519PrivateKey", "Ed25519PublicKey",
    "Encoding", "NoEncryption", "PrivateFormat", "PublicFormat", "load_pem_private_key", "load_pem_public_key",
    "x509", "ec", "SHA256",
}  # fmt: skip


@pytest.mark.asvs("11.3.1", "11.3.2", "9.1.2")
@pytest.mark.threat("T16")
def test_one_module_encrypts_and_signs_with_these_and_no_others() -> None:
    assert used("cryptography") == PRIMITIVES
    page = (REPOSITORY / "docs" / "explanations" / "security" / "cryptography.md").read_text()
    assert all(name in page for name in ("Ed25519", "AES-256-GCM", "Argon2id", "SHA-256", "HMAC"))


TEMPLATES = [source for source in HOUSE.texts(("src/",), (".html", ".svg", ".txt")) if "/templates/" in source.path]
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
# Where markup made by us, or by Django for a field's help, is let through.
TRUSTED_MARKUP = {"cell.svg", "field.help_text"}


@pytest.mark.asvs("1.2.3", "1.2.1")
@pytest.mark.threat("T08")
def test_no_template_writes_into_a_script_or_lets_a_text_through_unescaped() -> None:
    wrong = []
    for source in TEMPLATES:
        path, text = source.path, source.text
        scripts = SCRIPT.findall(text)
        wrong += [(path, "inline script") for given, body in scripts if body.strip() or "src=" not in given]
        wrong += [(path, name) for name in re.findall(r"([\w.]+)\|safe\b", text) if name not in TRUSTED_MARKUP]
        wrong += [(path, "handler") for _found in re.findall(r"<[^>]*\son\w+=", text)]
        if not path.endswith(".txt"):  # a letter is plain text
            wrong += [(path, "autoescape off")] if re.search(r"autoescape\s+off", text) else []
    assert wrong == []
    assert len(TEMPLATES) > 50


ISLANDS = sorted((SOURCE / "web" / "frontend" / "islands").glob("*.ts"))
AS_MARKUP = re.compile(
    r"\.(?:innerHTML|outerHTML|srcdoc)\b|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|"
    r"new Function|DOMParser|setTimeout\(\s*[\"'`]"
)


@pytest.mark.asvs("3.2.2")
@pytest.mark.threat("T08")
def test_no_script_reads_a_text_as_markup() -> None:
    assert len(ISLANDS) > 3
    assert [path.name for path in ISLANDS if AS_MARKUP.search(path.read_text())] == []


@pytest.mark.asvs("14.3.1")
@pytest.mark.threat("T24")
def test_scripts_keep_preferences_only() -> None:
    keeping = {
        path.name
        for path in ISLANDS
        if re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.", path.read_text())
    }
    assert keeping == {"theme_choice.ts"}
    keys = {
        key
        for path in ISLANDS
        for key in re.findall(r"(?:kept|keep|remember\w*|read\w*)\(\s*[\"'](sg-[\w-]+)", path.read_text())
    }
    assert keys <= {"sg-theme", "sg-density"}


SECRETS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40,}"),
    "key of a cloud": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "token of a forge": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bglpat-[\w-]{20}\b"),
    "secret of a site": re.compile(r"SAMEGAUGE_SECRET_KEY\s*=\s*[\"']?[\w-]{20,}"),
}


@pytest.mark.asvs("13.3.1")
@pytest.mark.threat("T09", "T16")
def test_the_repository_holds_no_secret() -> None:
    found = [
        (source.path, name)
        for source in HOUSE.texts()
        for name, pattern in SECRETS.items()
        if pattern.search(source.text)
    ]
    assert found == []
    assert SECRETS["key of a cloud"].search("AKIA" + "A" * 16)


@pytest.mark.asvs("13.4.1")
def test_the_package_holds_the_product_alone() -> None:
    built = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert built["packages"] == ["src/samegauge"]
    strange = [path for path in HOUSE.paths if path.startswith("src/") and re.search(r"/\.(?!gitignore$)", path)]
    assert strange == []

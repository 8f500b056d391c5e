from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import doors

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "code",
    [
        "import lxml.etree",
        "from xml.etree import ElementTree",
        "import requests",
        "from urllib import request",
        "from http import client",
        "import socket as s",
        "from subprocess import run",
        "import os\nos.system('ls')",
        "from os import popen",
        "import os as o\no.popen('ls')",
        "import asyncio\nasyncio.create_subprocess_exec('ls')",
        "from cryptography.hazmat.primitives import hashes",
        "import hmac",
        "import secrets",
        "import pickle",
        "import importlib\nimportlib.import_module('pickle')",
        "__import__('subprocess')",
        "eval('1')",
        "import yaml\nyaml.load(f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
    ],
)
def test_nothing_passes_the_doors(found: Callable[..., list[str]], code: str) -> None:
    findings = found(doors.findings, {"src/samegauge/lake/a.py": code, "tests/test_a.py": code})
    assert findings
    assert all(finding.startswith("src/samegauge/lake/a.py:") for finding in findings)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("doors/xml.py", "from lxml import etree"),
        ("doors/http.py", "import http.client"),
        ("doors/process.py", "import subprocess"),
        ("doors/crypto.py", "import hmac"),
        ("core/invitations.py", "import secrets"),
        ("core/database.py", "connection.cursor()"),
        ("apps/fleet/migrations/0002.py", "connection.cursor()"),
        ("lake/store.py", "duck = connection.cursor()"),
        ("web/a.py", "from urllib.parse import urlencode\nfrom http import HTTPStatus"),
        ("web/a.py", "from xml.sax.saxutils import escape"),
        ("web/a.py", "import yaml, numpy\nyaml.safe_load(f)\nnumpy.load(f, allow_pickle=False)"),
        ("web/a.py", "class A:\n    def eval(self): ...\n\n\nA().eval()"),
    ],
)
def test_what_belongs_there_is_silent(found: Callable[..., list[str]], path: str, code: str) -> None:
    assert not found(doors.findings, {f"src/samegauge/{path}": code})


@pytest.mark.parametrize(
    "code",
    ["Part.objects.raw(sql)", "rows.filter().extra(where=[])", "connections['x'].cursor()", "RawSQL('x', [])"],
)
def test_raw_sql_stays_in_the_database_modules(found: Callable[..., list[str]], code: str) -> None:
    (finding,) = found(doors.findings, {"src/samegauge/apps/fleet/rules.py": code})
    assert "past the door of raw SQL" in finding


def test_the_door_of_one_is_not_the_door_of_another(found: Callable[..., list[str]]) -> None:
    assert found(doors.findings, {"src/samegauge/doors/xml.py": "import subprocess"})

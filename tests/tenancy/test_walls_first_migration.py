"""What an administrator of a small firm does: a plain login that owns its database, and one URL."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.postgresql, pytest.mark.long]

ROWS_OF_ALL = """
import django; django.setup()
from django.db import connection
from samegauge.core.database_walls.building import as_owner, faults
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import all_organisations, organisation_scope
from samegauge.core.thread.models import Item

for name in "AB":
    with organisation_scope(Organisation.objects.create(name=name, kind="foundry")):
        Item.objects.create(number=name, name="", kind="part")

def counted():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), current_user FROM thread_item")
        return cursor.fetchone()

with all_organisations("a test"):
    every = counted()
with organisation_scope(Organisation.objects.get(name="A")):
    one = counted()
with as_owner(connection):
    owner = counted()
import json
print(json.dumps([every, one, owner, counted(), faults(connection)]))
"""


@pytest.fixture
def administrator() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(os.environ["SAMEGAUGE_TEST_POSTGRESQL"], autocommit=True) as connection:
        connection.execute("CREATE ROLE smallfirm LOGIN")
        connection.execute("CREATE DATABASE smallfirm OWNER smallfirm")
        yield connection
        connection.execute("DROP DATABASE smallfirm")
        for role in ("smallfirm_app", "smallfirm_window", "smallfirm"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")


def samegauge(home: Path, *words: str) -> Any:
    at = urlsplit(os.environ["SAMEGAUGE_TEST_POSTGRESQL"])
    environment = {
        "SAMEGAUGE_HOME": str(home),
        "SAMEGAUGE_DATABASE_URL": f"postgresql://smallfirm@{at.hostname}:{at.port}/smallfirm",
        "SAMEGAUGE_LANGUAGE": "en",
        "DJANGO_SETTINGS_MODULE": "samegauge.web.settings",
    }
    return process.run([sys.executable, *words], process.Options(env=environment))


def test_a_login_that_may_not_make_roles_is_told_what_to_run_once(
    administrator: psycopg.Connection[Any], tmp_path: Path
) -> None:
    with pytest.raises(process.ProgramFailedError) as refused:
        samegauge(tmp_path, "-m", "samegauge.cli", "migrate")
    asked = str(refused.value).partition("run once: ")[2].splitlines()[0]
    roles = ("smallfirm_app", "smallfirm_window")
    assert asked == " ".join(f'CREATE ROLE "{role}" NOLOGIN; GRANT "{role}" TO "smallfirm";' for role in roles)
    administrator.execute(asked)
    samegauge(tmp_path, "-m", "samegauge.cli", "migrate")
    counts = json.loads(samegauge(tmp_path, "-c", ROWS_OF_ALL).text.splitlines()[-1])
    assert counts == [[2, "smallfirm_app"], [1, "smallfirm_app"], [2, "smallfirm"], [0, "smallfirm_app"], []]


def test_a_login_that_may_make_roles_needs_nothing_else(administrator: psycopg.Connection[Any], tmp_path: Path) -> None:
    administrator.execute("ALTER ROLE smallfirm CREATEROLE")
    samegauge(tmp_path, "-m", "samegauge.cli", "migrate")
    samegauge(tmp_path, "-m", "samegauge.cli", "migrate")
    counts = json.loads(samegauge(tmp_path, "-c", ROWS_OF_ALL).text.splitlines()[-1])
    assert counts[-1] == []

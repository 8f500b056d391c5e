"""What every test stands on: no network, a data folder of its own, and two organisations to keep apart."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_socket import disable_socket, socket_allow_hosts

from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TESTS = Path(__file__).parent
LOOPBACK = ["127.0.0.1", "::1", "localhost"]
UNDER_CI = os.environ.get("CI") == "true"


def _missing_tools() -> dict[str, str]:
    """Return, for each marker whose tool is not here, what to do about it."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    missing = {}
    if not os.environ.get("SAMEGAUGE_TEST_POSTGRESQL"):
        missing["postgresql"] = "no PostgreSQL: run ./dev test, which starts one (apt install postgresql)"
    if not shutil.which("chromium", path=path):
        missing["browser"] = "no Chromium: apt install chromium fonts-noto-cjk"
    if not shutil.which("mosquitto", path=path):
        missing["broker"] = "no Mosquitto: apt install mosquitto"
    return missing


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    for marker, reason in _missing_tools().items():
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def _is_left_out(item: pytest.Item) -> bool:
    is_slice = not os.environ.get("SAMEGAUGE_TEST_FULL")
    if item.get_closest_marker("full") and is_slice:
        return True
    if not os.environ.get("SAMEGAUGE_DATABASE_URL"):
        return False
    if item.get_closest_marker("one_database") and is_slice:
        return True
    # The second run, on PostgreSQL, is for what touches the database in the test's own process.
    touches = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(
        getattr(item, "fixturenames", ())
    )
    return not touches


def pytest_runtest_setup(item: pytest.Item) -> None:
    if TESTS / "system" in item.path.parents:
        socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"{len(skipped)} tests did not run")
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            terminalreporter.line(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under CI a test that did not run is a failure."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if UNDER_CI and reporter and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def tables_emptied_by_their_owner() -> Iterator[None]:
    """After a test with real transactions Django empties every table, which the site's own role may not do."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    from samegauge.core.database_walls.building import as_owner

    empty = DatabaseOperations.execute_sql_flush

    def as_the_owner(operations: Any, statements: list[str]) -> None:
        with as_owner(operations.connection):
            empty(operations, statements)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(DatabaseOperations, "execute_sql_flush", as_the_owner)
        yield


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of recorded data; SAMEGAUGE_TEST_DATA overrules ../shared/data."""
    folder = Path(os.environ.get("SAMEGAUGE_TEST_DATA") or TESTS.parents[1] / "shared" / "data")
    if not folder.is_dir():
        reason = f"The test data is not at {folder}. Set SAMEGAUGE_TEST_DATA to its folder."
        if UNDER_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture
def organisation(db: None) -> Organisation:
    return Organisation.objects.create(name="Alpha Works", name_zh="甲工廠", kind=OrganisationKind.COMPONENT_MAKER)


@pytest.fixture
def other_organisation(db: None) -> Organisation:
    return Organisation.objects.create(name="Beta Works", name_zh="乙工廠", kind=OrganisationKind.MACHINE_BUILDER)


@pytest.fixture
def person_with_role(db: None) -> Callable[..., Person]:
    """Make a person with a role: person_with_role("inspector", organisation)."""

    def make(role: Role | str, organisation: Organisation) -> Person:
        number = Person.objects.count() + 1
        person = Person.objects.create_user(username=f"{role}-{number}", password="a long enough phrase")
        Membership.objects.create(person=person, organisation=organisation, role=role)
        return person

    return make


@pytest.fixture
def in_scope(organisation: Organisation) -> Iterator[Organisation]:
    with organisation_scope(organisation):
        yield organisation

from __future__ import annotations

import base64
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from dbos import _serialization, _utils

from samegauge.core.jobs import durable

if TYPE_CHECKING:
    from pathlib import Path


def test_the_queue_reads_and_writes_json_and_refuses_pickles() -> None:
    ours = durable.DBOSPortableJSONSerializer()
    pickled = base64.b64encode(pickle.dumps({"args": (), "kwargs": {}})).decode()
    with pytest.raises(durable.PickleRefusedError):
        _serialization.deserialize_args(pickled, "py_pickle", ours)
    with pytest.raises(durable.PickleRefusedError):
        _serialization.serialize_value_as({}, "py_pickle", ours)
    assert _serialization.serialize_value({"a": [1, "孔"]}, None, ours) == ('{"a":[1,"孔"]}', "portable_json")


def test_the_queue_is_not_led_to_a_cloud() -> None:
    assert _utils.GlobalParams.dbos_cloud is False


def test_commits_to_the_queue_survive_a_power_cut(tmp_path: Path) -> None:
    engine: Any = durable.sqlite_engine(f"sqlite:///{tmp_path / 'queue.sqlite3'}")
    with engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]
    engine.dispose()
    assert values == ["wal", 2, 1, 0, durable.BUSY_TIMEOUT_MS]


def test_postgresql_is_left_to_dbos() -> None:
    assert durable.sqlite_engine("postgresql://somebody@localhost/queue") is None


@pytest.mark.parametrize(("attempt", "identifier"), [(1, "u-1"), (2, "u-1.2"), (11, "u-1.11")])
def test_an_attempt_is_read_back_from_its_identifier(attempt: int, identifier: str) -> None:
    assert durable.workflow_id("u-1", attempt) == identifier
    assert durable.attempt_of(identifier) == attempt

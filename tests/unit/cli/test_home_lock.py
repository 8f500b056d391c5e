from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from samegauge.cli import home_lock
from samegauge.core.site import RUNNING

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_in_use_is_refused_with_the_address_and_free_again_afterwards(tmp_path: Path) -> None:
    with home_lock.held(tmp_path) as lock:
        lock.write({"pid": 42, "address": "http://127.0.0.1:8000/"})
        with pytest.raises(home_lock.HomeInUseError, match=r"process 42, http://127\.0\.0\.1:8000/") as refused:
            home_lock.held(tmp_path).__enter__()
        assert "正由另一個 samegauge 使用" in refused.value.message_zh
    assert list(tmp_path.iterdir()) == []
    with home_lock.held(tmp_path) as lock:
        assert lock.left_behind == {}


@pytest.mark.parametrize(("content", "read"), [('{"port": 8000}', {"port": 8000}), ('{"por', {}), ("", {})])
def test_what_a_killed_run_left_is_read_and_does_not_lock(tmp_path: Path, content: str, read: dict[str, int]) -> None:
    (tmp_path / RUNNING).write_text(content)
    with home_lock.held(tmp_path) as lock:
        assert lock.left_behind == read
        lock.write({"port": 1})
        assert json.loads((tmp_path / RUNNING).read_text()) == {"port": 1}
    assert not (tmp_path / RUNNING).exists()

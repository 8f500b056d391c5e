from __future__ import annotations

import pytest

from samegauge.doors import ports


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - compared, not bound
        ("::", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("10.0.0.7", "10.0.0.7"),
    ],
)
def test_a_server_that_listens_everywhere_is_reached_on_loopback(host: str, reached: str) -> None:
    assert ports.reachable(host) == reached

from __future__ import annotations

import time
from uuid import RFC_4122

from samegauge.core.identifiers import new_uid


def test_an_identifier_is_a_uuid_version_7_of_now() -> None:
    before = time.time_ns() // 1_000_000
    uid = new_uid()
    after = time.time_ns() // 1_000_000
    assert (uid.version, uid.variant) == (7, RFC_4122)
    assert before <= uid.int >> 80 <= after


def test_identifiers_are_different_in_their_random_bits() -> None:
    uids = [new_uid() for _ in range(10_000)]
    assert len(set(uids)) == len(uids)
    random_bits = {uid.int & (1 << 62) - 1 for uid in uids}
    assert len(random_bits) == len(uids)
    for bit in range(62):
        ones = sum(value >> bit & 1 for value in random_bits)
        assert 4500 < ones < 5500, f"bit {bit} of 62 is set {ones} times in 10000"


def test_identifiers_sort_by_their_millisecond() -> None:
    uids = [new_uid() for _ in range(1000)]
    assert [uid.int >> 80 for uid in uids] == sorted(uid.int >> 80 for uid in uids)

from __future__ import annotations

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from samegauge.quantities.method import Exclusion, Method, hash_of_data


def test_hash_is_that_of_the_values_not_of_their_container() -> None:
    assert hash_of_data([1.0, 2.0]) == hash_of_data(np.array([1, 2], dtype=np.int32))
    assert hash_of_data([0.0]) == hash_of_data([-0.0])


def test_hash_changes_with_value_order_and_shape() -> None:
    values = np.arange(6.0)
    hashes = {
        hash_of_data(values),
        hash_of_data(values[::-1]),
        hash_of_data(values.reshape(2, 3)),
        hash_of_data(values.reshape(3, 2)),
        hash_of_data(np.nextafter(values, 9.0)),
        hash_of_data(values[:3], values[3:]),
    }
    assert len(hashes) == 6


def test_hash_of_many_numbers_is_that_of_all_their_bytes() -> None:
    values = np.random.default_rng(1).normal(size=(3, 20_001))
    values[1, 5] = -0.0
    plain = hashlib.sha256(repr(values.shape).encode() + (values + 0.0).tobytes()).hexdigest()
    assert hash_of_data(values) == f"sha256:{plain[:16]}"


def test_record_goes_into_json_with_its_exclusions() -> None:
    method = Method("cap", "ISO", constants={"d2": 1.128}, excluded=(Exclusion(3, "not measured", "未量測"),))
    read = json.loads(json.dumps(method.as_dict(), ensure_ascii=False))
    assert read["constants"] == {"d2": 1.128}
    assert read["excluded"] == [{"index": 3, "reason_en": "not measured", "reason_zh": "未量測"}]


def test_record_cannot_be_changed() -> None:
    method = Method("cap", "ISO")
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.name = "other"  # type: ignore[misc]

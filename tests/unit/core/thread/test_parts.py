from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.translation import override

from samegauge.core.labels.rules import code_of
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Block, Event, Item, ItemKind, Lot, LotKind, Unit
from samegauge.core.thread.moves import Swap, swap
from samegauge.core.thread.parts import PartState, block, check_part, release
from samegauge.core.thread.rules import Installation, Recorder, ThreadError, install, install_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
BEFORE, LATER = NOW - timedelta(days=2), NOW + timedelta(seconds=1)
QUALITY = Recorder(actor_name="QA")


@pytest.fixture
def shop(in_scope: Organisation) -> dict[str, Any]:
    machine = Item.objects.create(number="VMC", name="machine", kind=ItemKind.MACHINE)
    bearing = Item.objects.create(number="BRG", name="bearing", kind=ItemKind.PART)
    lot = Lot.objects.create(number="L-3", kind=LotKind.DELIVERY, item=bearing)
    return {
        "bearing": bearing,
        "lot": lot,
        "M": Unit.objects.create(serial="M", item=machine),
        **{serial: Unit.objects.create(serial=serial, item=bearing, lot=lot) for serial in ("B1", "B2")},
        "B9": Unit.objects.create(serial="B9", item=bearing),
    }


def test_each_state_with_its_reason_in_both_languages(shop: dict[str, Any]) -> None:
    bearing = shop["bearing"]
    install(shop["B9"], shop["M"], BEFORE, QUALITY)
    assert check_part("B1", bearing).is_free
    assert check_part(" B1\n", bearing).unit == shop["B1"]
    block(shop["lot"], "cage cracks", QUALITY)
    found = {scan: check_part(scan, bearing) for scan in ("nothing", "M", "B9", "B1")}
    assert {scan: one.state for scan, one in found.items()} == {
        "nothing": PartState.UNKNOWN,
        "M": PartState.WRONG_ITEM,
        "B9": PartState.USED,
        "B1": PartState.BLOCKED,
    }
    assert "M" in found["B9"].said
    for word in ("L-3", "QA", "cage cracks"):
        assert word in found["B1"].said
    with override("zh-hant"):
        for scan in found:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in check_part(scan, bearing).said)


def test_the_code_of_a_label_is_the_part_too(shop: dict[str, Any]) -> None:
    assert check_part(code_of("U", shop["B1"].uid, "https://site.example")).unit == shop["B1"]
    assert check_part(code_of("I", shop["B1"].uid)).state == PartState.UNKNOWN


def test_a_scan_costs_two_queries(shop: dict[str, Any], django_assert_max_num_queries: Callable[..., Any]) -> None:
    with django_assert_max_num_queries(2):
        assert check_part("B1", shop["bearing"]).is_free


def test_a_blocked_part_goes_nowhere_until_it_is_released(shop: dict[str, Any]) -> None:
    install(shop["B9"], shop["M"], BEFORE, QUALITY)
    standing = block(shop["B1"], "dropped", QUALITY, NOW)
    for move in (
        lambda: install(shop["B1"], shop["M"], LATER, QUALITY),
        lambda: swap(Swap(shop["B9"], shop["B1"], LATER, "worn"), QUALITY),
    ):
        with pytest.raises(ThreadError, match="dropped"):
            move()
    release(standing, "measured, fits", QUALITY, LATER)
    assert swap(Swap(shop["B9"], shop["B1"], LATER + timedelta(seconds=1), "worn"), QUALITY).child == shop["B1"]
    assert list(Event.objects.filter(kind__in=["blocked", "released"]).values_list("kind", "payload")) == [
        ("blocked", {"reason": "dropped"}),
        ("released", {"reason": "measured, fits"}),
    ]


def test_what_went_in_before_the_block_may_still_be_recorded(shop: dict[str, Any]) -> None:
    block(shop["lot"], "cage cracks", QUALITY, NOW)
    assert install(shop["B1"], shop["M"], BEFORE, QUALITY).valid_from == BEFORE


def test_many_at_once_are_refused_as_one_is(shop: dict[str, Any]) -> None:
    block(shop["B9"], "dropped", QUALITY, NOW)
    block(shop["lot"], "cage cracks", QUALITY, NOW)
    for part, reason in (("B9", "dropped"), ("B1", "cage cracks")):
        with pytest.raises(ThreadError, match=reason):
            install_all([Installation(shop[part], shop["M"], LATER)], QUALITY)
    early = [Installation(shop[part], shop["M"], BEFORE) for part in ("B9", "B1", "B2")]
    assert len(install_all(early, QUALITY)) == 3


def test_blocks_say_why_and_stand_once(shop: dict[str, Any]) -> None:
    standing = block(shop["lot"], "cage cracks", QUALITY)
    release(standing, "sorted", QUALITY)
    for refused in (
        lambda: block(shop["B1"], " ", QUALITY),
        lambda: release(block(shop["B1"], "x", QUALITY), "", QUALITY),
        lambda: block(shop["B1"], "again", QUALITY),
        lambda: release(standing, "again", QUALITY),
    ):
        with pytest.raises(ThreadError):
            refused()
    assert Block.objects.filter(valid_to__isnull=True).count() == 1
    assert block(shop["lot"], "another crack", QUALITY).pk != standing.pk


def test_another_organisations_parts_are_unknown(shop: dict[str, Any], other_organisation: Organisation) -> None:
    block(shop["lot"], "cage cracks", QUALITY)
    with organisation_scope(other_organisation):
        assert check_part("B1").state == PartState.UNKNOWN
        assert not Block.objects.exists()

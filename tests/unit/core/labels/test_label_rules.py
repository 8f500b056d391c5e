from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samegauge.core.labels.rules import (
    MOST_LABELS,
    Label,
    LabelError,
    check_count,
    code_of,
    pages_of,
    scanned_path,
    sheet_formats,
)

UID = UUID("01939d3c-1f2e-7abc-8def-0123456789ab")


@pytest.mark.parametrize("sheet", sheet_formats().values(), ids=sheet_formats())
def test_every_label_lies_on_the_page_and_on_no_other(sheet) -> None:  # noqa: ANN001
    places = sheet.places_mm()
    assert len(set(places)) == sheet.per_page
    assert min(sheet.margins_mm) >= 0
    assert (sheet.across_mm >= sheet.label_mm[0], sheet.down_mm >= sheet.label_mm[1]) == (True, True)
    right, bottom = places[-1][0] + sheet.label_mm[0], places[-1][1] + sheet.label_mm[1]
    assert (right, bottom) == pytest.approx(
        (sheet.page_mm[0] - places[0][0], sheet.page_mm[1] - places[0][1]), abs=1e-6
    )


def test_a_known_sheet_has_its_makers_margins() -> None:
    assert sheet_formats()["l7160"].margins_mm == pytest.approx((7.2, 15.15), abs=0.02)


def test_a_code_is_the_short_path_with_or_without_the_sites_address() -> None:
    assert code_of("U", UID) == "/U/01939D3C1F2E7ABC8DEF0123456789AB"
    assert code_of("I", UID, "https://gauge.example:8443/") == f"HTTPS://GAUGE.EXAMPLE:8443/I/{UID.hex.upper()}"
    assert code_of("U", UID, "https://host.example/Works/").startswith("HTTPS://HOST.EXAMPLE/Works/U/")


@given(kind=st.sampled_from("UIP"), uid=st.uuids(), site=st.sampled_from(["", "http://10.0.0.7:8000/", "https://a.b/"]))
def test_what_is_scanned_leads_back_to_the_short_path(kind: str, uid: UUID, site: str) -> None:
    code = code_of(kind, uid, site)
    assert scanned_path(code) == scanned_path(code.lower()) == scanned_path(f" {code} ") == code_of(kind, uid)


@pytest.mark.parametrize("text", ["", "TX-650-0398", "/X/" + UID.hex, "/U/" + UID.hex[:-1], f"/U/{UID}", "//U//"])
def test_other_texts_lead_nowhere(text: str) -> None:
    assert scanned_path(text) == ""


def test_labels_start_at_the_first_free_place_and_go_on_to_further_pages() -> None:
    labels = [Label(str(number), str(number)) for number in range(45)]
    pages = pages_of(labels, sheet_formats()["l7160"], 20)
    assert [len(page) for page in pages] == [1, 21, 21, 2]
    assert pages[0] == [(20, labels[0])]
    assert [place for place, _label in pages[1]] == list(range(21))
    assert [label for page in pages for _place, label in page] == labels


def test_too_many_and_none_are_refused() -> None:
    check_count(MOST_LABELS)
    for count, said in ((0, "Nothing"), (MOST_LABELS + 1, "2,001 labels")):
        with pytest.raises(LabelError, match=said):
            check_count(count)

"""Every page can be reached by links from the start page, and no link leads nowhere."""

from __future__ import annotations

import html
import re
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.pages.conftest import Visit

pytestmark = pytest.mark.browser

HREF = re.compile(r'<a\b[^>]*?\shref="([^"]+)"')
FETCHED = re.compile(r'(?:data-signal-url)="([^"]+)"')
MOST_OF_ONE_KIND = 12
# Not links: what a form sends, what a link outside the site opens, what a program asks for.
OTHERWISE_REACHED = {
    "health", "search", "search_suggestions", "start", "join", "switch_organisation", "revoke_token", "set_language",
    "unit_block", "lot_block", "swap_undo", "recall_step", "recall_refresh", "recall_close",
    "quality_now", "quality_report", "alarm_reopen", "characteristic_live", "control_design_undo",
    "causecode_switch", "causecode_import", "actioncode_switch", "actioncode_import",
    "import_undo", "revoke_grant", "shared_document", "shared_unit_tree", "read_notices", "incident_step", "check_now",
    "job_progress", "job_cancel", "partner_switch", "partner_import", "instrument_switch", "instrument_import",
    "item_switch", "item_import", "station_switch", "station_import", "unit_import", "scanned_station",
    "measured_value_import",
    "backup_file", "backup_job", "go_back", "going_back_state", "scanned_unit", "scanned_item", "scanned_person",
    "help_member", "end_session", "end_other_sessions", "remove_connection",
    "company_sign_in", "company_callback", "socialaccount_login_cancelled", "tablet_worker", "tablet_manifest",
    "start_unit", "act_at_station", "change_plan", "change_procedure", "change_route",
    "witness_add_checkpoint", "witness_request",
    "calibration_new", "calibration_withdraw", "study_withdraw", "nonconformity_step", "nonconformity_add",
    "corrective_action_new", "corrective_action_close", "cause_new", "cause_mark", "verification_set",
    "discipline_write",
    "delivery_switch", "delivery_import",
    "units_labels", "machines_labels", "items_labels", "stations_labels", "people_labels",
}  # fmt: skip


# Kinds that the site under test does not have.
OF_TESTS = ("gadget_", "growngadget_")


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if str(pattern.pattern) not in {"account/", "account/second-factor/", "api/"}:
                yield from _names(pattern.url_patterns)
        elif pattern.name and not pattern.name.startswith(OF_TESTS):
            yield pattern.name


def test_every_page_is_linked_and_every_link_leads_somewhere(visit: Visit) -> None:
    site = visit.world.running.address.rstrip("/")
    wanted = set(_names(get_resolver().url_patterns)) - OTHERWISE_REACHED
    # Of 5,000 units a few are followed; these two, which the search opens by their serials, have what most have not.
    ways_in = ["/", visit.world.path("thread_of_an_assembly"), visit.world.path("thread_with_a_passport")]
    waiting, seen, reached, broken = deque(ways_in), set(ways_in), dict[str, int](), list[str]()
    while waiting:
        path = waiting.popleft()
        name = resolve(urlsplit(path).path).url_name or ""
        if reached.get(name, 0) >= MOST_OF_ONE_KIND:
            continue
        reached[name] = reached.get(name, 0) + 1
        answer = visit.context.request.get(site + path)
        if answer.status != 200:
            broken.append(f"{path} answers {answer.status}")
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        text = answer.text()
        for found in [*HREF.findall(text), *FETCHED.findall(text)]:
            target = _own_path(html.unescape(found), path, site)
            if target and target not in seen:
                seen.add(target)
                waiting.append(target)
    assert broken == []
    assert wanted - reached.keys() == set()


def _own_path(href: str, path: str, site: str) -> str:
    """The address without its fragment when it is one of the site's, else nothing."""
    if href.startswith("?"):
        href = urlsplit(path).path + href
    target = href.removeprefix(site).split("#")[0]
    return target if target.startswith("/") and not target.startswith(("//", "/static/")) else ""

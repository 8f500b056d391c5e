"""Looks at every page of the simulated company as the owner of the site; prints what stood empty, as JSON.

Pages are found as a person finds them: those with an address of their own, and from each the links on it, a few for
each route.
"""

from __future__ import annotations

import json
import re
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

MOST_PER_ROUTE = 3
LINK = re.compile(r'href="(/[^"#?]*)"')
# The component of an empty page, and a table without a row.
EMPTY = re.compile(r'class="sg-empty"|<tbody>\s*</tbody>')
# Leaves this site or this session.
LEFT_ALONE = {"account_logout", "company_sign_in", "switch_organisation", "set_language"}


def addresses_without_arguments() -> Iterator[str]:
    from django.urls import NoReverseMatch, get_resolver, reverse

    for name in sorted(key for key in get_resolver().reverse_dict if isinstance(key, str)):
        try:
            yield reverse(name)
        except NoReverseMatch:
            continue


def route_of(path: str) -> str:
    from django.urls import Resolver404, resolve

    try:
        match = resolve(path)
    except Resolver404:
        return ""
    told = [f"{key}={value}" for key, value in match.kwargs.items() if key == "slug"]
    return " ".join([match.view_name or "", *told])


def crawl(client: Client, first: list[str], *, follow: bool = True) -> dict[str, dict[str, Any]]:
    """By route: how many pages were seen, which of them were empty, and which did not answer."""
    known, waiting = set(first), deque(first)
    found: dict[str, dict[str, Any]] = {}
    while waiting:
        path = waiting.popleft()
        route = route_of(path)
        row = found.get(route, {"seen": 0, "empty": [], "failed": []})
        if not route or route in LEFT_ALONE or row["seen"] >= MOST_PER_ROUTE:
            continue
        answer = client.get(path)
        if answer.status_code in {301, 302, 405} or "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        found[route] = noted(row, path, answer)
        if follow:
            links = [link for link in dict.fromkeys(LINK.findall(answer.content.decode())) if link not in known]
            known.update(links)
            waiting.extend(links)
    return found


def noted(row: dict[str, Any], path: str, answer: Any) -> dict[str, Any]:
    empty = [path] if EMPTY.search(answer.content.decode()) else []
    failed = [f"{path} {answer.status_code}"] if answer.status_code != 200 else []
    return {"seen": row["seen"] + 1, "empty": row["empty"] + empty, "failed": row["failed"] + failed}


def signed_in() -> Client:
    """A person as the first start makes one, who may open every simulated organisation."""
    from django.conf import settings
    from django.test import Client

    from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
    from samegauge.core.organisations.rules import open_simulated

    settings.ALLOWED_HOSTS.append("testserver")
    firm = Organisation.objects.create(name="Own", kind=OrganisationKind.MACHINE_BUILDER)
    owner = Person.objects.create_user(username="owner", password="a long enough phrase")
    Membership.objects.create(person=owner, organisation=firm, role=Role.OWNER)
    open_simulated(owner)
    client = Client()
    client.force_login(owner)
    return client


def what_was_made() -> Iterator[str]:
    """A machine with a passport, a casting with an operation and the machining centre, which no list shows first."""
    from django.urls import reverse

    from samegauge.core.production.models import OperationRun
    from samegauge.core.thread.models import Event, Unit

    run = OperationRun.objects.select_related("machine", "unit").earliest("pk")
    issued = Event.objects.filter(kind="passport_issued").earliest("pk")
    for unit in (Unit.objects.get(pk=issued.unit_id), run.unit):
        yield from (reverse(name, args=[unit.uid]) for name in ("unit_thread", "unit_tree", "passports"))
    yield reverse("machine", args=[run.machine.uid])


def main() -> None:
    open_site()
    from django.urls import reverse

    from samegauge.core.organisations.models import Organisation, OrganisationKind
    from samegauge.core.scope import organisation_scope

    client, told = signed_in(), {}
    for organisation in Organisation.objects.filter(is_simulated=True).order_by("pk"):
        client.post(reverse("switch_organisation"), {"organisation": str(organisation.uid)})
        if organisation.kind == OrganisationKind.MACHINE_BUILDER:
            with organisation_scope(organisation):
                shown = list(what_was_made())
            told[organisation.name] = crawl(client, [*shown, *addresses_without_arguments()])
        else:
            told[organisation.name] = crawl(client, [reverse("shared_with_us"), reverse("shared_by_us")], follow=False)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()

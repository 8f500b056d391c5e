"""Asks a site's database in a process of its own: python site_process.py VERB ARGUMENT...; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from samegauge.cli.site import open_site

PATIENCE_S = 120.0


def ask(kind: str, arguments: str) -> dict[str, Any]:
    from samegauge.core.jobs.rules import enqueue
    from samegauge.core.organisations.models import Organisation
    from samegauge.core.scope import organisation_scope

    __import__("crash_jobs")
    organisation, _ = Organisation.objects.get_or_create(name="Maker", kind="component_maker")
    with organisation_scope(organisation):
        return {"uid": str(enqueue(kind, json.loads(arguments), None).uid)}


def cancel(uid: str) -> dict[str, Any]:
    from samegauge.core.jobs import rules
    from samegauge.core.jobs.models import Job
    from samegauge.core.scope import all_organisations, organisation_scope

    with all_organisations("test"):
        asked = Job.objects.get(uid=uid)
    with organisation_scope(asked.organisation_id):
        rules.cancel(asked)
    return _facts(asked)


def show(uid: str) -> dict[str, Any]:
    from samegauge.core.jobs.models import Job
    from samegauge.core.scope import all_organisations

    with all_organisations("test"):
        return _facts(Job.objects.get(uid=uid))


def token(role: str) -> dict[str, Any]:
    """Let somebody new act through the API."""
    from samegauge.core.organisations.models import Membership, Organisation, Person
    from samegauge.core.organisations.rules import issue_token

    organisation, _ = Organisation.objects.get_or_create(name="Maker", kind="component_maker")
    person = Person.objects.create(username=role)
    membership = Membership.objects.create(person=person, organisation=organisation, role=role)
    return {"text": issue_token(membership, "test")[1]}


def end(uid: str) -> dict[str, Any]:
    """Wait until the job has ended."""
    give_up_s = time.monotonic() + PATIENCE_S
    facts = show(uid)
    while facts["state"] in {"requested", "running"} and time.monotonic() < give_up_s:
        time.sleep(0.1)
        facts = show(uid)
    return facts


def _facts(asked: Any) -> dict[str, Any]:
    names = ("kind", "state", "done", "total", "message", "message_zh", "result", "cancel_requested")
    return {name: getattr(asked, name) for name in names}


if __name__ == "__main__":
    open_site()
    verbs = {"ask": ask, "cancel": cancel, "show": show, "end": end, "token": token}
    sys.stdout.write(json.dumps(verbs[sys.argv[1]](*sys.argv[2:])))

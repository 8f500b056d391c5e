"""What the simulated organisations share: castings with who machines them, machines with who runs them, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from samegauge.core.demo.books import RECORDED_BY, simulated_organisation
from samegauge.core.demo.chapters import declare_sequel
from samegauge.core.scope import organisation_scope
from samegauge.core.sharing.models import Covers, Grant
from samegauge.core.sharing.rules import Offer, revoke, share
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder
from samegauge.simulators.builder.catalogue import BUILDER, CUSTOMERS, FOUNDRIES
from samegauge.simulators.builder.company import newest_of_each_customer
from samegauge.simulators.machining.plan import planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.simulators.builder.records import Company, Machine, Words

CASTING = "鑄件熔煉與熱處理，供裝機機台追溯。Melt and heat treatment of a casting in the machine, for its trace."
MACHINED = "加工與檢驗結果，供鑄造廠改善。How the casting was machined and measured, for the foundry."
MACHINE = "交機履歷與履歷護照。The machine as delivered, and its passport."
HOURS = "運轉時數與叫修，供保養。Running hours and calls, for its service."
RESOLD = "機台已轉售。The machine was sold on."
GIVEN_FOR = timedelta(days=365)


@dataclass(frozen=True)
class _Gift:
    giver: Words
    receiver: Words
    serial: str
    offer: Offer
    ended: str = ""


def share_in_company(company: Company) -> int:
    """Return how many grants were given now; one that was given before, and perhaps revoked since, is left alone."""
    return sum(_give(gift) for gift in _gifts(company))


def _give(gift: _Gift) -> bool:
    receiver = simulated_organisation(gift.receiver)
    recorder = Recorder(actor_name=f"{RECORDED_BY} · QM-1")
    with organisation_scope(simulated_organisation(gift.giver)):
        if Grant.objects.filter(serial=gift.serial, receiver=receiver).exists():
            return False
        grant = share(Unit.objects.select_related("item").get(serial=gift.serial), receiver, gift.offer, recorder)
        if gift.ended:
            revoke(grant, gift.ended, recorder)
    return True


def _gifts(company: Company) -> Iterator[_Gift]:
    yield from _with_foundries(company)
    names = {party.code: party.name for party in CUSTOMERS}
    newest = newest_of_each_customer(company)
    for place, machine in enumerate(newest):
        until = None if place else datetime.now(UTC) + GIVEN_FOR
        customer = names[machine.customer]
        yield _Gift(BUILDER, customer, machine.serial, Offer(Covers.BOTH, MACHINE, until))
        yield _Gift(customer, BUILDER, machine.serial, Offer(Covers.HISTORY, HOURS))
    for machine in _older(company, newest)[:1]:
        yield _Gift(BUILDER, names[machine.customer], machine.serial, Offer(Covers.BOTH, MACHINE), RESOLD)


def _with_foundries(company: Company) -> Iterator[_Gift]:
    """The castings of the machine that holds what was machined last; each foundry is shown one of its own in return."""
    machined = max((job for day in planned(company) for job in day.jobs), key=lambda job: job.started_at, default=None)
    if machined is None:
        return
    castings = _castings_beside(company, machined.serial)
    for foundry in FOUNDRIES:
        own = [serial for serial, code in castings.items() if code == foundry.code]
        yield from (_Gift(foundry.name, BUILDER, serial, Offer(Covers.HISTORY, CASTING)) for serial in own)
        back = machined.serial if machined.serial in own else own[0]
        yield _Gift(BUILDER, foundry.name, back, Offer(Covers.HISTORY, MACHINED))


def _castings_beside(company: Company, serial: str) -> dict[str, str]:
    """The castings of the machine that this one is built into, each with the code of its foundry."""
    parents = {edge.child: edge.parent for edge in company.installations}
    [machine] = [one.serial for one in company.machines if parents[serial].startswith(one.serial)]
    foundries = {melt.number: melt.foundry for melt in company.melts}
    parts = [part for part in company.parts if part.lot in foundries]
    return {part.serial: foundries[part.lot] for part in parts if parents.get(part.serial, "").startswith(machine)}


def _older(company: Company, newest: list[Machine]) -> list[Machine]:
    return [machine for machine in company.machines if machine not in newest]


declare_sequel("grants", share_in_company)

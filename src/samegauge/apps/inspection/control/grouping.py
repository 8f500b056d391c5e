"""Which characteristics make one process: one alone, the same one of all models, or a family of sizes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from samegauge.apps.inspection.control.models import Pooling, Process, ProcessMember
from samegauge.core.measurement.models import Characteristic
from samegauge.core.thread.models import ItemKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def processes_of(characteristics: Collection[int]) -> dict[int, int]:
    """Return the key of each characteristic's process; those that are measured for the first time get theirs."""
    found = dict(
        ProcessMember.objects.filter(characteristic__in=characteristics).values_list("characteristic_id", "process_id")
    )
    missing = set(characteristics) - found.keys()
    return found | _founded(missing) if missing else found


def _founded(keys: Collection[int]) -> dict[int, int]:
    rows = list(Characteristic.objects.filter(pk__in=keys).select_related("item").order_by("pk"))
    wanted = {likeness(pooling, row) for row in rows for pooling in (Pooling.ALIKE, Pooling.FAMILY)}
    known: dict[str, Process] = {}
    # Where somebody pooled what is alike, a newcomer joins; where somebody keeps each alone, so is the newcomer.
    for process in Process.objects.filter(likeness__in=wanted, members__isnull=False).distinct().order_by("-pk"):
        if process.likeness not in known or process.pooling != Pooling.OWN:
            known[process.likeness] = process
    members = []
    for row in rows:
        process = _joined(row, known)
        members.append(ProcessMember(process=process, characteristic=row))
    ProcessMember.objects.bulk_create(members)
    return {member.characteristic_id: member.process_id for member in members}


def _joined(row: Characteristic, known: dict[str, Process]) -> Process:
    family, alike = (known.get(likeness(pooling, row)) for pooling in (Pooling.FAMILY, Pooling.ALIKE))
    pooled = next((one for one in (family, alike) if one is not None and one.pooling != Pooling.OWN), None)
    if pooled is not None:
        return pooled
    few = row.item.kind == ItemKind.MACHINE and alike is None
    pooling = Pooling.ALIKE if few else Pooling.OWN
    mark = likeness(pooling, row)
    process = Process.objects.create(lead=row, pooling=pooling, likeness=mark)
    known.setdefault(mark, process)
    return process


def likeness(pooling: str, row: Characteristic) -> str:
    """The same for characteristics that may share a chart."""
    said = [row.inspection_kind, row.key, row.unit_code]
    if pooling != Pooling.FAMILY:
        said += [row.name, row.nominal, row.lower_limit, row.upper_limit]
    return (
        f"{'family' if pooling == Pooling.FAMILY else 'alike'} {hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"
    )


def regroup(process: Process, pooling: str) -> list[Process]:
    """Put together or apart what a chart watches; return the processes that lost or won members."""
    if process.pooling == pooling:
        return []
    lead = process.lead
    process.pooling, process.likeness = pooling, likeness(pooling, lead)
    process.save(update_fields=["pooling", "likeness"])
    if pooling == Pooling.OWN:
        return _apart(process)
    alike = Characteristic.objects.filter(
        key=lead.key, unit_code=lead.unit_code, inspection_kind=lead.inspection_kind
    ).exclude(pk=lead.pk)
    mark = process.likeness
    joining = [row.pk for row in alike if likeness(pooling, row) == mark]
    members = ProcessMember.objects.filter(characteristic__in=joining).exclude(process=process)
    left = list(Process.objects.filter(pk__in=members.values("process")))
    members.update(process=process)
    leaving = ProcessMember.objects.filter(process=process).exclude(characteristic__in=[lead.pk, *joining])
    return [*left, *_alone(leaving.select_related("characteristic"))]


def _apart(process: Process) -> list[Process]:
    others = ProcessMember.objects.filter(process=process).exclude(characteristic=process.lead_id)
    return _alone(others.select_related("characteristic"))


def _alone(members: Iterable[ProcessMember]) -> list[Process]:
    made = []
    for member in members:
        row = member.characteristic
        made.append(Process.objects.create(lead=row, likeness=likeness(Pooling.OWN, row)))
        ProcessMember.objects.filter(pk=member.pk).update(process=made[-1])
    return made

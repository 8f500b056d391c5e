"""Issuing a unit's passport: what the thread says now, signed with the organisation's key, kept in the vault."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from samegauge.apps.history import queries
from samegauge.apps.history.models import Passport
from samegauge.apps.history.passport_pdf import render_pdf
from samegauge.core.merkle_log.keys import has_key, keys_folder, organisation_key
from samegauge.core.merkle_log.proofs import logged, proof_of, sign_and_show
from samegauge.core.organisations.models import Organisation
from samegauge.core.printing import PrintError, fonts_folder
from samegauge.core.production.models import Confidence
from samegauge.core.thread.genealogy import as_built
from samegauge.core.thread.rules import Fact, Recorder, record, said_of, sealed_content
from samegauge.core.vault.rules import keep
from samegauge.doors.crypto import (
    PublicKey,
    SigningKey,
    load_public_keys,
    random_token,
    sha256,
)
from samegauge.formats.passport import records, seal, seal_pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.measurement.models import Inspection, Measurement
    from samegauge.core.production.models import OperationRun
    from samegauge.core.thread.models import Document, Unit

log = logging.getLogger(__name__)

MOST_EVENTS = 2000
MOST_UPLOADED_BYTES = 32 * 2**20


def issue(unit: Unit, recorder: Recorder, verify_address: str) -> Passport:
    """Sign and print the unit's passport; `verify_address` is the site's address for its public page.

    Printed twice: first to know that it can be, then with the proof that its issue stands in the log for good.
    """
    now = datetime.now(UTC)
    key = signing_key(unit.organisation)
    sign_and_show(now)
    signed = seal.build(passport_of(unit, now), key)
    token = random_token()
    address = f"{verify_address.rstrip('/')}/verify/{token}/"
    render_pdf(signed, address, fonts_folder(), unit.organisation.time_zone)
    payload = {"key": key.public.key_id, "bytes": len(signed), "sha256": sha256(signed).hex()}
    event = record(Fact("passport_issued", now, said_of(unit, payload), unit=unit), recorder)
    sign_and_show(now)
    pdf = render_pdf(signed, address, fonts_folder(), unit.organisation.time_zone, proof_of(event))
    with transaction.atomic():
        return Passport.objects.create(
            unit=unit,
            issued_at=now,
            signed=keep(signed, f"{unit.serial}.passport.json"),
            printed=keep(seal_pdf(pdf, key), f"{unit.serial}.passport.pdf"),
            key_id=key.public.key_id,
            public_token=token,
            event=event,
        )


def signing_key(organisation: Organisation) -> SigningKey:
    """Return the organisation's key, made at first use; this site trusts it from then on."""
    _refuse_second_key(organisation)
    return organisation_key(organisation)


class SigningKeyGoneError(PrintError):
    """The organisation has signed with a key that is not here any more."""


def _refuse_second_key(organisation: Organisation) -> None:
    """Refuse to make a new key where another has signed: a restored site would go on with one that nobody knows."""
    if has_key(organisation):
        return
    own = keys_folder() / "trusted" / f"{organisation.uid}.pub"
    known = {key.key_id for key in trusted_keys()[0].values()}
    signed_by = set(Passport.objects.values_list("key_id", flat=True).distinct())
    if own.exists() or signed_by - known:
        raise SigningKeyGoneError(
            f"{organisation} has signed passports, and its signing key is not here. Run `samegauge restore-keys FILE`. "
            f"If it is lost for good, rename keys/trusted/{organisation.uid}.pub in the data folder to another .pub: "
            "the passports so far stay valid, and the next one makes a new key.",
            f"{organisation.name_zh or organisation} 曾簽發履歷護照，但這裡沒有它的簽章金鑰。"
            f"執行 `samegauge restore-keys FILE`。若金鑰確定遺失，把資料夾中的 keys/trusted/{organisation.uid}.pub "
            "改成其他 .pub 檔名：已簽發的履歷護照仍然有效，下一份會使用新的金鑰。",
        )


def trusted_keys() -> tuple[dict[str, PublicKey], list[str]]:
    """Return the keys this site trusts, each under the name of its file, and the files that hold no usable key."""
    trusted, unusable = load_public_keys(keys_folder() / "trusted")
    for name, reason in unusable.items():
        log.warning("The trusted key file %s could not be read: %s", name, reason)
    return trusted, list(unusable)


def keys_by_maker() -> tuple[dict[str, PublicKey], list[str]]:
    """The trusted keys under the names of this site's organisations, others under their file's; unusable files."""
    makers = Organisation.objects.values_list("uid", "name")
    # The end of the identifier keeps two organisations of one name apart.
    names = {str(uid): f"{name} · {str(uid)[-8:]}" for uid, name in makers}
    trusted, unusable = trusted_keys()
    return {names.get(stem, stem): key for stem, key in trusted.items()}, unusable


def passport_of(unit: Unit, at: datetime) -> records.Passport:
    """Everything the passport says about the unit at a moment."""
    view = queries.thread_view(unit, at, events_shown=MOST_EVENTS)
    inspections = [(row, list(queries.measurements_of(row))) for row in view.inspections]
    events = list(reversed(view.events))
    return records.Passport(
        identity=records.Identity(
            serial=unit.serial,
            item=unit.item.number,
            revision=unit.revision.label if unit.revision else "",
            maker=unit.organisation.name,
            item_name=unit.item.name,
        ),
        issuer=unit.organisation.name,
        issued_at=at,
        as_built=tuple(
            records.Component(
                level=branch.depth,
                serial=branch.serial,
                item=branch.item,
                revision=branch.revision or "",
                position=branch.position,
                installed_at=branch.since,
                removed_at=branch.until,
            )
            for branch in as_built(unit, at)
        ),
        operations=tuple(_operation(run) for run in view.operations),
        inspections=tuple(_inspection(row, measured) for row, measured in inspections),
        events=tuple(
            records.RecordedEvent(record=sealed_content(event), leaf_hash=event.leaf_hash) for event in events
        ),
        documents=tuple(_document(document) for document in view.documents),
        provenance=tuple(_provenance(view)),
        log=logged(events),
    )


def _operation(run: OperationRun) -> records.Operation:
    return records.Operation(
        name=run.label,
        machine=run.machine.serial,
        program=run.program.name if run.program else run.program_name_reported,
        program_revision=run.program.revision_label if run.program else "",
        program_sha256=run.program.sha256 if run.program else "",
        started_at=run.started_at,
        ended_at=run.ended_at,
        cycle_time_s=run.cycle_time_s,
    )


def _inspection(row: Inspection, measured: list[Measurement]) -> records.Inspection:
    return records.Inspection(
        name=row.kind,
        device=row.software,
        measured_at=row.performed_at,
        source=row.source.name if row.source else "",
        source_sha256=row.source.sha256 if row.source else "",
        characteristics=tuple(_characteristic(measurement) for measurement in measured),
    )


def _characteristic(measurement: Measurement) -> records.Characteristic:
    stated = measurement.characteristic
    nominal = stated.nominal

    def from_nominal(limit: float | None) -> float | None:
        return None if limit is None else float(Decimal(repr(limit)) - Decimal(repr(nominal or 0.0)))

    return records.Characteristic(
        designator=stated.key,
        name=stated.name,
        unit=stated.unit_code,
        status=records.Status(measurement.stated),
        actual=measurement.actual,
        nominal=nominal,
        tolerance_lower=from_nominal(stated.lower_limit),
        tolerance_upper=from_nominal(stated.upper_limit),
    )


def _document(document: Document) -> records.AttachedDocument:
    return records.AttachedDocument(name=document.title, sha256=document.stored.sha256, kind=document.kind)


def _provenance(view: queries.ThreadView) -> Iterator[records.Provenance]:
    """Say of every inferred, uncertain or simulated fact that it is one, with the evidence."""
    if view.unit.simulated:
        kind = records.ProvenanceKind.SIMULATED
        yield records.Provenance(kind, "identity", "這是模擬資料。", "This is simulated data.")
    for group, rows in (("operations", view.operations), ("inspections", view.inspections)):
        for place, row in enumerate(rows):
            if row.confidence != Confidence.STATED:
                kind = records.ProvenanceKind(row.confidence)
                chinese = "".join(piece["zh"] for piece in row.evidence)
                english = " ".join(piece["en"] for piece in row.evidence)
                yield records.Provenance(kind, f"{group}/{place}", chinese, english)

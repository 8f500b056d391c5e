"""The kinds of import: which files each takes, in which order, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from samegauge.core.intake.batches import close_batch
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportKind
from samegauge.core.intake.package import PackageNaming, Role, sorted_by_role
from samegauge.core.intake.qif import StatedNaming, take_in_qif
from samegauge.core.intake.run import Intake, report_of
from samegauge.core.intake.sources import Source, unpacked
from samegauge.core.jobs.rules import job
from samegauge.core.organisations.models import Person
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.models import StoredFile
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from samegauge.core.jobs.rules import Progress

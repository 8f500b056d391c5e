"""Under which names the same index is reported, after the kind of study."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Study(Enum):
    """What was studied decides the name, not the formula."""

    PROCESS_CAPABILITY = "process capability"
    PROCESS_PERFORMANCE = "process performance"
    MACHINE_PERFORMANCE = "machine performance"


class Edition(Enum):
    """ISO 22514-3 says Pm, Pmk; machine makers and older papers say Cm, Cmk."""

    ISO = "ISO 22514-1:2014, ISO 22514-3:2020"
    CUSTOMARY = "customary before ISO 22514 (machine capability)"


@dataclass(frozen=True, slots=True)
class IndexNames:
    spread: str
    centred: str
    lower: str
    upper: str
    term_en: str
    term_zh: str


_NAMES = {
    (Study.PROCESS_CAPABILITY, Edition.ISO): IndexNames(
        "Cp", "Cpk", "CpkL", "CpkU", "process capability index", "製程能力指數"
    ),
    (Study.PROCESS_PERFORMANCE, Edition.ISO): IndexNames(
        "Pp", "Ppk", "PpkL", "PpkU", "process performance index", "製程績效指數"
    ),
    (Study.MACHINE_PERFORMANCE, Edition.ISO): IndexNames(
        "Pm", "Pmk", "PmkL", "PmkU", "machine performance index", "機器績效指數"
    ),
    (Study.PROCESS_CAPABILITY, Edition.CUSTOMARY): IndexNames(
        "Cp", "Cpk", "Cpl", "Cpu", "process capability index", "製程能力指數"
    ),
    (Study.PROCESS_PERFORMANCE, Edition.CUSTOMARY): IndexNames(
        "Pp", "Ppk", "Ppl", "Ppu", "process performance index", "製程績效指數"
    ),
    (Study.MACHINE_PERFORMANCE, Edition.CUSTOMARY): IndexNames(
        "Cm", "Cmk", "Cml", "Cmu", "machine capability index", "機器能力指數"
    ),
}


def index_names(study: Study, edition: Edition = Edition.ISO) -> IndexNames:
    """What are the indices of a study called?

    Parameters
    ----------
    study : Study
        What was studied [1].
    edition : Edition
        Whose names [1].

    Returns
    -------
    IndexNames
        Symbols and terms in both languages [1].

    Notes
    -----
    Capability is reserved for a process shown to be in statistical control, performance needs no such proof, machine
    performance is a short run under constant conditions with the machine as the only source of spread. Symbols and
    editions are from memory and were not compared with the text of the standards.

    Examples
    --------
    >>> [index_names(Study.MACHINE_PERFORMANCE, edition).centred for edition in Edition]
    ['Pmk', 'Cmk']

    References
    ----------
    ISO 22514-1:2014; ISO 22514-2:2017; ISO 22514-3:2020 (machine performance studies), all from memory.
    """
    return _NAMES[study, edition]

"""The simulated company's partners and stations as records."""

from __future__ import annotations

from samegauge.core.language import in_reader_language
from samegauge.core.partners.models import Partner, PartnerKind
from samegauge.core.production.models import Station
from samegauge.simulators.builder.catalogue import CUSTOMERS, FOUNDRIES, SUPPLIERS
from samegauge.simulators.builder.records import Party, Words
from samegauge.simulators.builder.stations import PHASES, STATIONS

LABORATORY = Party("LAB", Words("Simulated calibration laboratory", "模擬校正實驗室"))
NOTE = "Simulated 模擬"


def write_master_data() -> None:
    """Fill an organisation in scope that has none yet."""
    kinds = {
        PartnerKind.FOUNDRY: FOUNDRIES,
        PartnerKind.SUPPLIER: SUPPLIERS,
        PartnerKind.CUSTOMER: CUSTOMERS,
        PartnerKind.LABORATORY: (LABORATORY,),
    }
    partners = [
        Partner(number=one.code, name=one.name.en, name_zh=one.name.zh, kind=kind, is_approved=True, note=NOTE)
        for kind, parties in kinds.items()
        for one in parties
    ]
    Partner.objects.bulk_create(partners)
    Station.objects.bulk_create(
        Station(
            code=f"S{one.number:02d}",
            name=one.name.en,
            name_zh=one.name.zh,
            line=in_reader_language({"en": PHASES[one.phase].en, "zh": PHASES[one.phase].zh}),
            sequence=one.number,
            note=NOTE,
        )
        for one in STATIONS
    )

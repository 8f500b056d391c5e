"""Which URIs a site gives its things in EPCIS: GS1 keys where there is a company prefix, else URIs of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings

from samegauge.formats.epcis.identifiers import HOST, gtin14

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation

_GTIN_WITHOUT_CHECK = 13
_LONGEST_GIAI = 30
# The letters that GS1 allows in serial numbers.
_GS1_TEXT = re.compile(r"[!-\"%-?A-Z_a-z]+")


@dataclass(frozen=True)
class Names:
    """Of one organisation; `prefix` is its GS1 company prefix, empty where it has none."""

    base: str
    prefix: str = ""

    def unit(self, serial: str, item_number: str) -> str:
        """SGTIN where the item number is a GS1 item reference, GIAI where the serial fits one, else a URI of ours."""
        item_digits = _GTIN_WITHOUT_CHECK - len(self.prefix)
        if not self.prefix or _GS1_TEXT.fullmatch(serial) is None:
            return f"{self.base}/unit/{quote(serial, safe='')}"
        if item_number.isascii() and item_number.isdigit() and len(item_number) == item_digits:
            return f"{HOST}/01/{gtin14(self.prefix, item_number)}/21/{quote(serial, safe='')}"
        if len(self.prefix + serial) <= _LONGEST_GIAI:
            return f"{HOST}/8004/{self.prefix}{quote(serial, safe='')}"
        return f"{self.base}/unit/{quote(serial, safe='')}"

    def lot(self, kind: str, number: str) -> str:
        return f"{self.base}/lot/{kind}/{quote(number, safe='')}"

    def place(self, code: str) -> str:
        return f"{self.base}/place/{quote(code, safe='')}"


def names_of(organisation: Organisation) -> Names:
    return Names(f"{settings.SITE.address}id/{organisation.uid}", settings.SITE.gs1_prefix)

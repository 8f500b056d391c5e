"""The standard's own schema of QIF 3.0, from the recorded data."""

from __future__ import annotations

from functools import cache
from typing import Any

from lxml import etree as _etree  # pyright: ignore[reportAttributeAccessIssue]  # lxml ships no types
from nist_files import recorded

etree: Any = _etree


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(recorded("qif-samples/xsd-3.0/QIFApplications/QIFDocument.xsd")))


def assert_valid(data: bytes) -> None:
    """Fail with the place that the schema does not take."""
    _schema().assertValid(etree.fromstring(data))

"""The bill of materials in the form of CycloneDX 1.6; the same environment gives the same bytes."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from samegauge.core.software.components import Component, Kind, inventory

if TYPE_CHECKING:
    from samegauge.core.software.components import Inventory

MEDIA_TYPE = "application/vnd.cyclonedx+json"


def bill_of_materials(found: Inventory | None = None) -> dict[str, Any]:
    """Its time is that of the last change to what is installed, its serial number follows from what it says."""
    found = found or inventory()
    everything = (found.product, *found.components)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(found.changed_s, UTC).isoformat(timespec="seconds"),
            "component": {**_component(found.product), "type": "application"},
        },
        "components": [_component(one) for one in found.components],
        "dependencies": [{"ref": one.purl, "dependsOn": list(one.needs)} for one in everything],
    }
    return {"serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, _text(bill))}"} | bill


def bill_text(bill: dict[str, Any]) -> str:
    return json.dumps(bill, ensure_ascii=False, indent=1) + "\n"


def _text(bill: dict[str, Any]) -> str:
    return json.dumps(bill, sort_keys=True)


def _component(one: Component) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": "platform" if one.kind == Kind.INTERPRETER else "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "scope": "required" if one.runs else "excluded",
        "purl": one.purl,
    }
    if one.licence:
        said["licenses"] = [{"expression": one.licence}]
    elif one.licence_names:
        said["licenses"] = [{"license": {"name": name}} for name in one.licence_names]
    if one.hashes:
        said["externalReferences"] = [
            {
                "type": "distribution",
                "url": one.purl,
                "comment": "one of the locked files",
                "hashes": [{"alg": one.hash_kind, "content": content} for content in one.hashes],
            }
        ]
    return said

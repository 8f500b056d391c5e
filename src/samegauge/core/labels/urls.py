from __future__ import annotations

from uuid import UUID

from django.urls import path, register_converter

from samegauge.core.labels import views


class RecordCode:
    """A record's identifier as a label's QR code spells it."""

    regex = "[0-9A-Fa-f]{32}"

    def to_python(self, value: str) -> UUID:
        return UUID(value)

    def to_url(self, value: UUID) -> str:
        return value.hex.upper()


register_converter(RecordCode, "code")

urlpatterns = [
    path("labels/", views.labels, name="labels"),
    path("labels/units/", views.record_labels, {"what": "units"}, name="units_labels"),
    path("labels/machines/", views.record_labels, {"what": "machines"}, name="machines_labels"),
    path("labels/items/", views.record_labels, {"what": "items"}, name="items_labels"),
    path("labels/stations/", views.record_labels, {"what": "stations"}, name="stations_labels"),
    path("labels/people/", views.people_labels, name="people_labels"),
    path("U/<code:unit_uid>", views.scanned_unit, name="scanned_unit"),
    path("I/<code:item_uid>", views.scanned_item, name="scanned_item"),
    path("S/<code:station_uid>", views.scanned_station, name="scanned_station"),
    path("P/<code:person_uid>", views.scanned_person, name="scanned_person"),
]

from __future__ import annotations

from django.urls import path

from samegauge.apps.inspection.stations import tablet, views

urlpatterns = [
    path("floor/", views.floor, name="floor"),
    path("floor/start/", views.start_unit, name="start_unit"),
    path("floor/<uuid:unit_uid>/", views.unit_at_stations, name="unit_at_stations"),
    path("floor/<uuid:unit_uid>/act/", views.act_at_station, name="act_at_station"),
    path("stations/tablet/", tablet.tablet, name="tablet"),
    path("stations/tablet/sw.js", tablet.worker, name="tablet_worker"),
    path("stations/tablet/manifest.webmanifest", tablet.manifest, name="tablet_manifest"),
]

from __future__ import annotations

from django.urls import path

from samegauge.apps.inspection import exchange_views, gauge_views, views

urlpatterns = [
    path("characteristics/", views.characteristic_list, name="characteristic_list"),
    path("inspection-data/<str:layout>/", exchange_views.inspection_data, name="inspection_data"),
    path("gauges/", gauge_views.gauge_list, name="gauge_list"),
    path("gauges/limits/", gauge_views.gauge_limits, name="gauge_limits"),
    path("gauges/<uuid:instrument_uid>/", gauge_views.gauge, name="gauge"),
    path("gauges/<uuid:instrument_uid>/certificates/", gauge_views.calibration_new, name="calibration_new"),
    path("gauges/<uuid:instrument_uid>/studies/new/", gauge_views.gauge_study_new, name="gauge_study_new"),
    path("gauges/certificates/<uuid:calibration_uid>/file/", gauge_views.calibration_file, name="calibration_file"),
    path(
        "gauges/certificates/<uuid:calibration_uid>/withdraw/",
        gauge_views.calibration_withdraw,
        name="calibration_withdraw",
    ),
    path("gauges/studies/<uuid:study_uid>/", gauge_views.gauge_study, name="gauge_study"),
    path("gauges/studies/<uuid:study_uid>/file/", gauge_views.study_file, name="study_file"),
    path("gauges/studies/<uuid:study_uid>/withdraw/", gauge_views.study_withdraw, name="study_withdraw"),
]

from __future__ import annotations

from django.urls import path

from samegauge.apps.inspection.control import report_views, views

urlpatterns = [
    path("quality/", views.quality, name="quality"),
    path("quality/now/", views.quality_now, name="quality_now"),
    path("quality/report/<str:language>/", report_views.quality_report, name="quality_report"),
    path("alarms/<uuid:alarm_uid>/", views.alarm, name="alarm"),
    path("alarms/<uuid:alarm_uid>/reopen/", views.alarm_reopen, name="alarm_reopen"),
    path("characteristics/<uuid:characteristic_uid>/", views.characteristic, name="characteristic"),
    path("characteristics/<uuid:characteristic_uid>/live/", views.characteristic_live, name="characteristic_live"),
    path("characteristics/<uuid:characteristic_uid>/control/", views.control_design, name="control_design"),
    path(
        "characteristics/<uuid:characteristic_uid>/control/undo/", views.control_design_undo, name="control_design_undo"
    ),
    path(
        "characteristics/<uuid:characteristic_uid>/report/<str:language>/",
        report_views.characteristic_report,
        name="characteristic_report",
    ),
]

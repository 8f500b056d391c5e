from __future__ import annotations

from django.urls import path

from samegauge.apps.history import import_views, passport_views, shared_views, views

urlpatterns = [
    path("units/", views.unit_list, name="unit_list"),
    path("units/<uuid:unit_uid>/", views.unit_thread, name="unit_thread"),
    path("units/<uuid:unit_uid>/tree/", views.unit_tree, name="unit_tree"),
    path("units/<uuid:unit_uid>/events/", views.unit_events, name="unit_events"),
    path("units/<uuid:unit_uid>/print/", views.unit_print, name="unit_print"),
    path("units/<uuid:unit_uid>/signals/", views.unit_signals, name="unit_signals"),
    path("operations/<uuid:operation_uid>/", views.operation, name="operation"),
    path("inspections/<uuid:inspection_uid>/", views.inspection, name="inspection"),
    path("documents/<uuid:document_uid>/", views.document, name="document"),
    path("units/<uuid:unit_uid>/passport/", passport_views.passports, name="passports"),
    path("passports/<uuid:passport_uid>/<str:form>/", passport_views.passport_file, name="passport_file"),
    path("verify/", passport_views.verify_upload, name="verify_upload"),
    path("verify/<str:token>/", passport_views.verify_public, name="verify_public"),
    path("shared/<uuid:grant_uid>/", shared_views.shared, name="shared"),
    path("shared/<uuid:grant_uid>/units/<uuid:unit_uid>/", shared_views.unit_thread, name="shared_unit_thread"),
    path("shared/<uuid:grant_uid>/units/<uuid:unit_uid>/tree/", shared_views.unit_tree, name="shared_unit_tree"),
    path("shared/<uuid:grant_uid>/units/<uuid:unit_uid>/events/", shared_views.unit_events, name="shared_unit_events"),
    path(
        "shared/<uuid:grant_uid>/inspections/<uuid:inspection_uid>/", shared_views.inspection, name="shared_inspection"
    ),
    path("shared/<uuid:grant_uid>/documents/<uuid:document_uid>/", shared_views.document, name="shared_document"),
    path(
        "shared/<uuid:grant_uid>/passports/<uuid:passport_uid>/<str:form>/",
        shared_views.passport_file,
        name="shared_passport_file",
    ),
    path("imports/", import_views.import_list, name="import_list"),
    path("imports/new/", import_views.import_new, name="import_new"),
    path("imports/<uuid:import_uid>/", import_views.import_detail, name="import_detail"),
    path("imports/<uuid:import_uid>/undo/", import_views.import_undo, name="import_undo"),
    path("jobs/<uuid:job_uid>/", import_views.job_progress, name="job_progress"),
    path("jobs/<uuid:job_uid>/cancel/", import_views.job_cancel, name="job_cancel"),
]

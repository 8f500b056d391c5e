from __future__ import annotations

from django.urls import path

from samegauge.apps.inspection.nonconformity import action_views, views

_REPORT, _ACTION = "nonconformities/<uuid:report_uid>/", "corrective-actions/<uuid:action_uid>/"

urlpatterns = [
    path("nonconformities/", views.nonconformity_list, name="nonconformity_list"),
    path("nonconformities/new/", views.nonconformity_new, name="nonconformity_new"),
    path(_REPORT, views.nonconformity, name="nonconformity"),
    path(f"{_REPORT}step/", views.nonconformity_step, name="nonconformity_step"),
    path(f"{_REPORT}add/", views.nonconformity_add, name="nonconformity_add"),
    path(f"{_REPORT}corrective-action/", action_views.corrective_action_new, name="corrective_action_new"),
    path(_ACTION, action_views.corrective_action, name="corrective_action"),
    path(f"{_ACTION}pdf/", action_views.corrective_action_pdf, name="corrective_action_pdf"),
    path(f"{_ACTION}close/", action_views.corrective_action_close, name="corrective_action_close"),
    path(f"{_ACTION}causes/", action_views.cause_new, name="cause_new"),
    path(f"{_ACTION}verification/", action_views.verification_set, name="verification_set"),
    path(f"{_ACTION}steps/", action_views.discipline_write, name="discipline_write"),
    path("corrective-actions/causes/<uuid:cause_uid>/", action_views.cause_mark, name="cause_mark"),
    path("suppliers/", action_views.supplier_scores, name="supplier_scores"),
]

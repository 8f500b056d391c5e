from __future__ import annotations

from django.urls import path

from samegauge.core.merkle_log import views

urlpatterns = [
    path("witness/add-checkpoint", views.add_checkpoint, name="witness_add_checkpoint"),
    path("administration/log/", views.seal_log, name="seal_log"),
    path("administration/log/request/", views.witness_request, name="witness_request"),
]

from __future__ import annotations

from django.urls import path

from samegauge.core.attention import views

urlpatterns = [
    path("duties/", views.duties, name="duties"),
    path("duties/check/", views.check_now, name="check_now"),
    path("duties/<uuid:incident_uid>/", views.incident, name="incident"),
    path("duties/<uuid:incident_uid>/step/", views.incident_step, name="incident_step"),
]

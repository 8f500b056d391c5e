from __future__ import annotations

from django.urls import path

from samegauge.apps.fleet import views

urlpatterns = [
    path("machines/", views.machine_list, name="machine_list"),
    path("machines/<uuid:machine_uid>/", views.machine, name="machine"),
    path("machines/<uuid:machine_uid>/<str:day>/", views.machine_day, name="machine_day"),
    path("machines/<uuid:machine_uid>/<str:day>/signals/", views.machine_signals, name="machine_signals"),
]

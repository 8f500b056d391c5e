from __future__ import annotations

from django.urls import path

from samegauge.apps.inspection import views

urlpatterns = [
    path("characteristics/", views.characteristic_list, name="characteristic_list"),
    path("characteristics/<uuid:characteristic_uid>/", views.characteristic, name="characteristic"),
]

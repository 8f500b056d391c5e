from __future__ import annotations

from django.urls import path

from samegauge.core.notifications import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="read_notices"),
    path("notices/settings/", views.notification_settings, name="notification_settings"),
    path("notices/report/", views.notification_report, name="notification_report"),
]

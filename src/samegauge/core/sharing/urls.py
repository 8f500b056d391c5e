from __future__ import annotations

from django.urls import path

from samegauge.core.sharing import views

urlpatterns = [
    path("units/<uuid:unit_uid>/share/", views.share, name="share"),
    path("shared/", views.shared_with_us, name="shared_with_us"),
    path("sharing/", views.shared_by_us, name="shared_by_us"),
    path("sharing/<uuid:grant_uid>/", views.grant_page, name="grant"),
    path("sharing/<uuid:grant_uid>/revoke/", views.revoke, name="revoke_grant"),
]

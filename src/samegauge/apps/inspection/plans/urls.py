from __future__ import annotations

from django.urls import path

from samegauge.apps.inspection.plans import views

urlpatterns = [
    path("plans/", views.plan_list, name="plan_list"),
    path("plans/new/", views.new_plan, name="new_plan"),
    path("plans/<uuid:plan_uid>/", views.plan, name="plan"),
    path("plans/<uuid:plan_uid>/change/", views.change_plan, name="change_plan"),
    path("procedures/<uuid:procedure_uid>/", views.procedure, name="procedure"),
    path("procedures/<uuid:procedure_uid>/change/", views.change_procedure, name="change_procedure"),
    path("routes/<uuid:route_uid>/", views.route, name="route"),
    path("routes/<uuid:route_uid>/change/", views.change_route, name="change_route"),
]

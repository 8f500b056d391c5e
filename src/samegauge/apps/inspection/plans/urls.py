from __future__ import annotations

from django.urls import path

from samegauge.apps.inspection.plans import edit_views, views

urlpatterns = [
    path("plans/", views.plan_list, name="plan_list"),
    path("plans/new/", views.new_plan, name="new_plan"),
    path("plans/blank/", edit_views.new_blank_plan, name="new_blank_plan"),
    path("plans/<uuid:plan_uid>/edit/", edit_views.edit_plan, name="edit_plan"),
    path("procedures/new/", edit_views.new_procedure, name="new_procedure"),
    path("procedures/<uuid:procedure_uid>/edit/", edit_views.edit_procedure, name="edit_procedure"),
    path("procedures/<uuid:procedure_uid>/pictures/<uuid:file_uid>/", edit_views.step_picture, name="step_picture"),
    path("routes/new/", edit_views.new_route, name="new_route"),
    path("routes/<uuid:route_uid>/edit/", edit_views.edit_route, name="edit_route"),
    path("plans/<uuid:plan_uid>/", views.plan, name="plan"),
    path("plans/<uuid:plan_uid>/change/", views.change_plan, name="change_plan"),
    path("procedures/<uuid:procedure_uid>/", views.procedure, name="procedure"),
    path("procedures/<uuid:procedure_uid>/change/", views.change_procedure, name="change_procedure"),
    path("routes/<uuid:route_uid>/", views.route, name="route"),
    path("routes/<uuid:route_uid>/change/", views.change_route, name="change_route"),
]

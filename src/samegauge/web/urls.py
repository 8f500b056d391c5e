from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from samegauge.core.backup import views as backup
from samegauge.core.organisations import views as organisations
from samegauge.core.organisations.permissions import public
from samegauge.web import views
from samegauge.web.api import api

handler500 = "samegauge.web.failures.failed"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("health/", views.health, name="health"),
    path("favicon.ico", public(RedirectView.as_view(url="/static/favicon.svg", permanent=True))),
    path("start/<str:token>/", organisations.start, name="start"),
    path("join/<uuid:person_uid>/<str:token>/", organisations.join, name="join"),
    path("organisation/switch/", organisations.switch, name="switch_organisation"),
    path("people/", organisations.people, name="people"),
    path("people/<uuid:person_uid>/", organisations.member, name="member"),
    path("tokens/", organisations.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", organisations.revoke_token, name="revoke_token"),
    path("administration/backup/", backup.overview, name="backup"),
    path("administration/backup/file/", backup.archive_file, name="backup_file"),
    path("administration/backup/jobs/<uuid:job_uid>/", backup.job_bar, name="backup_job"),
    path("language/", public(set_language), name="set_language"),
    path("account/", include("allauth.account.urls")),
    path("api/", api.urls),
    path("", include("samegauge.core.kinds.urls")),
    path("", include("samegauge.core.labels.urls")),
    path("", include("samegauge.apps.history.urls")),
    path("", include("samegauge.apps.inspection.urls")),
    path("", include("samegauge.apps.fleet.urls")),
]

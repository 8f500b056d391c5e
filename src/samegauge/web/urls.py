from __future__ import annotations

from allauth.socialaccount.views import login_cancelled
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from samegauge.core.backup import views as backup
from samegauge.core.organisations import views as organisations
from samegauge.core.organisations.permissions import public
from samegauge.core.security_events import views as security_events
from samegauge.core.software import views as software
from samegauge.web import views
from samegauge.web.accounts import company, pages
from samegauge.web.api import api

handler500 = "samegauge.web.failures.failed"
urlpatterns = [
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
    path("favicon.ico", public(RedirectView.as_view(url="/static/favicon.svg", permanent=True))),
    path("start/<str:token>/", organisations.start, name="start"),
    path("join/<uuid:person_uid>/<str:token>/", organisations.join, name="join"),
    path("organisation/switch/", organisations.switch, name="switch_organisation"),
    path("people/", organisations.people, name="people"),
    path("people/<uuid:person_uid>/", organisations.member, name="member"),
    path("people/<uuid:person_uid>/help/", organisations.help_member, name="help_member"),
    path("administration/sign-in/", organisations.sign_in_rules, name="sign_in_rules"),
    path("administration/security-events/", security_events.security_events, name="security_events"),
    path("administration/security-events/csv/", security_events.security_events_csv, name="security_events_csv"),
    path("tokens/", organisations.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", organisations.revoke_token, name="revoke_token"),
    path("administration/health/", backup.health, name="health_page"),
    path("administration/backup/", backup.overview, name="backup"),
    path("administration/backup/go-back/", backup.go_back, name="go_back"),
    path("administration/backup/go-back/state/", backup.going_back_state, name="going_back_state"),
    path("administration/backup/file/", backup.archive_file, name="backup_file"),
    path("administration/backup/jobs/<uuid:job_uid>/", backup.job_bar, name="backup_job"),
    path("administration/software/", software.overview, name="software"),
    path("administration/software/file/", software.bill_file, name="software_file"),
    path("language/", public(set_language), name="set_language"),
    path("account/", pages.my_account, name="my_account"),
    path("account/sessions/end/", pages.end_other_sessions, name="end_other_sessions"),
    path("account/sessions/<int:session_id>/end/", pages.end_session, name="end_session"),
    path("account/connections/<int:connection_id>/remove/", pages.remove_connection, name="remove_connection"),
    path("account/company/", company.company_sign_in, name="company_sign_in"),
    path("account/company/callback/", company.company_callback, name="company_callback"),
    path("account/company/cancelled/", public(login_cancelled), name="socialaccount_login_cancelled"),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("account/", include("allauth.account.urls")),
    path("api/", api.urls),
    path("", include("samegauge.core.attention.urls")),
    path("", include("samegauge.core.notifications.urls")),
    path("", include("samegauge.core.kinds.urls")),
    path("", include("samegauge.core.takeover.urls")),
    path("", include("samegauge.core.labels.urls")),
    path("", include("samegauge.core.search.urls")),
    path("", include("samegauge.core.sharing.urls")),
    path("", include("samegauge.core.merkle_log.urls")),
    path("", include("samegauge.apps.history.urls")),
    path("", include("samegauge.apps.inspection.urls")),
    path("", include("samegauge.apps.inspection.plans.urls")),
    path("", include("samegauge.apps.inspection.stations.urls")),
    path("", include("samegauge.apps.inspection.control.urls")),
    path("", include("samegauge.apps.inspection.nonconformity.urls")),
    path("", include("samegauge.apps.fleet.urls")),
]

"""Django settings; what a site may set comes from the environment, typed and checked in `core.site`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from samegauge.core.mail_server import TIMEOUT_S, Security
from samegauge.core.sign_in_settings import identity_provider, password_days, password_validators
from samegauge.core.site import Site

SITE = Site.from_environment()
SAMEGAUGE_IDENTITY_PROVIDER = identity_provider()
SAMEGAUGE_PASSWORD_DAYS = password_days()

SECRET_KEY = SITE.secret_key
DEBUG = False
ALLOWED_HOSTS = SITE.allowed_hosts
CSRF_TRUSTED_ORIGINS = SITE.trusted_origins

INSTALLED_APPS = [
    "samegauge.web",  # first: its templates and texts go before the libraries'
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "samegauge.core.database_walls",
    "samegauge.core.organisations",
    "samegauge.core.security_events",
    "samegauge.web.accounts",
    "samegauge.core.kinds",
    "samegauge.core.vault",
    "samegauge.core.backup",
    "samegauge.core.software",
    "samegauge.core.jobs",
    "samegauge.core.attention",
    "samegauge.core.notifications",
    "samegauge.core.thread",
    "samegauge.core.production",
    "samegauge.core.measurement",
    "samegauge.core.merkle_log",
    "samegauge.core.intake",
    "samegauge.core.partners",
    "samegauge.core.labels",
    "samegauge.core.takeover",
    "samegauge.core.sharing",
    "samegauge.core.search",
    "samegauge.apps.history",
    "samegauge.apps.inspection",
    "samegauge.apps.inspection.plans",
    "samegauge.apps.inspection.stations",
    "samegauge.apps.inspection.control",
    "samegauge.apps.inspection.nonconformity",
    "samegauge.apps.fleet",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "samegauge.web.middleware.ReadableMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "samegauge.web.middleware.WholePageMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "samegauge.core.security_events.middleware.CircumstancesMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "samegauge.core.organisations.middleware.ScopeMiddleware",
    "samegauge.web.accounts.sessions.SessionLifeMiddleware",
    "samegauge.web.accounts.sessions.FirstThingsMiddleware",
    "samegauge.web.middleware.PrivateAnswersMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "samegauge.web.urls"
WSGI_APPLICATION = "samegauge.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "samegauge.web.context.shell",
                "samegauge.web.accounts.context.ways_in",
            ]
        },
    }
]

DATABASES = {"default": SITE.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "organisations.Person"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = password_validators()
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "samegauge.web.accounts.adapter.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # [s]
# By address only: a limit by name would let anybody lock anybody out. Names are counted with their address, by axes.
ACCOUNT_RATE_LIMITS = {"login_failed": "50/15m/ip"}
MFA_ADAPTER = "samegauge.web.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up alone
MFA_FORMS = {
    "authenticate": "samegauge.web.accounts.second_factor.CodeForm",
    "reauthenticate": "samegauge.web.accounts.second_factor.ConfirmingCodeForm",
    "activate_totp": "samegauge.web.accounts.second_factor.SetUpCodesForm",
    "authenticate_webauthn": "samegauge.web.accounts.second_factor.KeyForm",
    "reauthenticate_webauthn": "samegauge.web.accounts.second_factor.ConfirmingKeyForm",
    "login_webauthn": "samegauge.web.accounts.second_factor.LoneKeyForm",
    "add_webauthn": "samegauge.web.accounts.second_factor.AddKeyForm",
    "edit_webauthn": "samegauge.web.accounts.second_factor.EditKeyForm",
}
SOCIALACCOUNT_ADAPTER = "samegauge.web.accounts.company.CompanyRules"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"APPS": [SAMEGAUGE_IDENTITY_PROVIDER.as_app()] if SAMEGAUGE_IDENTITY_PROVIDER else []}
}
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # [h]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "samegauge.web.accounts.adapter.counted_name"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 3600  # [s], whatever is done meanwhile
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SITE.https
# With this beginning a browser takes a cookie over https alone, from this host alone, for the whole site.
PREFIX = "__Host-" if SITE.https else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{PREFIX}sessionid", f"{PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{PREFIX}language"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if SITE.https else None
# A name in one's own network may be another machine's tomorrow, and localhost is everybody's.
SECURE_HSTS_SECONDS = 31_536_000 if SITE.https and not SITE.lan else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
FILE_UPLOAD_TEMP_DIR = SITE.home / "incoming"  # `samegauge run` empties it
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
DATA_UPLOAD_MAX_NUMBER_FILES = 2000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2100  # a hash for each file, and the form's own
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # A form that leads to the company's provider is judged by where it leads.
        "form-action": ["'self'", *(SAMEGAUGE_IDENTITY_PROVIDER.origins if SAMEGAUGE_IDENTITY_PROVIDER else [])],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LOCALE_PATHS = [SITE.package / "web" / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Taipei"  # what pages without an organisation show; records are stored in UTC

STATIC_URL = "/static/"
STATICFILES_DIRS = [SITE.package / "web" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Without a mail server letters go nowhere: the log may not hold links that open accounts.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SITE.mail else 'dummy'}.EmailBackend"
if SITE.mail:
    EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = SITE.mail.host, SITE.mail.port, TIMEOUT_S
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SITE.mail.user, SITE.mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = SITE.mail.security == Security.STARTTLS, SITE.mail.security == Security.TLS
    DEFAULT_FROM_EMAIL = SITE.mail.sender
LOGGING = SITE.logging

SAMEGAUGE_HOME = SITE.home
SAMEGAUGE_PACKAGE = SITE.package

"""Settings of Catalog Explorer. Everything that differs between installations is read from the environment."""

from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from kombu import Exchange, Queue

from explorer import environment, logs, static_headers
from explorer.environment import env, key, whole_number

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
# Whatever the product writes is in here: database, artifacts, queue, secret key, collected static files.
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / "data").resolve()

# Core

DEBUG = env.bool("DEBUG", default=False)
# Keys that the environment does not name are made once, and kept in files.
KEY_FILES = {"SECRET_KEY": DATA_DIR / "secret_key", "AUDIT_KEY": DATA_DIR / "audit_key"}
KEYS_OF_ENVIRONMENT = frozenset(name for name in KEY_FILES if env.str(name, default=""))
SECRET_KEY = key("SECRET_KEY", KEY_FILES["SECRET_KEY"])
# Former keys, separated by commas: what they signed and sealed still counts.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "explorer.urls"
WSGI_APPLICATION = "explorer.wsgi.application"
ASGI_APPLICATION = "explorer.asgi.application"
APPEND_SLASH = False  # a redirect loses the body of PUT, PATCH and DELETE

INSTALLED_APPS = [
    "explorer",  # first: its commands replace Django's of the same name
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "csp",
    "template_partials",
    "accounts",
    "registry",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "explorer.middleware.CurrentAddressMiddleware",
    "explorer.middleware.CompressedPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "explorer.middleware.ClearTextMiddleware",
    "explorer.middleware.NoStoreMiddleware",
    "explorer.middleware.RequestIdMiddleware",
    "explorer.middleware.DenialsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "explorer.middleware.HtmxSignInMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "explorer.guards.SessionLifeMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "explorer.guards.OwnPasswordMiddleware",
    "explorer.guards.ProofMiddleware",
    "explorer.middleware.DomainErrorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "explorer.navigation.navigation",
            ],
        },
    }
]

# Database

_database = (
    env.db_url("DATABASE_URL")
    if env.str("DATABASE_URL", default="")
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "catalog.sqlite3"}
)
# Reopened once an hour: SQLite reads the statistics of its tables when it opens a file.
DATABASES = {"default": _database | {"CONN_MAX_AGE": 3600, "CONN_HEALTH_CHECKS": True}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A transaction takes its write lock when it begins: two writers queue up instead of failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: what has been answered, and what files say about the database, is there after a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # A file, as in use: a database in memory locks whole tables when threads share it.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Authentication

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = ["accounts.hashing.OneAtATimeHasher"]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("user_name", "display_name")},
    },
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.OwnPartValidator"},
]
# A session ends when no one has used it for so long, and in any case so long after its sign-in.
SESSION_IDLE = timedelta(minutes=whole_number("SESSION_IDLE_MINUTES", 24 * 60, least=1))
SESSION_LASTS = timedelta(days=14)
# What administrators do, and wide tokens, ask for the password again when it was last given so long ago.
PROOF_LASTS = timedelta(minutes=whole_number("PROOF_MINUTES", 30, least=1))
# Single sign-on by OpenID Connect, where a provider is named: OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.
OIDC = environment.oidc()
ANONYMOUS_USER_NAME = None  # guardian: there is no public access
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
CSRF_FAILURE_VIEW = "explorer.views.errors.csrf_failure"
# Served only by TLS: browsers send the cookies nowhere else, take them from no other host of the domain, and ask for
# nothing in the clear for a year.
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
THEME_COOKIE_NAME = "__Host-theme" if SECURE_COOKIES else "theme"
if SECURE_COOKIES:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # Whether a domain is known to browsers before their first visit is for its owner to say.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]

# Behind a proxy that ends TLS and sets X-Forwarded-Proto and X-Forwarded-Host: TRUST_PROXY=1 makes signed URLs right.

TRUST_PROXY = env.bool("TRUST_PROXY", default=False)
if TRUST_PROXY:
    SECURE_SSL_REDIRECT = SECURE_COOKIES
    # A balancer asks in the clear, from within. Clients are refused and not redirected: they would go on sending their
    # tokens in the clear, and no one would notice.
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^api/", "^v1/", "^oidc/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True

# Security headers

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"

# Uploads: bodies of the API are small, except for files of a workspace; artifacts are streamed, past these handlers.

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"

# Language and time

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = static_headers.add_headers
STATIC_MARK = DATA_DIR / "static_is_whole"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "explorer.staticfiles.ModuleAwareStorage"},
}

# Celery. The Job row is the truth and a message only names it: a broker that loses messages only delays a job.

REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "files://localhost//"
CELERY_BROKER_TRANSPORT_OPTIONS = environment.broker_options(REDIS_URL, DATA_DIR / "queue")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# The names are Job.Queue's. A worker serves both unless it is started with `--queues`.
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in ("quick", "bytes")]
CELERY_TASK_DEFAULT_QUEUE = "quick"

# E-mail: EMAIL_URL, e.g. smtp+tls://user:password@mail.example.com:587. Without it the product's own inbox remains.

MAIL_IS_SET_UP = bool(env.str("EMAIL_URL", default=""))
globals().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="catalog-explorer@localhost")
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000")  # how links in messages begin

# Suggests descriptions: a language model behind an endpoint that speaks OpenAI's protocol. Without it nothing does.
AI = environment.ai()

# The catalog

# Kept in the database and in DATA_DIR. A further machine, with a DATA_DIR of its own, names it (and the keys) to join.
INSTALLATION_ID = env.str("INSTALLATION_ID", default="")
INSTALLATION_FILE = DATA_DIR / "installation"
# Signs and seals the audit log. Kept outside the database, as is the head of the chain: the number of the last seal.
AUDIT_KEY = key("AUDIT_KEY", KEY_FILES["AUDIT_KEY"])
AUDIT_HEAD = DATA_DIR / "audit_head"
ARTIFACT_ROOT, STORAGE = DATA_DIR / "artifacts", environment.storage()
# Room that is given up when the disk is full, so that deletions can be noted.
RESERVE_FILE = DATA_DIR / "reserve"
# Directories that are lent to MLflow's `uc:` clients, which share this machine's file system. For clients on others
# (a network file system, mounted at the same place) they have to be allowed.
LENT_ROOT = DATA_DIR / "lent"
LEND_TO_OTHER_MACHINES = env.bool("LEND_TO_OTHER_MACHINES", default=False)
SIGNED_URL_LIFETIME = timedelta(hours=1)
# How MLflow's `databricks-uc` clients are to transfer artifacts: by signed URLs, or (better for files of many
# GB, which then travel in parts) by the Files API. Both routes are always served.
ARTIFACT_ROUTE = "files" if env.bool("ARTIFACTS_BY_FILES_API", default=False) else "presigned"
LEAST_BYTES_PER_SECOND = whole_number("LEAST_BYTES_PER_SECOND", 1024)  # slower connections are closed
# How many seconds the answer to a copy over plain MLflow waits for the copy: that client does not ask again.
COPY_ANSWER_WAITS = 5
# The kinds of places that the Files API has; versions last: only for those is it recorded that one was not there.
FILE_PLACES = ["registry.tracking.files.RunsPlace", "registry.api.files.paths.ModelsPlace"]
# A version that no one finalizes is deleted with its bytes this long after the last upload to it.
PENDING_VERSION_LIFETIME = timedelta(hours=whole_number("PENDING_VERSION_LIFETIME_HOURS", 24, least=1))
TOKEN_LIFETIME_DAYS = 90
JOB_STALE_AFTER, JOB_ATTEMPTS = timedelta(seconds=whole_number("JOB_STALE_AFTER", 30, least=1)), 3
RECORDS_LOADS = env.bool("RECORD_LOADS", default=True)  # who loads versions, and on which days
# Jobs that have ended are forgotten, and what was deleted is removed for good, after so many days (0: at once).
TRASH_KEPT_FOR = timedelta(days=whole_number("TRASH_DAYS", 7))
DELETED_RUNS_KEPT_FOR = timedelta(days=whole_number("KEEP_DELETED_RUNS_DAYS", 30))
JOBS_KEPT_FOR = timedelta(days=whole_number("KEEP_JOBS_DAYS", 90, least=1))
# Runs: MLflow's tracking store, a process that answers on this socket, or the MLflow server at TRACKING_URL.
KEEPS_RUNS, TRACKING_SOCKET = env.bool("TRACKING", default=True), DATA_DIR / "tracking.sock"
TRACKING_URL, TRACKING_TOKEN = environment.attached_server()
QUOTAS, DEFAULT_NAMESPACE = environment.quotas(), environment.default_namespace()
# In bytes; no limit unless set.
LARGEST_FILE = whole_number("LARGEST_FILE_BYTES", None)
LARGEST_VERSION = whole_number("LARGEST_VERSION_BYTES", None)

# Django REST framework: the defaults that every view of registry.api shares are in registry/api/base.py.

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Catalog Explorer",
    "VERSION": "1",
    "DESCRIPTION": (
        "Every dialect that clients of Models in Unity Catalog speak. Parameters of the body may also stand in the "
        "query, those of the query in the body of a DELETE; a request authenticates by `Authorization: Bearer` with "
        "a personal access token."
    ),
    "OAS_VERSION": "3.1.0",
    "APPEND_COMPONENTS": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/favicon.svg",
}

# Logs

LOGGING = logs.configuration(env.str("LOG_LEVEL", default="INFO"))

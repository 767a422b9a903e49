"""Settings of the example project, a twelve-factor site: see ``.env.example``."""

from __future__ import annotations

from pathlib import Path

import environ
from django.core.management.utils import get_random_secret_key

import philo_aws.environ
from example_project.queues import IS_NATIVE, RESULTS, tasks
from example_project.storages import storages

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

# The database, uploads without a bucket, and the data of the local AWS.
DATA_DIR = Path(env.str("EXAMPLE_DATA_DIR", default=str(BASE_DIR)))

DEBUG = env.bool("DJANGO_DEBUG", default=True)
# A key of one's own is a must outside development; there, each start makes a new one.
SECRET_KEY = (
    env.str("DJANGO_SECRET_KEY", default="") or get_random_secret_key()
    if DEBUG
    else env.str("DJANGO_SECRET_KEY")
)
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])

AWS = {
    **philo_aws.environ.aws(env),
    # This group sees buckets in the admin, of each what models keep there; superusers see all.
    "access": [{"groups": ["Photo editors"], "buckets": ["*/media/"]}],
}

# What the pages of this site work with; the second bucket is one that anybody may read.
EXAMPLE_BUCKET = env.str("EXAMPLE_BUCKET", default="")
EXAMPLE_STATIC_BUCKET = env.str("EXAMPLE_STATIC_BUCKET", default="")
EXAMPLE_QUEUE_URL = env.str("EXAMPLE_QUEUE_URL", default="")
# Where tasks wait for `manage.py aws_sqs consume --tasks default`; without it they are run at once.
EXAMPLE_PHOTOS_QUEUE_URL = env.str("EXAMPLE_PHOTOS_QUEUE_URL", default="")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Above staticfiles: of two commands of one name, collectstatic, the first app's is taken.
    "philo_aws",
    "django.contrib.staticfiles",
    "example_project",
]
if not IS_NATIVE:
    INSTALLED_APPS.append("django_tasks")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
ROOT_URLCONF = "example_project.urls"
WSGI_APPLICATION = "example_project.wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "db.sqlite3",
        # The threads of a worker write side by side: each waits for its turn.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    },
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # What workers note is to be seen by the site: a table that `manage.py createcachetable` makes.
    RESULTS: {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "example_results",
    },
}
TASKS = tasks(EXAMPLE_PHOTOS_QUEUE_URL)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
# With a host, such as that of a CDN in front of the bucket, links to static files lead there.
STATIC_URL = env.str("EXAMPLE_STATIC_URL", default="static/")
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = storages(
    media_bucket=EXAMPLE_BUCKET, static_bucket=EXAMPLE_STATIC_BUCKET, folder=DATA_DIR
)

SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else 3600

"""Django settings of the test suite, also for the commands it runs as processes."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import django

SECRET_KEY = "only-for-tests"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
USE_TZ = True
LANGUAGE_CODE = "en-us"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Above the app whose collectstatic it replaces.
    "philo_aws",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
# A file for the tests: all threads of a live server would share the one connection to a database in
# memory, and SQLite refuses some of what two of them ask at the same moment.
TEST_DATABASE = Path(tempfile.gettempdir()) / f"philo-aws-tests-{os.getpid()}.sqlite3"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "TEST": {"NAME": TEST_DATABASE},
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # Nobody needs it after a loss of power.
            "init_command": "PRAGMA synchronous=OFF",
        },
    }
}
# Hashing passwords well takes most of the time of a test that logs in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Newer Djangos have no mailer of their own accord; the tests read what was sent from memory.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

# Django has tasks since 6.0; before that django-tasks has them.
TASKS = {
    "default": {
        "BACKEND": f"philo_aws.tasks.{'' if django.VERSION >= (6,) else 'backport.'}SQSBackend",
        "OPTIONS": {"modules": ["tests"]},
    }
}

AWS = json.loads(os.environ.get("PHILO_AWS_TEST_SETTINGS", "{}"))
# The example project's own settings.
DATA_DIR = EXAMPLE_BUCKET = EXAMPLE_QUEUE_URL = EXAMPLE_PHOTOS_QUEUE_URL = ""

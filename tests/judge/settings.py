"""The settings that Django's tests are run with: those of its own `test_sqlite`, and AWS."""

from __future__ import annotations

import json
import os

from tests.running import SETTINGS_VARIABLE

DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3"},
    "other": {"ENGINE": "django.db.backends.sqlite3"},
}
SECRET_KEY = "only-for-the-judge"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # A worker is in the same process here, so that one is seen by all.
    "shared": {"BACKEND": "tests.judge.shared.SharedCache"},
}
TEST_RUNNER = "tests.judge.runner.Runner"

AWS = json.loads(os.environ[SETTINGS_VARIABLE])

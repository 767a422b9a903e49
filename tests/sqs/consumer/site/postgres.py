"""The settings of the site, on the PostgreSQL of a test."""

from __future__ import annotations

import json
import os

from tests.sqs.consumer.site.settings import *  # noqa: F403
from tests.sqs.consumer.site.settings import AWS as _AWS

DATABASES = {"default": json.loads(os.environ["SITE_DATABASE"])}
AWS = {**_AWS, "consumer": {"backoff": [0, 0]}}

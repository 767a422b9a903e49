"""Keep what the machine knows of AWS out of a command that must not touch a real account."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from django.test.utils import override_settings

# Where boto3 would look next, once the variables are gone.
NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@contextlib.contextmanager
def only(aws: dict[str, Any]) -> Iterator[None]:
    """Make ``aws`` the only AWS there is, for this process and its children, during the block.

    The settings win over variables and files as it is; without those there is nothing that could.
    """
    before = dict(os.environ)
    for name in before:
        if name.startswith("AWS_") or name.lower() in PROXIES:
            del os.environ[name]
    os.environ.update(NOWHERE)
    try:
        with override_settings(AWS=aws):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)

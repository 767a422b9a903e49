"""A site in one theme, as a process: prints its address and a superuser's session, then waits.

`python -m tests.browser.theme_site THEME`, with the value of `settings.AWS` as the other commands
of the tests have it; ends when its standard input does. `running(theme, settings)` starts it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tests.running import ROOT


@contextlib.contextmanager
def running(theme: str, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The site in a theme: its address and the cookie of a superuser."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.theme_site", theme],
        cwd=ROOT,
        env={**os.environ, "PHILO_AWS_TEST_SETTINGS": json.dumps(dict(settings))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def main(theme: str) -> None:
    import django

    os.environ["PHILO_AWS_TEST_THEME"] = theme
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.browser.theme_settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases
    from pytest_django.live_server_helper import LiveServer

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        server = LiveServer("127.0.0.1")
        try:
            person = Client()
            person.force_login(User.objects.create_superuser("admin", password="secret"))
            name = settings.SESSION_COOKIE_NAME
            cookie = {"name": name, "value": person.cookies[name].value, "url": server.url}
            print(json.dumps({"site": server.url, "cookie": cookie}), flush=True)  # noqa: T201
            sys.stdin.read()
        finally:
            server.stop()
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main(sys.argv[1])

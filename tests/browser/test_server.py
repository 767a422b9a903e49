"""The site of the browser tests serves a page's requests side by side, as a real one does."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client


def test_requests_side_by_side_do_not_share_a_connection_to_the_database(
    site: Any, db: None
) -> None:
    person = Client()
    person.force_login(User.objects.create_superuser("admin", password="secret"))
    session = person.cookies[settings.SESSION_COOKIE_NAME].value

    def ask(_: int) -> int:
        asking = http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)
        try:
            cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
            asking.request("GET", "/admin/password_change/", headers={"Cookie": cookie})
            return asking.getresponse().status
        finally:
            asking.close()

    with ThreadPoolExecutor(8) as askers:
        assert set(askers.map(ask, range(400))) == {200}

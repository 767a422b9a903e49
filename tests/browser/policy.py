"""The strictest policy that the pages must work under, as a site would send it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = "default-src 'self'"
allowed_connections: list[str] = []
"""What a test lets scripts speak to besides the site itself."""


class StrictPolicy:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        sources = " ".join(["'self'", *allowed_connections])
        policy = f"{POLICY}; connect-src {sources}" if allowed_connections else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

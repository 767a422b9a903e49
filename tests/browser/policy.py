"""The strictest policy that the pages must work under, as a site would send it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

POLICY = "default-src 'self'"
allowed_connections: list[str] = []
"""What a test lets scripts speak to besides the site itself."""

allowed_media: list[str] = []
"""What a test lets pages play from besides the site itself."""


class StrictPolicy:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/favicon.ico":
            # A browser asks every site for it; Django's admin has none. Playwright could answer
            # too, but a browser that is asked to stop at some requests keeps no file of any.
            return HttpResponse(status=204)
        response = self.get_response(request)
        sources = " ".join(["'self'", *allowed_connections])
        policy = f"{POLICY}; connect-src {sources}" if allowed_connections else POLICY
        if allowed_media:
            played = " ".join(["'self'", *allowed_media])
            policy = f"{policy}; media-src {played}"
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

"""Fixtures for the admin's pages.

`staff(*codenames)`   a test client of a member of staff with these permissions of this app.
`admin_client`        pytest-django's: a superuser.
`calls`               the names of the S3 operations that pages asked for, in order.
`history(name)`       the messages in the admin's history of a bucket or queue, oldest first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from philo_aws.clients import get_client

_numbers = itertools.count()


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    from django.contrib.auth.models import Permission, User

    def make(*codenames: str) -> Client:
        user = User.objects.create_user(f"staff-{next(_numbers)}", is_staff=True)
        found = Permission.objects.filter(
            content_type__app_label="philo_aws", codename__in=codenames
        )
        assert found.count() == len(set(codenames))
        user.user_permissions.set(found)
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture(autouse=True)
def only_known_entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a page writes into the history has to be one of the sentences of `entries`."""
    from django.contrib.admin.models import DELETION

    from philo_aws.admin import jobs
    from philo_aws.admin.entries import is_known
    from philo_aws.admin.model_admin import AWSAdmin

    unknown: list[str] = []
    audit, amend = AWSAdmin.audit, jobs.amend

    def noting_audit(self: Any, request: Any, obj: Any, message: str, **options: Any) -> Any:
        if options.get("flag") != DELETION and not is_known(message):
            unknown.append(message)
        return audit(self, request, obj, message, **options)

    def noting_amend(request: Any, obj: Any, number: int, change: Callable[[str], str]) -> bool:
        def noting(text: str) -> str:
            changed = change(text)
            if not is_known(changed):
                unknown.append(changed)
            return changed

        return amend(request, obj, number, noting)

    monkeypatch.setattr(AWSAdmin, "audit", noting_audit)
    monkeypatch.setattr(jobs, "amend", noting_amend)
    yield
    assert not unknown, "to be added to philo_aws/admin/entries.py"


@pytest.fixture
def calls(aws: Any) -> Iterator[list[str]]:
    made: list[str] = []
    events = get_client("s3", purpose="web").meta.events

    def note(event_name: str, **kwargs: Any) -> None:
        made.append(event_name.rpartition(".")[2])

    events.register("before-send.s3", note)
    yield made
    events.unregister("before-send.s3", note)


@pytest.fixture
def history(db: None) -> Callable[[str], list[str]]:
    from django.contrib.admin.models import LogEntry

    def read(name: str) -> list[str]:
        entries = LogEntry.objects.filter(object_id=name).order_by("pk")
        return [entry.get_change_message() for entry in entries]

    return read

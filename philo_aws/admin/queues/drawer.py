"""Where the messages of a look are kept while a person works with them.

SQS gives a message again only as a new receive, so pages keep what was received: in a session of
its own beside the person's, in the store of the site's sessions. Its key is in the person's session
and nowhere else, so that nobody else comes to it, and the person's other pages do not carry it. It
ends by itself, soon after the messages come back to others.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.utils.crypto import get_random_string

from ...sqs.looks import MAX_BYTES, receives_of, size_of
from .presentation import SHOWN_TOGETHER

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest

LOOKS = "philo_aws_looks"
"""In the person's session: the key of the look at each queue."""
SPENT = "philo_aws_spent"
"""In the person's session: by queue, of messages given back at their limit, how many were received
how often."""
KEPT_AFTER = 600
"""Seconds for which a look that is over is still shown."""
SHORT = SHOWN_TOGETHER // 100
"""Characters that are kept of a body of which there is no room for more."""
IN_COOKIES = "django.contrib.sessions.backends.signed_cookies"
IN_CACHE = "django.contrib.sessions.backends.cache"

Raw = Mapping[str, Any]


@dataclass(kw_only=True)
class Batch:
    """The messages that a person holds of a queue."""

    token: str
    """Says on a page that it is about these and not about a later look."""
    until: float
    """Until when they are hidden from others, in seconds since 1970."""
    limit: int = 0
    """The ``maxReceiveCount`` of the queue; 0: none."""
    messages: dict[int, Raw] = field(default_factory=dict)
    """The messages, by numbers that stay with them."""
    cut: dict[int, int] = field(default_factory=dict)
    """How long the body is of those of which only the beginning is kept."""
    count: int = 0
    """How many numbers were given."""

    @property
    def is_over(self) -> bool:
        """Whether others may have them by now."""
        return time.time() >= self.until

    @property
    def has_groups(self) -> bool:
        """Whether any of them is of a message group."""
        return any("MessageGroupId" in raw["Attributes"] for raw in self.messages.values())

    def add(self, raw: Raw) -> None:
        """Take a message in."""
        self.count += 1
        self.messages[self.count] = {**raw, "Attributes": raw.get("Attributes") or {}}

    def drop(self, number: int) -> None:
        """Forget a message."""
        self.messages.pop(number, None)
        self.cut.pop(number, None)

    def cut_in_order(self) -> list[int]:
        """Return, for each message, how long its body is; 0 where all of it is kept."""
        return [self.cut.get(number, 0) for number in self.messages]

    def at_limit(self, number: int) -> bool:
        """Say whether the next receive of a message moves it to the dead-letter queue."""
        return bool(self.limit) and receives_of(self.messages[number]) >= self.limit

    def last_ones(self) -> list[Raw]:
        """Return those of which that is so."""
        return [raw for number, raw in self.messages.items() if self.at_limit(number)]

    def shorten(self, most: int) -> None:
        """Keep only the beginnings of bodies beyond ``most`` bytes in all; their attributes go."""
        left = most
        for number, raw in self.messages.items():
            left -= size_of(raw)
            if left < 0 and number not in self.cut:
                body = raw.get("Body", "")
                self.cut[number] = len(body)
                self.messages[number] = {**raw, "Body": body[:SHORT], "MessageAttributes": {}}


class Drawer:
    """What one person holds of one queue."""

    def __init__(self, request: HttpRequest, queue: str) -> None:
        self._session = request.session
        self._user = str(request.user.pk)
        self._queue = queue

    def open(self) -> Batch | None:
        """Return what is kept; ``None`` where that is nothing."""
        key = self._session.get(LOOKS, {}).get(self._queue)
        kept = _store(key).get("look") if key else None
        if not kept or (kept["user"], kept["queue"]) != (self._user, self._queue):
            return None
        return Batch(
            token=kept["token"],
            until=kept["until"],
            limit=kept["limit"],
            messages={number: _unpacked(raw) for number, raw in kept["messages"]},
            cut=dict(kept["cut"]),
            count=kept["count"],
        )

    def keep(self, batch: Batch) -> bool:
        """Keep this; say whether the store of the sessions took it, if only shortened."""
        batch.shorten(MAX_BYTES)
        if self._keep(batch):
            return True
        # A store may have a limit of its own, as memcached has 1 MiB.
        batch.shorten(0)
        return self._keep(batch)

    def close(self) -> None:
        """Forget what is kept."""
        keys = dict(self._session.get(LOOKS, {}))
        if key := keys.pop(self._queue, None):
            self._session[LOOKS] = keys
            _store(key).delete(key)

    def spent(self, limit: int) -> int:
        """Return how many messages were given back that ``limit`` lets nobody receive again."""
        known = self._session.get(SPENT, {}).get(self._queue, {})
        return sum(number for count, number in known.items() if int(count) >= limit)

    def spend(self, messages: Iterable[Raw]) -> None:
        """Remember messages that were given back at their limit."""
        known = self._session.get(SPENT, {})
        counts = dict(known.get(self._queue, {}))
        for raw in messages:
            count = str(receives_of(raw))
            counts[count] = counts.get(count, 0) + 1
        if counts:
            self._session[SPENT] = {**known, self._queue: counts}

    def forget_spent(self) -> None:
        """Forget them: a look that came to the end of the queue met them all."""
        known = dict(self._session.get(SPENT, {}))
        if known.pop(self._queue, None):
            self._session[SPENT] = known

    def _keep(self, batch: Batch) -> bool:
        keys = self._session.get(LOOKS, {})
        key = keys.get(self._queue)
        store = _store(key)
        try:
            if not key or not store.exists(key):
                store = _store(None)
                store.create()
            store["look"] = {
                "user": self._user,
                "queue": self._queue,
                "token": batch.token,
                "until": batch.until,
                "limit": batch.limit,
                "messages": [[number, _packed(raw)] for number, raw in batch.messages.items()],
                "cut": list(batch.cut.items()),
                "count": batch.count,
            }
            store.set_expiry(max(1, int(batch.until - time.time())) + KEPT_AFTER)
            store.save()
        except (UpdateError, RuntimeError):
            # What the sessions in a cache raise where the cache loses them.
            return False
        key = str(store.session_key)
        self._session[LOOKS] = {**keys, self._queue: key}
        kept = _store(key).get("look") or {}
        return bool(kept.get("token") == batch.token)


def new_batch(until: float, limit: int) -> Batch:
    """Return an empty one."""
    return Batch(token=get_random_string(12), until=until, limit=limit)


def _store(key: str | None) -> SessionBase:
    engine = settings.SESSION_ENGINE
    # A cookie holds no messages.
    module = import_module(IN_CACHE if engine == IN_COOKIES else engine)
    store: SessionBase = module.SessionStore(key)
    return store


def _packed(raw: Raw) -> dict[str, Any]:
    """Return a message in what JSON has."""
    attributes = {
        name: {
            "DataType": value.get("DataType", ""),
            **(
                {"base64": base64.b64encode(value["BinaryValue"]).decode("ascii")}
                if value.get("BinaryValue") is not None
                else {"StringValue": value.get("StringValue", "")}
            ),
        }
        for name, value in (raw.get("MessageAttributes") or {}).items()
    }
    names = ("MessageId", "ReceiptHandle", "MD5OfBody", "Body")
    return {
        **{name: raw[name] for name in names if name in raw},
        "Attributes": dict(raw.get("Attributes") or {}),
        "MessageAttributes": attributes,
    }


def _unpacked(raw: Raw) -> dict[str, Any]:
    attributes = {
        name: {
            "DataType": value["DataType"],
            **(
                {"BinaryValue": base64.b64decode(value["base64"])}
                if "base64" in value
                else {"StringValue": value["StringValue"]}
            ),
        }
        for name, value in raw["MessageAttributes"].items()
    }
    return {**raw, "MessageAttributes": attributes}

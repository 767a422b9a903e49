"""Handlers that run once for a message, though it comes twice: what is done is kept in a cache."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .message import Message
from .outcomes import Retry
from .registry import Handles

DAY = 86_400
PREFIX = "philo_aws.sqs:"
"""What the keys in the cache begin with."""
_RUNNING, _DONE = "running", "done"
_MARGIN = 60


def key_of(message: Message) -> str:
    """Return what tells a message from others: its deduplication id, else SQS's id.

    The id of a message changes where it is sent again, as from a dead-letter queue.
    """
    return message.deduplication_id or message.id


def idempotent(
    key: Callable[[Message], str] = key_of, *, ttl: int = DAY, cache: str = "default"
) -> Callable[[Handles], Handles]:
    """Have a handler not run again for what it has done in the last ``ttl`` seconds.

    ``key`` returns what tells a message's work from other work, by default :func:`key_of`;
    ``cache`` is the alias of a cache that all consumers share. While one runs it, the message is
    tried again later elsewhere; a run that failed is forgotten. Where the cache forgets, or a
    process dies between the work and its note, the work may be done twice all the same: what must
    never be belongs into the transaction of the work itself.
    """

    def decorate(function: Handles) -> Handles:
        notes = _Notes(function=function, key=key, ttl=ttl, alias=cache)
        return _async_once(notes) if inspect.iscoroutinefunction(function) else _once(notes)

    return decorate


@dataclass(frozen=True, kw_only=True)
class _Notes:
    """What is noted of the runs of one handler."""

    function: Any
    key: Callable[[Message], str]
    ttl: int
    alias: str

    def begin(self, message: Message) -> bool:
        """Note that the work begins; ``False`` where it is done already.

        Raises :exc:`~philo_aws.sqs.consumer.Retry` where it runs elsewhere.
        """
        key, lease = self._key(message), message.lease + _MARGIN
        if self._cache.add(key, _RUNNING, lease):
            # The note lives as long as the lease does, however long the work takes.
            message.renewals.append(functools.partial(self._cache.touch, key, lease))
            return True
        if self._cache.get(key) == _DONE:
            message.is_duplicate = True
            return False
        # It runs, or did until its process died.
        raise Retry(message.lease / 2)

    def end(self, message: Message, *, done: bool) -> None:
        """Note that the work is done, or that it failed."""
        message.renewals.clear()
        if done:
            self._cache.set(self._key(message), _DONE, self.ttl)
        else:
            self._cache.delete(self._key(message))

    @property
    def _cache(self) -> Any:
        from django.core.cache import caches

        return caches[self.alias]

    def _key(self, message: Message) -> str:
        told = f"{self.function.__module__}.{self.function.__qualname__}\n{self.key(message)}"
        return PREFIX + hashlib.sha256(told.encode()).hexdigest()


def _once(notes: _Notes) -> Handles:
    @functools.wraps(notes.function)
    def once(message: Message) -> Any:
        if not notes.begin(message):
            return None
        done = False
        try:
            result = notes.function(message)
            done = True
        finally:
            notes.end(message, done=done)
        return result

    return once


def _async_once(notes: _Notes) -> Handles:
    @functools.wraps(notes.function)
    async def once(message: Message) -> Any:
        from asgiref.sync import sync_to_async

        if not await sync_to_async(notes.begin)(message):
            return None
        done = False
        try:
            result = await notes.function(message)
            done = True
        finally:
            await sync_to_async(notes.end)(message, done=done)
        return result

    return once

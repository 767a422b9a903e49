"""``OPTIONS`` of a backend: the queues of SQS behind the queues of tasks, and the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..exceptions import UsageError
from ..sqs.urls import is_queue_name, parse_queue_url
from ..validation import is_region_name

DAY = 86_400
"""Seconds of a day: for so long a task may be put off, and for so long its result is kept."""
HIGHEST, LOWEST = 100, -100
"""The limits of a priority, Django's."""
Backoff = tuple[float, float]
"""The seconds before the second attempt, which double with each one, and the most."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What ``OPTIONS`` says, checked."""

    queues: Mapping[str, str] = field(default_factory=dict)
    """The name or URL in SQS of a queue of tasks; one that is not there has its name in SQS."""
    priorities: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """Of a queue of tasks: the SQS queues of what has at least a priority."""
    region: str | None = None
    """The region of the queues; by default that of a URL, else the settings'."""
    results: Mapping[str, Any] | str | None = None
    """Where results are kept: ``{"cache": "default", "ttl": 86400}``, or the path of a class."""
    modules: tuple[str, ...] = ()
    """Packages, beside the installed applications, whose tasks may be run."""
    max_defer: float = DAY
    """Seconds for which ``run_after`` may put a task off."""
    max_attempts: int | None = None
    """Attempts of a task that says nothing itself; by default those of the consumer."""
    backoff: Backoff | None = None
    """Seconds between attempts, by default those of the consumer."""
    sign: bool = False
    """Whether messages are signed, and only signed ones are run."""

    @property
    def cache(self) -> str | None:
        """The alias of the cache for results; ``None`` where there is none."""
        return str(self.results["cache"]) if isinstance(self.results, Mapping) else None

    @property
    def ttl(self) -> int:
        """Seconds that a result is kept."""
        found = self.results.get("ttl", DAY) if isinstance(self.results, Mapping) else DAY
        return int(found)

    def queue_for(self, queue_name: str, priority: int) -> str:
        """Return the name or URL of the SQS queue for a task of this queue and priority."""
        levels = self.priorities.get(queue_name, {})
        reached = [level for level in levels if priority >= level]
        if reached:
            return levels[max(reached)]
        return self.queues.get(queue_name, queue_name)

    def queues_of(self, queue_name: str) -> list[str]:
        """Return the SQS queues of a queue of tasks, those for high priorities first."""
        levels = self.priorities.get(queue_name, {})
        high = [levels[level] for level in sorted(levels, reverse=True)]
        return list(dict.fromkeys([*high, self.queues.get(queue_name, queue_name)]))


def parse(alias: str, given: object) -> Options:
    """Return the options of a backend.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` for the first that is wrong.
    """
    for fault in faults(given):
        raise ImproperlyConfigured(f'TASKS["{alias}"]["OPTIONS"]{fault}')
    made: dict[str, Any] = dict(given)  # type: ignore[call-overload]
    if made.get("backoff") is not None:
        made["backoff"] = tuple(map(float, made["backoff"]))
    return Options(**{**made, "modules": tuple(made.get("modules", ()))})


def faults(given: object) -> Iterator[str]:
    """Yield what is wrong with ``OPTIONS``, as what follows its name."""
    if not isinstance(given, Mapping):
        yield f" is {given!r}. Give a dict."
        return
    known = [each.name for each in fields(Options)]
    for name, value in given.items():
        if name not in known:
            close = get_close_matches(str(name), known, 1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(known)}."
            yield f" has no option {name!r}. {hint}"
        elif value is not None or name in {"queues", "priorities", "modules", "max_defer", "sign"}:
            wrong = _RULES[name](value)
            if wrong:
                yield f'["{name}"]{wrong}'


def _queues(value: object) -> str:
    if not isinstance(value, Mapping):
        return f" is {value!r}. Give a dict: the name of a queue of tasks, and its queue in SQS."
    for name, queue in value.items():
        if not isinstance(name, str):
            return f" has the key {name!r}. Give the name of a queue of tasks."
        if not _is_queue(queue):
            return f"[{name!r}] is {queue!r}, which is neither a queue's name nor its URL."
    return ""


def _priorities(value: object) -> str:
    if not isinstance(value, Mapping):
        return f" is {value!r}. Give a dict of dicts: {{'default': {{50: 'default-high'}}}}."
    for name, levels in value.items():
        if not isinstance(levels, Mapping):
            return f"[{name!r}] is {levels!r}. Give a dict: a priority, and its queue in SQS."
        for level, queue in levels.items():
            if type(level) is not int or not LOWEST <= level <= HIGHEST:
                return (
                    f"[{name!r}] has the priority {level!r}. Give a whole number of {LOWEST} to "
                    f"{HIGHEST}."
                )
            if not _is_queue(queue):
                return f"[{name!r}][{level}] is {queue!r}, neither a queue's name nor its URL."
    return ""


def _is_queue(value: object) -> bool:
    if isinstance(value, str) and is_queue_name(value):
        return True
    try:
        parse_queue_url(value)
    except UsageError:
        return False
    return True


def _region(value: object) -> str:
    if isinstance(value, str) and is_region_name(value):
        return ""
    return f" is {value!r}, which is no region such as 'eu-west-1'."


def _results(value: object) -> str:
    if isinstance(value, str):
        return "" if "." in value else f" is {value!r}. Give the path of a class, or a dict."
    if not isinstance(value, Mapping) or not isinstance(value.get("cache"), str):
        return f" is {value!r}. Give {{'cache': 'default'}}, or the path of a class."
    if unknown := sorted(set(map(str, value)) - {"cache", "ttl"}):
        return f" has no {unknown[0]!r}. There are 'cache' and 'ttl'."
    ttl = value.get("ttl", DAY)
    if type(ttl) is not int or ttl < 1:
        return f"['ttl'] is {ttl!r}. Give seconds, 1 or more."
    return ""


def _modules(value: object) -> str:
    if isinstance(value, list | tuple) and all(isinstance(each, str) and each for each in value):
        return ""
    return f" is {value!r}. Give a list of packages."


def _max_defer(value: object) -> str:
    if _is_number(value) and value >= 0:  # type: ignore[operator]
        return ""
    return f" is {value!r}. Give seconds, 0 or more."


def max_attempts_fault(value: object) -> str:
    """Return what is wrong with a number of attempts; empty where nothing is."""
    if type(value) is int and value >= 1:
        return ""
    return f" is {value!r}. Give 1 or more."


def backoff_fault(value: object) -> str:
    """Return what is wrong with the seconds between attempts; empty where nothing is."""
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(map(_is_number, value))
        and 0 <= value[0] <= value[1]
    ):
        return ""
    return f" is {value!r}. Give two numbers of seconds: the first delay, and the longest."


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _sign(value: object) -> str:
    return "" if isinstance(value, bool) else f" is {value!r}. Give True or False."


_RULES = {
    "queues": _queues,
    "priorities": _priorities,
    "region": _region,
    "results": _results,
    "modules": _modules,
    "max_defer": _max_defer,
    "max_attempts": max_attempts_fault,
    "backoff": backoff_fault,
    "sign": _sign,
}

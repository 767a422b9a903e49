"""Which buckets, folders and queues the rules of ``AWS["access"]`` open to whom: pure.

A rule opens, and none closes: what no rule of a person's groups names is not there for them. It
gives no permission, either: what a person does in a place needs the permission too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

EVERYBODY = "*"
"""Instead of the names of groups: all of the staff."""
FIELDS = ("groups", "buckets", "queues", "actions")
# Names with a * for any number of characters; what a * cannot be is in _matcher().
_NAME = r"[A-Za-z0-9._*-]+"
# As philo_aws.s3.request.names has it. The name of an access point ends where its prefix begins.
_ARN = (
    r"arn:aws[a-z0-9*-]*:s3[a-z-]*:[a-z0-9*-]*:[0-9*]*:"
    r"(?:outpost[/:][A-Za-z0-9*-]+[/:])?(?:accesspoint|bucket)[/:][A-Za-z0-9.*-]+"
)
_BUCKET = re.compile(rf"(?P<name>{_ARN}|{_NAME})(?:/(?P<prefix>.*))?", re.DOTALL)
_QUEUE = re.compile(r"(?:(?P<region>[a-z0-9*-]+)/)?(?P<name>[A-Za-z0-9_*-]+(?:\.fifo)?)")
# Only access points are called so, and each of them leads to some other bucket:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_ALIASES = ("-s3alias", "--ol-s3", ".mrap")
# A proxy before a store may read these as steps on a path.
_STEPS = frozenset({".", ".."})

Fault = tuple[str, str, str]
"""Where it is, what is wrong with it, and what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Buckets whose names are alike, or a folder of each of them."""

    name: str
    """The name, with ``*`` for any number of characters."""
    prefix: str = ""
    """What keys there begin with; empty: the whole bucket."""

    @cached_property
    def _matches(self) -> re.Pattern[str]:
        return _matcher(self.name)

    def has(self, bucket: str) -> bool:
        """Say whether ``bucket`` is one of them."""
        for ending in _ALIASES:
            if bucket.endswith(ending) and not self.name.endswith(ending):
                return False
        return self._matches.fullmatch(bucket) is not None

    def covers(self, key: str) -> bool:
        """Say whether a key, or all that begins with a prefix, lies in the folder."""
        if not self.prefix:
            return True
        return key.startswith(self.prefix) and _STEPS.isdisjoint(key.split("/"))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the members of some groups may come to."""

    groups: frozenset[str]
    """Their names; :data:`EVERYBODY` for all of the staff."""
    buckets: tuple[Place, ...] = ()
    """Buckets, and folders of buckets."""
    queues: tuple[str, ...] = ()
    """Queues, each as a region and a name, with ``*`` for any number of characters."""
    actions: frozenset[str] | None = None
    """Codenames of permissions; ``None``: all that the person has."""

    @cached_property
    def _queues(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_matcher(name) for name in self.queues)

    def is_of(self, groups: Collection[str]) -> bool:
        """Say whether a member of ``groups`` is meant."""
        return EVERYBODY in self.groups or not self.groups.isdisjoint(groups)

    def allows(self, action: str) -> bool:
        """Say whether it is about this action."""
        return self.actions is None or action in self.actions

    def has_queue(self, queue: str) -> bool:
        """Say whether it opens a queue, given as ``eu-west-1/orders``."""
        return any(known.fullmatch(queue) for known in self._queues)


@dataclass(frozen=True, kw_only=True)
class Access:
    """What is open to one person; without rules all is."""

    rules: tuple[Rule, ...] | None = None
    """Those that are about the person; ``None`` where there is no rule for anybody."""

    @property
    def is_limited(self) -> bool:
        """Whether there is anything that is not open."""
        return self.rules is not None

    def to_bucket(self, bucket: str, action: str, key: str | None = "") -> bool:
        """Say whether an action is open in a bucket.

        ``key`` is an object, or a prefix for all below it, so ``""`` is the whole bucket; ``None``
        asks whether it is open anywhere in it.
        """
        if self.rules is None:
            return True
        return any(key is None or place.covers(key) for place in self._places(bucket, action))

    def prefixes(self, bucket: str, action: str) -> tuple[str, ...]:
        """Return the prefixes of a bucket in which an action is open; ``("",)`` for all of it."""
        if self.rules is None:
            return ("",)
        found = {place.prefix for place in self._places(bucket, action)}
        return ("",) if "" in found else tuple(sorted(found))

    def to_queue(self, queue: str, action: str) -> bool:
        """Say whether an action is open at a queue, given as ``eu-west-1/orders``."""
        if self.rules is None:
            return True
        return any(rule.allows(action) and rule.has_queue(queue) for rule in self.rules)

    def to_any_bucket(self, action: str) -> bool:
        """Say whether an action is open in any bucket at all."""
        if self.rules is None:
            return True
        return any(rule.buckets and rule.allows(action) for rule in self.rules)

    def to_any_queue(self, action: str) -> bool:
        """Say whether an action is open at any queue at all."""
        if self.rules is None:
            return True
        return any(rule.queues and rule.allows(action) for rule in self.rules)

    def _places(self, bucket: str, action: str) -> Iterator[Place]:
        for rule in self.rules or ():
            if rule.allows(action):
                yield from (place for place in rule.buckets if place.has(bucket))


def access_of(rules: tuple[Rule, ...] | None, groups: Collection[str]) -> Access:
    """Return what is open to a member of ``groups``."""
    if rules is None:
        return Access()
    return Access(rules=tuple(rule for rule in rules if rule.is_of(groups)))


def rules_of_setting(value: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Return the rules of a value in which :func:`faults` found none."""
    return tuple(
        Rule(
            groups=frozenset(entry["groups"]),
            buckets=tuple(_place(text) for text in entry.get("buckets") or ()),
            queues=tuple(
                text if "/" in text else f"*/{text}" for text in entry.get("queues") or ()
            ),
            actions=None if entry.get("actions") is None else frozenset(entry["actions"]),
        )
        for entry in value
    )


def faults(where: str, value: object) -> Iterator[Fault]:
    """Find what is wrong with a value as ``AWS["access"]``; whether actions exist is not asked."""
    example = '{"groups": ["Editors"], "buckets": ["media-*/exports/"]}'
    if not isinstance(value, list | tuple):
        yield where, f"is a {type(value).__name__}, not a list of rules", f"Write [{example}]."
        return
    for number, rule in enumerate(value):
        place = f"{where}[{number}]"
        if not isinstance(rule, Mapping):
            yield place, f"is {rule!r:.80}, not a dict", f"Write {example}."
            continue
        yield from _faults_of_rule(place, rule)
        if not rule.get("buckets") and not rule.get("queues"):
            yield place, "opens neither buckets nor queues", f"Write {example}."


def _faults_of_rule(place: str, rule: Mapping[Any, Any]) -> Iterator[Fault]:
    for key in rule:
        if key not in FIELDS:
            yield place, f"has the unknown key {key!r:.80}", f"There are {', '.join(FIELDS)}."
    yield from _faulty_names(f'{place}["groups"]', rule.get("groups"), '"Editors"')
    known: tuple[tuple[str, Callable[[str], tuple[str, str] | None] | None, str], ...] = (
        ("buckets", _bucket_fault, '"media-*/exports/"'),
        ("queues", _queue_fault, '"orders*"'),
        ("actions", None, '"list_objects"'),
    )
    for name, check, example in known:
        if (given := rule.get(name)) is None:
            continue
        yield from (wrong := list(_faulty_names(f'{place}["{name}"]', given, example)))
        if wrong or check is None:
            continue
        for index, text in enumerate(given):
            if fault := check(text):
                yield f'{place}["{name}"][{index}]', f"is {text!r:.80}{fault[0]}", fault[1]


def _faulty_names(where: str, value: object, example: str) -> Iterator[Fault]:
    names = value if isinstance(value, list | tuple) else ()
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        yield where, f"is {value!r:.80}, not a list of names", f"Write {where} = [{example}]."


def _bucket_fault(text: str) -> tuple[str, str] | None:
    found = _BUCKET.fullmatch(text)
    if not found:
        return (
            ", which can be the name of no bucket",
            'Write a name, such as "media-*", and a folder where only that is meant: '
            '"media-*/exports/".',
        )
    prefix = found["prefix"] or ""
    if "*" in prefix:
        return (
            ", with a * in the folder",
            "A * can stand in the name alone; a folder is all that is below it.",
        )
    if prefix and not prefix.endswith("/"):
        return (
            ", whose folder has no / at its end",
            f'Write "{text}/": without it, it would be the beginning of other names too.',
        )
    if not _STEPS.isdisjoint(prefix.split("/")) or prefix.startswith("/"):
        return ', with a folder that begins with "/" or has "." or ".." in it', "Write its name."
    return None


def _queue_fault(text: str) -> tuple[str, str] | None:
    if _QUEUE.fullmatch(text):
        return None
    return (
        ", which can be the name of no queue",
        'Write a name, such as "orders*", or a region and a name: "eu-west-1/orders*".',
    )


def _place(text: str) -> Place:
    found = _BUCKET.fullmatch(text)
    if not found:
        raise ValueError(text)
    return Place(name=found["name"], prefix=found["prefix"] or "")


def _matcher(pattern: str) -> re.Pattern[str]:
    # Not / and :, so that no name is taken for the ARN of something else.
    return re.compile(r"[^/:]*".join(re.escape(part) for part in pattern.split("*")))

"""The message of a task: JSON with its path, its arguments and what was said of it.

What comes from a queue is a stranger's text. A path is only followed into packages of this site,
and only to what is a task under that very path.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing

from ..sqs.consumer.outcomes import Reject
from .names import Names
from .options import Backoff, backoff_fault, max_attempts_fault

VERSION = 1
SALT = "philo_aws.tasks"
"""The salt of signatures."""
_TEXTS = ("id", "task", "queue_name", "backend", "enqueued_at")
_LONGEST_ID = 128


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One call of a task, on its way."""

    id: str
    """The id of its result."""
    task: str
    """The task's path."""
    args: list[Any]
    """The arguments by position."""
    kwargs: dict[str, Any]
    """The arguments by name."""
    queue_name: str
    """The queue of tasks."""
    backend: str
    """The alias of the backend."""
    enqueued_at: dt.datetime
    """When it was enqueued."""
    run_after: dt.datetime | None
    """The earliest moment for it."""
    priority: int
    """Its priority."""
    max_attempts: int | None = None
    """How often it may be tried, where the call says so."""
    backoff: Backoff | None = None
    """The seconds between attempts, where the call says so."""


def written(envelope: Envelope, *, sign: bool) -> str:
    """Return the body of a message, signed by the key of the site where ``sign`` says so."""
    made: dict[str, Any] = {
        "v": VERSION,
        "id": envelope.id,
        "task": envelope.task,
        "args": envelope.args,
        "kwargs": envelope.kwargs,
        "queue_name": envelope.queue_name,
        "backend": envelope.backend,
        "enqueued_at": envelope.enqueued_at.isoformat(),
        "run_after": envelope.run_after.isoformat() if envelope.run_after else None,
        "priority": envelope.priority,
    }
    if envelope.max_attempts is not None:
        made["max_attempts"] = envelope.max_attempts
    if envelope.backoff is not None:
        made["backoff"] = list(envelope.backoff)
    if sign:
        made["signature"] = signing.Signer(salt=SALT).signature(_canonical(made))
    return json.dumps(made, separators=(",", ":"))


def read(body: str, *, sign: bool) -> Envelope:
    """Return what a message says, its form checked, and its signature where ``sign`` says so.

    Raises :exc:`~philo_aws.sqs.consumer.Reject`.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Reject(f"This is no task: the body is no JSON: {error}") from error
    if not isinstance(given, dict) or given.get("v") != VERSION:
        raise Reject("This is no task of version 1.")
    signature = given.pop("signature", None)
    if sign:
        _check(given, signature)
    for name in _TEXTS:
        if not isinstance(given.get(name), str):
            raise Reject(f"This is no task: {name!r} is no text.")
    if not 0 < len(given["id"]) <= _LONGEST_ID:
        raise Reject("This is no task: its id is empty or too long.")
    if not isinstance(given.get("args"), list) or not isinstance(given.get("kwargs"), dict):
        raise Reject("This is no task: 'args' is no list or 'kwargs' no object.")
    try:
        return _read(given)
    except (TypeError, ValueError) as error:
        raise Reject(f"This is no task: {error}") from error


def _read(given: Mapping[str, Any]) -> Envelope:
    run_after, priority = given.get("run_after"), given.get("priority", 0)
    attempts, backoff = given.get("max_attempts"), given.get("backoff")
    if type(priority) is not int:
        raise ValueError("'priority' is no whole number.")
    if attempts is not None and (fault := max_attempts_fault(attempts)):
        raise ValueError(f"'max_attempts'{fault}")
    if backoff is not None and (fault := backoff_fault(backoff)):
        raise ValueError(f"'backoff'{fault}")
    return Envelope(
        **{name: given[name] for name in (*_TEXTS[:-1], "args", "kwargs")},
        enqueued_at=dt.datetime.fromisoformat(given["enqueued_at"]),
        run_after=dt.datetime.fromisoformat(run_after) if run_after is not None else None,
        priority=priority,
        max_attempts=attempts,
        backoff=(float(backoff[0]), float(backoff[1])) if backoff is not None else None,
    )


def _check(given: Mapping[str, Any], signature: object) -> None:
    try:
        signing.Signer(salt=SALT).unsign(f"{_canonical(given)}:{signature}")
    except (signing.BadSignature, ValueError) as error:
        raise Reject("This task is not signed by this site.") from error


def _canonical(given: Mapping[str, Any]) -> str:
    return json.dumps(given, separators=(",", ":"), sort_keys=True)


def resolve(
    envelope: Envelope, names: Names, *, alias: str, queues: Collection[str], modules: Iterable[str]
) -> Any:
    """Return the task of an envelope, as it was when it was enqueued.

    ``alias`` is the backend's, ``queues`` are the queues of tasks that the message may be of, and
    ``modules`` the packages beside the applications that have tasks. Raises
    :exc:`~philo_aws.sqs.consumer.Reject` for what is no task of this site; what goes wrong in a
    module of it while it is imported is raised as it is.
    """
    if envelope.backend != alias or envelope.queue_name not in queues:
        raise Reject(
            f"This task is of the queue {envelope.queue_name!r} of the backend "
            f"{envelope.backend!r}, and came by another one."
        )
    found = _found(envelope.task, modules)
    if not isinstance(found, names.task) or found.module_path != envelope.task:
        raise Reject(f"{envelope.task!r} is no task of this site.")
    try:
        return as_enqueued(
            found,
            priority=envelope.priority,
            queue_name=envelope.queue_name,
            run_after=envelope.run_after,
            backend=alias,
        )
    except names.invalid as error:
        raise Reject(f"This task is not valid here: {error}") from error


def as_enqueued(task: Any, *, run_after: dt.datetime | None, **changes: Any) -> Any:
    """Return a task of a module as it was when it was enqueued.

    Raises Django's ``InvalidTask``; not for its ``run_after``, which was looked at then.
    """
    if any(getattr(task, name) != value for name, value in changes.items()):
        task = dataclasses.replace(task, **changes)
    if task.run_after == run_after:
        return task
    made = dataclasses.replace(task)
    object.__setattr__(made, "run_after", run_after)
    return made


def _found(path: str, modules: Iterable[str]) -> object:
    module, _, name = path.rpartition(".")
    if not module or not all(part.isidentifier() for part in path.split(".")):
        return None
    if module.partition(".")[0] not in _packages(modules):
        return None
    try:
        return getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        # The module itself is not there: no such task. One that it imports: a fault of the site.
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            return None
        raise


def _packages(modules: Iterable[str]) -> set[str]:
    from django.apps import apps

    of_apps = {config.name.partition(".")[0] for config in apps.get_app_configs()}
    return of_apps | {module.partition(".")[0] for module in modules}

"""Deleting many objects: a thousand a request, several requests side by side."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import Any, Literal, NoReturn

from ..clients import get_client
from ..conf import Purpose
from ..daemons import Daemons
from ..exceptions import (
    AWSError,
    BucketNotFoundError,
    Context,
    CredentialsError,
    IncompleteError,
    NetworkError,
    RegionError,
    ServiceError,
    ThrottledError,
    UsageError,
    translated,
)
from ..limits import MAX_KEYS
from .filters import Filter, Rule
from .line import Store, make_store
from .lister import objects
from .names import check_key
from .report import Outcome, Report, Watcher, reported
from .spool import Spool

BATCH = MAX_KEYS
_SIDE_BY_SIDE = 8
ABOVE_LIMIT = "above --max_delete"
_ROUNDS = 5
_IN_VAIN_AFTER = 8
"""Requests in a row, each tried again by boto, after which nothing is taken to get through."""
_GRACE = 3.0
"""Seconds after an interrupt in which requests may still end by themselves."""
# XML cannot hold these, or parsers change them on the way: such a key goes in a request of its own.
_NOT_FOR_XML = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]|^\\s|\\s$")
_HOPELESS = (BucketNotFoundError, CredentialsError, RegionError)

_Answers = list[tuple[str, AWSError | None]]
_Waiting = tuple[Future[AWSError | None], list[str], _Answers]


def delete_objects(
    bucket_name: str,
    region_name: str | None = None,
    *,
    keys: Iterable[str] | None = None,
    prefix: str | None = None,
    rules: Sequence[Rule] = (),
    max_delete: int | None = None,
    dry_run: bool = False,
    extra_args: dict[str, Any] | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Delete the objects named by ``keys``, or those under ``prefix`` that ``rules`` keep.

    ``prefix`` is S3's, a beginning of keys and not a folder; ``""`` is the whole bucket, which must
    be said. Rules match keys without it. A key that does not exist counts as deleted, as it does
    for S3; one that is named twice counts once. In a versioned bucket the object stays as an old
    version. With ``max_delete`` nothing is deleted when there are more; a dry run names them all.
    Raises :exc:`~philo_aws.exceptions.UsageError` unless either is given,
    :exc:`~philo_aws.exceptions.IncompleteError` above ``max_delete``.
    """
    if (keys is None) == (prefix is None):
        raise UsageError("Say what to delete: either keys or a prefix ('' for all).")
    if keys is not None and rules:
        raise UsageError("Rules choose among the keys under a prefix; name one.")
    store = make_store(bucket_name, region_name, "", extra_args, None, purpose)
    with reported(dry_run, watcher) as report, Spool() as spool:
        found: Iterable[str] = dict.fromkeys(keys or ())
        if prefix is not None:
            found = _found(store, prefix, Filter(rules))
        # The listing is whole before the first object goes.
        for key in found:
            check_key(key)
            spool.add(key)
        check_limit(spool, "", max_delete, report)
        delete_keys(store, (key for key, _ in spool), report)
    return report


def check_limit(extra: Spool, prefix: str, max_delete: int | None, report: Report) -> None:
    """Raise :exc:`~philo_aws.exceptions.IncompleteError` when ``extra`` holds more than allowed."""
    if max_delete is not None and len(extra) > max_delete:
        remedy = "" if report.dry_run else " See what they are with --dry_run."
        refuse(
            f"{len(extra):,} would go, and --max_delete allows {max_delete:,}.{remedy}",
            extra,
            prefix,
            report,
            reason=ABOVE_LIMIT,
            code="MaxDelete",
        )


def refuse(
    problem: str, extra: Spool, prefix: str, report: Report, *, reason: str, code: str
) -> NoReturn:
    """Raise :exc:`~philo_aws.exceptions.IncompleteError`; a dry run names first what would go."""
    if report.dry_run:
        for key, path in extra:
            report.skip("delete", prefix + key, path, reason)
    state = "would be" if report.dry_run else "was"
    raise IncompleteError(f"Nothing {state} deleted: {problem}", result=report, code=code)


def delete_keys(store: Store, keys: Iterable[str], report: Report) -> None:
    """Delete ``keys`` and count each as deleted or failed, by the store's own word on it."""
    batches = _batches(keys)
    if report.dry_run:
        for key in itertools.chain.from_iterable(batches):
            report.plan()
            report.add(Outcome(action="delete", status="done", key=key))
        return
    waiting: deque[_Waiting] = deque()
    in_vain = 0
    with Daemons(_SIDE_BY_SIDE, "philo-aws-delete") as pool:
        try:
            for batch in batches:
                for _ in batch:
                    report.plan()
                answers: _Answers = []
                waiting.append((pool.submit(_delete, store, batch, answers), batch, answers))
                if len(waiting) >= 2 * _SIDE_BY_SIDE:
                    in_vain = _settle(waiting, report, in_vain)
            while waiting:
                in_vain = _settle(waiting, report, in_vain)
        except BaseException as error:
            hopeless = error if isinstance(error, AWSError) else None
            begun = [future for future, _, _ in waiting if not future.cancel()]
            try:
                wait(begun, None if hopeless else _GRACE)
            finally:
                for future, batch, answers in waiting:
                    if hopeless and future.cancelled():
                        answers += [(key, hopeless) for key in batch]
                    _count(report, answers)
            raise


def _settle(waiting: deque[_Waiting], report: Report, in_vain: int) -> int:
    """Wait for the first batch and count what became of its keys.

    ``in_vain`` batches did not get through before it; returns how many that are now.
    """
    future, _, answers = waiting[0]
    wait([future])
    waiting.popleft()
    _count(report, answers)
    error = future.result()
    if not isinstance(error, NetworkError | ServiceError | ThrottledError):
        return 0
    if in_vain + 1 >= _IN_VAIN_AFTER:
        raise error
    return in_vain + 1


def _found(store: Store, prefix: str, chosen: Filter) -> Iterator[str]:
    for item in objects(
        store.bucket,
        store.region,
        prefix=prefix,
        purpose=store.purpose,
        extra_args=store.given_for("ListObjectsV2"),
    ):
        if not chosen or chosen.keeps(item.key.removeprefix(prefix)):
            yield item.key


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for key in keys:
        if _NOT_FOR_XML.search(key):
            yield [key]
            continue
        batch.append(key)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _delete(store: Store, batch: list[str], answers: _Answers) -> AWSError | None:
    """Delete a batch and add to ``answers`` what became of each key, as soon as that is known.

    Returns the error of a request when nothing of the batch got through. This runs in a thread that
    may be left alone, so it tells nobody else.
    """
    left = batch
    for round_ in range(_ROUNDS):
        if round_:
            time.sleep(random.uniform(0, 0.2 * 2**round_))  # noqa: S311 - jitter, no secret
        try:
            failed = _request(store, left)
        except AWSError as error:
            answers += [(key, error) for key in left]
            if isinstance(error, _HOPELESS):
                raise
            return error if left is batch else None
        again = round_ + 1 < _ROUNDS
        waiting = [key for key, error in failed.items() if again and _passes(error)]
        later = set(waiting)
        answers += [(key, failed.get(key)) for key in left if key not in later]
        left = waiting
        if not left:
            break
    return None


def _passes(error: AWSError) -> bool:
    return isinstance(error, ThrottledError | ServiceError)


def _count(report: Report, answers: _Answers) -> None:
    for key, error in answers:
        status: Literal["done", "failed"] = "failed" if error else "done"
        report.add(Outcome(action="delete", status=status, key=key, error=error))


def _request(store: Store, keys: list[str]) -> dict[str, AWSError]:
    """Send one request and return the errors of single keys."""
    from .._translation import from_code

    client = get_client("s3", store.region, purpose=store.purpose)
    arguments: Any = {"Bucket": store.bucket}
    with translated(bucket=store.bucket, region=store.region):
        if len(keys) == 1 and _NOT_FOR_XML.search(keys[0]):
            client.delete_object(**arguments, **store.given_for("DeleteObject"), Key=keys[0])
            return {}
        answer = client.delete_objects(
            **arguments,
            **store.given_for("DeleteObjects"),
            Delete={"Objects": [{"Key": key} for key in keys]},
        )
    errors: dict[str, AWSError] = {}
    for entry in answer.get("Errors", []):
        where = Context(bucket=store.bucket, key=entry.get("Key", ""))
        code = entry.get("Code", "")
        errors[entry.get("Key", "")] = from_code(code, 0, entry.get("Message", ""), where)
    gone = {entry.get("Key") for entry in answer.get("Deleted", [])}
    for key in keys:
        if key not in gone and key not in errors:
            errors[key] = ServiceError(
                f"The store did not say whether it deleted {key!r}.", code="NoAnswer"
            )
    return {key: errors[key] for key in keys if key in errors}

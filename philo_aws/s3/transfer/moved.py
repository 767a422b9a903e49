"""The sources of a move: each is deleted once its copy is proven, and only as it was copied."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType

from ...clients import get_client, has_own_endpoint
from ...codes import from_code
from ...exceptions import (
    RETRIED,
    AWSError,
    ConflictError,
    Context,
    InvalidRequestError,
    NotSupportedError,
    ServiceError,
)
from ...side_by_side import SideBySide
from ..delete_requests import BATCH, FIRST_AT_ONCE, MOST_AT_ONCE, delete_one
from ..engine.base import Copy, Task
from ..report import Outcome, Report
from ..request.remote import Remote
from ..request.xml_requests import ask
from .plan import PlanStep

WAITING = 4 * BATCH
"""Sources that may wait to be deleted before no more is copied."""
_GRACE = 3.0
"""Seconds after an interrupt in which requests may still end by themselves."""
_TICK = 0.25

Answers = dict[str, AWSError | None]


class Sources(AbstractContextManager["Sources"]):
    """Deletes, side by side with the copies, what was copied."""

    def __init__(self, remote: Remote, report: Report) -> None:
        self._remote = remote
        self._report = report
        self._pool = SideBySide(MOST_AT_ONCE, FIRST_AT_ONCE, "philo-aws-moved")
        # AWS compares the ETags of a thousand objects in one request.
        self._batch_size = 1 if has_own_endpoint("s3") else BATCH
        self._batch: dict[str, str] = {}
        self._changed = threading.Condition()
        self._waiting = self._running = 0
        self._broken: BaseException | None = None

    def copied(self, task: Task) -> None:
        """Take note that a copy is proven, or would be in a dry run: its source may go."""
        assert isinstance(task, Copy)  # noqa: S101 - there are no others here
        self._report.plan()
        if self._report.dry_run:
            self._report.add(Outcome(action="delete", status="done", key=task.source_key))
            return
        self._batch[task.source_key] = task.etag
        with self._changed:
            self._waiting += 1
        if len(self._batch) >= self._batch_size:
            self._submit()

    def in_step(self, steps: Iterator[PlanStep]) -> Iterator[PlanStep]:
        """Yield the steps, no faster than the deletions come after them."""
        for step in steps:
            if self._waiting > WAITING:
                with self._changed:
                    while self._waiting > WAITING // 2 and self._broken is None:
                        # In slices: some platforms deliver a signal only between two waits.
                        self._changed.wait(_TICK)
            yield step

    def finish(self) -> None:
        """Delete what is left, and return when all of it is counted."""
        self._submit()
        with self._changed:
            while self._waiting and self._broken is None:
                self._changed.wait(_TICK)
        if self._broken is not None:
            raise self._broken

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, AWSError):
            # What was copied is not copied again by the next move, if its source goes.
            self.finish()
        self._pool.shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + _GRACE
        with self._changed:
            while self._running and time.monotonic() < end:
                self._changed.wait(_TICK)

    def _submit(self) -> None:
        batch, self._batch = self._batch, {}
        if batch:
            self._pool.submit(self._delete, batch)

    def _delete(self, batch: Mapping[str, str]) -> None:
        with self._changed:
            self._running += 1
        try:
            for key, error in delete_as_copied(self._remote, batch).items():
                self._report.add(
                    Outcome(
                        action="delete",
                        status="failed" if error else "done",
                        key=key,
                        error=error,
                    )
                )
        except BaseException as unforeseen:  # noqa: BLE001 - raised by finish()
            self._broken = unforeseen
        finally:
            with self._changed:
                self._running -= 1
                self._waiting -= len(batch)
                self._changed.notify_all()


def delete_as_copied(remote: Remote, etags: Mapping[str, str]) -> Answers:
    """Delete these keys where their objects still have these ETags; return what became of each.

    AWS compares while it deletes, a thousand in a request:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html. At an endpoint
    of one's own, which may know nothing of it, each object is looked at just before.
    """
    answers: Answers = {}
    bound = {key: etag for key, etag in etags.items() if etag}
    together = {} if has_own_endpoint("s3") else {k: v for k, v in bound.items() if _in_xml(k)}
    for keys in _batches(together):
        try:
            answers |= _request(remote, {key: bound[key] for key in keys})
        except (NotSupportedError, InvalidRequestError):
            continue  # one by one, then
        except AWSError as error:
            answers |= dict.fromkeys(keys, error)
    for key in [key for key in bound if key not in answers]:
        answers[key] = delete_one(remote, key, bound[key])
    for key in etags.keys() - bound.keys():
        answers[key] = ServiceError(
            f"The store tells no ETag of {key!r}, by which it would be known as the one that was "
            "copied, so it was not deleted.",
            code="NoETag",
        )
    return answers


def _batches(keys: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the keys of one request after the other; a single one needs none of these."""
    left = list(keys)
    for start in range(0, len(left) if len(left) > 1 else 0, BATCH):
        yield left[start : start + BATCH]


def _in_xml(key: str) -> bool:
    """Say whether XML carries a key as it is."""
    return key.isprintable() and key == key.strip()


def _request(remote: Remote, etags: Mapping[str, str]) -> Answers:
    """Send one request, and return what it says for good of each key."""
    client = get_client("s3", remote.region, purpose=remote.purpose)
    objects = [{"Key": key, "ETag": f'"{etag}"'} for key, etag in etags.items()]
    told = ask(
        client,
        "DeleteObjects",
        {
            **remote.given_for("DeleteObjects"),
            "Bucket": remote.bucket,
            "Delete": {"Objects": objects},
        },
        region_name=remote.region,
    ).told
    said: Answers = {}
    for entry in told.get("Deleted", []):
        if entry.get("Key") in etags:
            said[entry["Key"]] = None
    for entry in told.get("Errors", []):
        key, code = entry.get("Key", ""), entry.get("Code", "")
        where = Context(bucket=remote.bucket, key=key, operation="DeleteObjects")
        error = from_code(code, 0, entry.get("Message", ""), where)
        if key in etags and error.kind not in RETRIED:
            said[key] = _changed(remote, key) if code == "PreconditionFailed" else error
    return said


def _changed(remote: Remote, key: str) -> ConflictError:
    return ConflictError(
        f"The object {key!r} in bucket {remote.bucket!r} was changed after it was copied, so it "
        "was not deleted.",
        code="PreconditionFailed",
    )

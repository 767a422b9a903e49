"""Which objects a transfer left stale in the caches in front of a bucket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..codes import kind_of
from ..exceptions import InvalidRequestError, Kind
from .report import Outcome, Report, Watcher
from .transfer.plan import NEW

# As ManifestFilesMixin of Django makes it: such a name has the same content for ever.
_HASHED = re.compile(r"\.[0-9a-f]{12}(\.[^/]*)?$")
# They write nothing into the bucket that a cache serves.
_READING = frozenset({"abort", "download"})
_OTHER_CONTENT = frozenset({"checksum", "size"})


@dataclass(frozen=True, kw_only=True)
class StaleKeys:
    """What a report says."""

    keys: list[str]
    """The keys, in the order of the report."""
    dry_run: bool
    """Whether nothing was done, so that these would be the keys."""
    whole: bool
    """Whether the report tells all: it has its end, and nothing was left unfinished."""


class StaleWatcher(Watcher):
    """Collects :attr:`keys` while a transfer runs, and passes on what it is told."""

    def __init__(self, watcher: Watcher | None = None, *, include_new: bool = False) -> None:
        """``include_new`` counts keys that the bucket did not have: an error may be cached."""
        self.keys: list[str] = []
        """What changed so far."""
        self._watcher = watcher or Watcher()
        self._include_new = include_new

    def slower(self, reason: str) -> None:
        """Pass it on."""
        self._watcher.slower(reason)

    def planned(self, size: int) -> None:
        """Pass it on."""
        self._watcher.planned(size)

    def moved(self, count: int) -> None:
        """Pass it on."""
        self._watcher.moved(count)

    def outcome(self, outcome: Outcome) -> None:
        """Note the key if its object changed."""
        line = {
            "action": outcome.action,
            "status": outcome.status,
            "key": outcome.key,
            "path": outcome.path,
            "reason": outcome.reason,
        }
        may_be_done = outcome.error is not None and outcome.error.may_be_done
        if _is_stale(line, include_new=self._include_new, may_be_done=may_be_done):
            self.keys.append(outcome.key)
        self._watcher.outcome(outcome)

    def finished(self, report: Report) -> None:
        """Pass it on."""
        self._watcher.finished(report)


def stale_keys(lines: Iterable[bytes], *, include_new: bool = False) -> StaleKeys:
    """Return what changed by a report of ``--format jsonl``.

    An object that was replaced or deleted, and one of which that is not known because the answer
    was lost. Not one that is ``new``, unless ``include_new``: it cannot be in a cache, but the
    error of having asked for it before can, for as long as the distribution says (10 seconds where
    it says nothing,
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html).
    Not one whose name has a hash in it, as Django's, unless its content is known to be another.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for lines of anything else.
    """
    keys: list[str] = []
    whole, dry_run, number = False, False, 0
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        line = _read(text, number)
        if line["action"] == "summary":
            whole, dry_run = not line.get("unfinished"), line.get("dry_run") is True
        elif _is_stale(line, include_new=include_new, may_be_done=_may_be_done(line)):
            keys.append(line["key"])
    if not number:
        raise InvalidRequestError(
            "The report is empty. Give what `aws_s3 sync … --format jsonl` prints."
        )
    return StaleKeys(keys=keys, dry_run=dry_run, whole=whole)


def _read(text: bytes, number: int) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if isinstance(line, dict) and isinstance(line.get("action"), str):
        told = [line.get(name, "") for name in ("status", "key", "path", "reason", "code")]
        if line["action"] == "summary" or (line.get("key") and _are_texts(told)):
            return line
    raise InvalidRequestError(
        f"Line {number} is none of a report. Give what `aws_s3 sync … --format jsonl` prints."
    )


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _may_be_done(line: Mapping[str, Any]) -> bool:
    """Say whether what failed may have been done; without a code its reason is not known."""
    code = line.get("code")
    return not code or kind_of(code, 0, other_region=False) is Kind.TRANSIENT


def _is_stale(line: Mapping[str, Any], *, include_new: bool, may_be_done: bool) -> bool:
    action, status, reason = line["action"], line.get("status"), line.get("reason")
    if action in _READING or (action == "delete" and line.get("path")):
        return False  # what is deleted and has a path is a file of this machine
    if status == "failed":
        return may_be_done
    if status != "done" or (reason == NEW and not include_new):
        return False
    return reason in _OTHER_CONTENT or reason == NEW or not _HASHED.search(line["key"])

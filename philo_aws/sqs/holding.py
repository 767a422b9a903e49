"""A look through a queue: each message received once, and given back at its end.

What was received stays hidden from others until then, so that it does not come a second time. The
receipt handles of a hundred thousand messages are on the disk and not in memory.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..conf import Purpose
from ..exceptions import RETRIED, AWSError
from ..limits import MAX_VISIBILITY_TIMEOUT
from .access import queue_client
from .limits import MAX_BATCH_ENTRIES
from .messages import receive_message
from .outcome import kind_of_failure
from .tries import Tries

logger = logging.getLogger(__name__)

VISIBILITY = 120
"""Seconds for which what is looked at is hidden; a process that is killed leaves it so for them."""
WAIT = 1
"""Seconds that a receive waits: one asks all of SQS's servers, without it some messages are missed.
"""
IN_MEMORY = 1 << 20
"""Bytes of receipt handles that are kept in memory."""

Raw = Mapping[str, Any]
"""A message as boto gives it."""


class Holding:
    """The messages that are held of one queue. Not for several threads."""

    def __init__(
        self, queue_url: str, region: str | None = None, purpose: Purpose = "commands"
    ) -> None:
        self.queue_url = queue_url
        """The queue."""
        self.region = region
        """Its region, where it was given."""
        self.failure: AWSError | None = None
        """Why a request to delete failed as a whole, for good: the next one would, too."""
        self.damaged: list[Mapping[str, Any]] = []
        """What was received and is not as SQS has it; it comes again by itself."""
        self.held = 0
        """Messages that were looked at and are held."""
        self.visibility = VISIBILITY
        """Seconds for which the next receive hides what it gets."""
        self._purpose = purpose
        self._in_hand: dict[str, None] = {}
        self._handles = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed at the end
        # Of ids a hash is kept, which is a tenth of them.
        self._known: set[int] = set()
        self._sent: set[int] = set()

    def receive(self, most: int = MAX_BATCH_ENTRIES) -> list[Raw]:
        """Return up to ten messages that were not received before; none when there are no more.

        Raises :exc:`~philo_aws.exceptions.AWSError`.
        """
        while True:
            answer = receive_message(
                self.queue_url,
                min(most, MAX_BATCH_ENTRIES),
                self.region,
                wait_time_seconds=WAIT,
                visibility_timeout=self.visibility,
                purpose=self._purpose,
            )
            self.damaged += answer.get("Failed", ())
            got: list[Raw] = answer["Messages"]
            again = [raw for raw in got if self._is_known(raw)]
            new = [raw for raw in got if not self._is_known(raw)]
            self._in_hand |= dict.fromkeys(raw["ReceiptHandle"] for raw in got)
            if again:
                # It took longer than they were hidden for: from now on all are for longer.
                self.visibility = min(2 * self.visibility, MAX_VISIBILITY_TIMEOUT)
                self._came_again(again)
            if new or not (again or answer.get("Failed")):
                return new

    def hold(self, raw: Raw) -> None:
        """Keep a message that was only looked at, until :meth:`give_back`."""
        self._known.add(_key(raw))
        self.held += 1
        self._put_aside(raw)

    def delete(self, messages: Sequence[Raw]) -> list[str]:
        """Delete up to ten messages that are somewhere else by now.

        Returns, for each, why it is not deleted, empty where it is. Such a message is not given
        back, and where it comes again in this look it is deleted then.
        """
        reasons = [""] * len(messages)
        places = {raw["ReceiptHandle"]: place for place, raw in enumerate(messages)}
        left = list(places)
        tries = Tries(self._purpose)
        while left:
            try:
                records = self._ask("delete_message_batch", [{"ReceiptHandle": it} for it in left])
            except AWSError as error:
                self.failure = error
                records = [{"Code": "", "Message": str(error), "SenderFault": True} for _ in left]
            again = []
            for handle, record in zip(left, records, strict=True):
                reasons[places[handle]] = str((record or {}).get("Message") or "") or (
                    "SQS does not say why." if record else ""
                )
                if record and kind_of_failure(record) in RETRIED:
                    again.append((handle, record))
            if not again or not tries.another(kind_of_failure(again[0][1])):
                break
            left = [handle for handle, _ in again]
        for raw, reason in zip(messages, reasons, strict=True):
            self._in_hand.pop(raw["ReceiptHandle"], None)
            if reason:
                self._sent.add(_key(raw))
        return reasons

    def give_back(self) -> int:
        """Let others have all that is held, at once; return how many come back only later.

        Raises nothing: those come when they have been hidden for long enough.
        """
        missed = 0
        failed: AWSError | None = None
        with self._handles:
            for handles in _tens(self._all_handles()):
                entries = [{"ReceiptHandle": handle, "VisibilityTimeout": 0} for handle in handles]
                if failed is None:
                    try:
                        records = self._ask("change_message_visibility_batch", entries)
                        # One that is refused is not hidden any more, or by a later receive.
                        missed += sum(
                            it is not None and not it.get("SenderFault") for it in records
                        )
                        continue
                    except AWSError as error:
                        failed = error
                missed += len(entries)
        self._in_hand.clear()
        if missed:
            logger.warning(
                "%d messages of %s come back only in %d s: %s",
                missed,
                self.queue_url,
                self.visibility,
                failed or "SQS did not take them back.",
            )
        return missed

    def _is_known(self, raw: Raw) -> bool:
        return _key(raw) in self._known or _key(raw) in self._sent

    def _came_again(self, messages: Sequence[Raw]) -> None:
        undeleted = [raw for raw in messages if _key(raw) in self._sent]
        if undeleted:
            self.delete(undeleted)
        for raw in messages:
            if _key(raw) not in self._sent:
                self._put_aside(raw)

    def _put_aside(self, raw: Raw) -> None:
        # Where the disk takes no more it stays in memory.
        with contextlib.suppress(OSError):
            self._handles.write(raw["ReceiptHandle"].encode() + b"\n")
            self._in_hand.pop(raw["ReceiptHandle"], None)

    def _all_handles(self) -> Iterator[str]:
        yield from list(self._in_hand)
        self._handles.seek(0)
        for line in self._handles:
            yield line.decode().rstrip("\n")

    def _ask(self, operation: str, entries: list[dict[str, Any]]) -> list[Raw | None]:
        """Return the record of each entry that was not done; one that is not named was not."""
        named = [{"Id": str(number), **entry} for number, entry in enumerate(entries)]
        with queue_client(self.queue_url, self.region, self._purpose) as client:
            answer = getattr(client, operation)(QueueUrl=self.queue_url, Entries=named)
        unsaid = {"Code": "NoProof", "Message": "The answer does not say what became of it."}
        records: dict[str, Raw | None] = {entry["Id"]: unsaid for entry in named}
        records |= {record["Id"]: None for record in answer.get("Successful") or ()}
        records |= {record["Id"]: record for record in answer.get("Failed") or ()}
        return [records[entry["Id"]] for entry in named]


def _key(raw: Raw) -> int:
    return hash(raw.get("MessageId") or raw["ReceiptHandle"])


def _tens(handles: Iterable[str]) -> Iterator[list[str]]:
    ten: list[str] = []
    for handle in handles:
        ten.append(handle)
        if len(ten) == MAX_BATCH_ENTRIES:
            yield ten
            ten = []
    if ten:
        yield ten

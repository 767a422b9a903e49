"""The actions of ``aws_sqs`` on messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext_noop

from .. import sqs
from ..exceptions import IncompleteError
from ..sqs.batch import merged, send_entries
from ..sqs.channel import Received
from ..sqs.handles import deleted, hidden
from ..sqs.limits import MAX_BATCH_ENTRIES, check_number
from ..sqs.outcome import EntryOutcome
from ..sqs.receiving import MAX_IN_FLIGHT, received_by_requests
from ..sqs.urls import EXAMPLE
from . import sqs_flags
from .actions import Action, answering
from .json_input import read_attributes, read_entries
from .output import Output, to_json
from .process import NOTHING_MATCHED
from .sqs_flags import on_queue


def _receive_message(
    output: Output, *, max_number_of_messages: int, delete: bool, **flags: Any
) -> None:
    check_number(
        "max_number_of_messages",
        max_number_of_messages,
        1,
        MAX_IN_FLIGHT,
        gettext_noop("messages"),
    )
    damaged: list[Any] = []
    if max_number_of_messages <= MAX_BATCH_ENTRIES:
        answers: Iterable[dict[str, Any]] = (
            sqs.receive_message(max_number_of_messages=each, **flags)
            for each in (max_number_of_messages,)
        )
    else:
        answers = map(_answer, received_by_requests(max_messages=max_number_of_messages, **flags))
    if output.style != "jsonl":
        answers = iter([_joined(answers)])
    for answer in answers:
        damaged += answer.get("Failed", ())
        if output.style == "jsonl":
            output.records(answer["Messages"], columns=())
        else:
            output.answer(answer)
        if delete:
            # Once they are printed: what is lost on the way to the reader is still in the queue.
            output.flush()
            _delete(flags["queue_url"], flags["region"], answer["Messages"])
    if damaged:
        reasons = " ".join(dict.fromkeys(one["Message"] for one in damaged))
        raise IncompleteError(
            f"{len(damaged)} of the messages received are not shown. {reasons} They stay in the "
            "queue, and come again after their visibility timeout."
        )


def _answer(received: Received) -> dict[str, Any]:
    return {
        "Messages": received.messages,
        **({"Failed": received.damaged} if received.damaged else {}),
        "ResponseMetadata": dict(received.metadata),
    }


def _joined(answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return one answer for several."""
    joined: dict[str, Any] = {"Messages": []}
    for answer in answers:
        messages = joined["Messages"] + answer["Messages"]
        failed = [*joined.get("Failed", ()), *answer.get("Failed", ())]
        joined = {**answer, "Messages": messages, **({"Failed": failed} if failed else {})}
    return joined


def _delete(queue_url: str, region: str | None, messages: list[Any]) -> None:
    failed = [
        outcome.record for outcome in deleted(queue_url, messages, region) if not outcome.successful
    ]
    if failed:
        reasons = " ".join(dict.fromkeys(str(one.get("Message")) for one in failed))
        raise IncompleteError(
            f"{len(failed)} of {len(messages)} messages were printed but not deleted. {reasons} "
            "They come again after their visibility timeout."
        )


def _send_message_batch(
    output: Output, *, queue_url: str, entries: Any, region: str | None
) -> None:
    _batch(output, send_entries(queue_url, read_entries("entries", entries), region))


def _delete_message_batch(
    output: Output, *, queue_url: str, entries: Any, region: str | None
) -> None:
    _batch(output, deleted(queue_url, read_entries("entries", entries), region))


def _change_message_visibility_batch(
    output: Output,
    *,
    queue_url: str,
    entries: Any,
    visibility_timeout: int | None,
    region: str | None,
) -> None:
    read = read_entries("entries", entries)
    _batch(output, hidden(queue_url, read, region, visibility_timeout=visibility_timeout))


def _batch(output: Output, told: Iterable[EntryOutcome]) -> None:
    outcomes = []
    total = failed = duplicates = 0
    try:
        for outcome in told:
            total += 1
            failed += not outcome.successful
            duplicates += "DuplicateOf" in outcome.record
            if output.style == "jsonl":
                status = "Successful" if outcome.successful else "Failed"
                output.write(to_json({"Status": status, **outcome.record}))
            else:
                outcomes.append(outcome)
    except KeyboardInterrupt:
        output.note(
            "An entry that is not listed was not sent, or its answer, or that of one before it, "
            "had not come yet."
        )
        raise
    finally:
        # Also when the sending ends before its end: what was sent is known.
        if outcomes:
            output.answer(merged(outcomes))
        if duplicates:
            output.note(
                f"{duplicates:,} of the messages are not in the queue a second time: SQS took each "
                'for one before it ("DuplicateOf"), with the same deduplication id or content.'
            )
    if failed:
        raise IncompleteError(
            f"{failed:,} of {total:,} entries failed: their codes and reasons are in the answer."
        )
    if not total:
        raise CommandError("There are no entries: nothing was sent.", returncode=NOTHING_MATCHED)


ACTIONS = (
    Action(
        name="send_message",
        help="Send one message.",
        example=f'aws_sqs send_message --queue_url {EXAMPLE} --message_body "Hello"',
        # Programs have read this one since it was printed so: it stays what Python can read.
        method=on_queue(
            answering(sqs.send_message, as_literal=True, message_attributes=read_attributes)
        ),
        flags=sqs_flags.send_flags,
        positionals=("queue_url", "message_body"),
    ),
    Action(
        name="send_message_batch",
        help="Send any number of messages.",
        example=f"aws_sqs send_message_batch --queue_url {EXAMPLE} --entries "
        '\'["one", {"Id": "b", "MessageBody": "two"}]\'',
        method=on_queue(_send_message_batch),
        flags=sqs_flags.batch_flags,
        positionals=("queue_url", "entries"),
    ),
    Action(
        name="receive_message",
        help="Receive messages; they stay in the queue, hidden for a while, or are deleted.",
        example=f"aws_sqs receive_message --queue_url {EXAMPLE} --max_number_of_messages 10",
        method=on_queue(_receive_message),
        flags=sqs_flags.receive_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="delete_message",
        help="Delete a received message.",
        example=f"aws_sqs delete_message --queue_url {EXAMPLE} --receipt_handle HANDLE",
        method=on_queue(answering(sqs.delete_message)),
        flags=sqs_flags.receipt_flags,
        positionals=("queue_url", "receipt_handle"),
    ),
    Action(
        name="delete_message_batch",
        help="Delete any number of received messages.",
        example=f"aws_sqs delete_message_batch --queue_url {EXAMPLE} --entries '[\"HANDLE\"]'",
        method=on_queue(_delete_message_batch),
        flags=sqs_flags.handles_flags,
        positionals=("queue_url", "entries"),
    ),
    Action(
        name="change_message_visibility",
        help="Hide a received message for longer, or give it back.",
        example=f"aws_sqs change_message_visibility --queue_url {EXAMPLE} "
        "--receipt_handle HANDLE --visibility_timeout 0",
        method=on_queue(answering(sqs.change_message_visibility)),
        flags=sqs_flags.visibility_flags,
        positionals=("queue_url", "receipt_handle"),
    ),
    Action(
        name="change_message_visibility_batch",
        help="Hide any number of received messages for longer, or give them back.",
        example=f"aws_sqs change_message_visibility_batch --queue_url {EXAMPLE} "
        "--entries '[\"HANDLE\"]' --visibility_timeout 0",
        method=on_queue(_change_message_visibility_batch),
        flags=sqs_flags.hide_flags,
        positionals=("queue_url", "entries"),
    ),
)

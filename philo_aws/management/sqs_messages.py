"""The actions of ``aws_sqs`` on messages."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from .. import sqs
from ..exceptions import IncompleteError
from ..sqs.batch import merged, send_entries
from ..sqs.urls import EXAMPLE
from . import sqs_flags
from .actions import Action, answering
from .json_input import read_attributes, read_entries
from .output import Output, to_json
from .process import NOTHING_MATCHED


def _receive_message(output: Output, **flags: Any) -> None:
    answer = sqs.receive_message(**flags)
    if output.style == "jsonl":
        output.records(answer["Messages"], columns=())
    else:
        output.answer(answer)
    if damaged := answer.get("Failed"):
        reasons = " ".join(dict.fromkeys(one["Message"] for one in damaged))
        raise IncompleteError(
            f"{len(damaged)} of the messages received are not shown. {reasons} They stay in the "
            "queue, and come again after their visibility timeout."
        )


def _send_message_batch(
    output: Output, *, queue_url: str, entries: Any, region: str | None
) -> None:
    outcomes = []
    total = failed = duplicates = 0
    try:
        for outcome in send_entries(queue_url, read_entries("entries", entries), region):
            total += 1
            failed += not outcome.successful
            duplicates += "DuplicateOf" in outcome.record
            if output.style == "jsonl":
                status = "Successful" if outcome.successful else "Failed"
                output.write(to_json({"Status": status, **outcome.record}))
            else:
                outcomes.append(outcome)
    except KeyboardInterrupt:
        output.note("An entry that is not listed was not sent, or its answer had not come yet.")
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
        method=answering(sqs.send_message, message_attributes=read_attributes),
        flags=sqs_flags.send_flags,
    ),
    Action(
        name="send_message_batch",
        help="Send any number of messages.",
        example=f"aws_sqs send_message_batch --queue_url {EXAMPLE} --entries "
        '\'["one", {"Id": "b", "MessageBody": "two"}]\'',
        method=_send_message_batch,
        flags=sqs_flags.batch_flags,
    ),
    Action(
        name="receive_message",
        help="Receive messages; they stay in the queue, hidden for a while.",
        example=f"aws_sqs receive_message --queue_url {EXAMPLE} --max_number_of_messages 10",
        method=_receive_message,
        flags=sqs_flags.receive_flags,
    ),
    Action(
        name="delete_message",
        help="Delete a received message.",
        example=f"aws_sqs delete_message --queue_url {EXAMPLE} --receipt_handle HANDLE",
        method=answering(sqs.delete_message),
        flags=sqs_flags.receipt_flags,
    ),
    Action(
        name="change_message_visibility",
        help="Hide a received message for longer, or give it back.",
        example=f"aws_sqs change_message_visibility --queue_url {EXAMPLE} "
        "--receipt_handle HANDLE --visibility_timeout 0",
        method=answering(sqs.change_message_visibility),
        flags=sqs_flags.visibility_flags,
    ),
)

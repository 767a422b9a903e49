"""``manage.py aws_sqs ACTION``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.management.base import CommandError

from ... import sqs
from ...exceptions import IncompleteError
from ...sqs.batch import merged, send_entries
from ...sqs.listing import Row, chosen_regions, rows_of
from ...sqs.urls import EXAMPLE
from .. import sqs_flags
from ..actions import NOTHING_MATCHED, Action, ActionCommand
from ..json_input import read_attributes, read_entries, read_object
from ..output import Column, Output, to_json

EXAMPLE_ARN = "arn:aws:sqs:eu-west-1:123456789012:my-dead-letters"

# Wide enough for every queue URL; only the sentence of a region that failed is wrapped.
URL_WIDTH = 140

QUEUE_COLUMNS = (
    Column(title="Queue Url", value=lambda row: row["QueueUrl"] or row["Error"], width=URL_WIDTH),
    Column(title="Region", value=lambda row: row["Region"]),
)
URL_COLUMNS = (Column(title="Queue Url", value=lambda row: row["QueueUrl"], width=URL_WIDTH),)


def _answer(
    function: Callable[..., dict[str, Any]], **objects: Callable[[str, Any], Any]
) -> Callable[..., None]:
    """Return a method that prints what ``function`` returns; ``objects`` read the flags in JSON."""

    def method(output: Output, **flags: Any) -> None:
        for name, read in objects.items():
            flags[name] = read(name, flags[name])
        output.answer(function(**flags))

    return method


def _list_queues(output: Output, *, region: str | None) -> None:
    chosen = chosen_regions([region] if region else None)
    answers = rows_of(chosen) if isinstance(chosen, tuple) else iter(chosen.items())
    if output.style == "jsonl":
        answer = dict(_told(output, answers))
    else:
        found = dict(answers)
        answer = {name: found[name] for name in chosen}
    errors = {name: row["Error"] for name, row in answer.items() if "Error" in row}
    if output.style == "table" and len(errors) == len(answer) and len({*errors.values()}) == 1:
        # The same trouble everywhere is one trouble: a row for each region would bury it.
        raise IncompleteError(next(iter(errors.values())))
    if output.style != "jsonl":
        output.records(
            [line for name, row in answer.items() for line in _lines(name, row)], QUEUE_COLUMNS
        )
    if errors:
        raise IncompleteError(
            f"{len(errors)} of {len(answer)} regions could not be listed: {', '.join(errors)}."
        )


def _told(output: Output, answers: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    """Pass ``answers`` on once each is printed: a program need not wait for the slowest region."""
    for name, row in answers:
        output.records(_lines(name, row), columns=())
        output.flush()
        yield name, row


def _lines(region: str, row: Row) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [{"QueueUrl": url, "Region": region} for url in row["QueueUrls"]]
    if "Error" in row:
        lines.append({"QueueUrl": None, "Region": region, "Error": row["Error"]})
    return lines


def _list_sources(output: Output, **flags: Any) -> None:
    urls = sqs.list_dead_letter_source_queues(**flags)["queueUrls"]
    output.records([{"QueueUrl": url} for url in urls], URL_COLUMNS)


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


class Command(ActionCommand):
    """Work with SQS queues and messages."""

    help = "Work with SQS queues and messages."
    actions = (
        Action(
            name="list_queues",
            help="List the queues of all regions.",
            example="aws_sqs list_queues",
            method=_list_queues,
            flags=sqs_flags.list_flags,
        ),
        Action(
            name="create_queue",
            help="Make a queue.",
            example="aws_sqs create_queue --queue_name my-queue --attributes "
            "'{\"VisibilityTimeout\": 60}'",
            method=_answer(sqs.create_queue, attributes=read_object, tags=read_object),
            flags=sqs_flags.create_flags,
        ),
        Action(
            name="get_queue_url",
            help="Find a queue's URL by its name.",
            example="aws_sqs get_queue_url --queue_name my-queue",
            method=_answer(sqs.get_queue_url),
            flags=sqs_flags.find_flags,
        ),
        Action(
            name="get_queue_attributes",
            help="Show a queue's attributes: depth, timeouts, dead-letter queue and so on.",
            example=f"aws_sqs get_queue_attributes --queue_url {EXAMPLE}",
            method=_answer(sqs.get_queue_attributes),
            flags=sqs_flags.get_attributes_flags,
        ),
        Action(
            name="set_queue_attributes",
            help="Set a queue's attributes.",
            example=f"aws_sqs set_queue_attributes --queue_url {EXAMPLE} --attributes "
            "'{\"DelaySeconds\": 5}'",
            method=_answer(sqs.set_queue_attributes, attributes=read_object),
            flags=sqs_flags.set_attributes_flags,
        ),
        Action(
            name="purge_queue",
            help="Delete all messages of a queue.",
            example=f"aws_sqs purge_queue --queue_url {EXAMPLE}",
            method=_answer(sqs.purge_queue),
            flags=sqs_flags.queue_flags,
        ),
        Action(
            name="delete_queue",
            help="Delete a queue and its messages.",
            example=f"aws_sqs delete_queue --queue_url {EXAMPLE}",
            method=_answer(sqs.delete_queue),
            flags=sqs_flags.queue_flags,
        ),
        Action(
            name="send_message",
            help="Send one message.",
            example=f'aws_sqs send_message --queue_url {EXAMPLE} --message_body "Hello"',
            method=_answer(sqs.send_message, message_attributes=read_attributes),
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
            method=_answer(sqs.delete_message),
            flags=sqs_flags.receipt_flags,
        ),
        Action(
            name="change_message_visibility",
            help="Hide a received message for longer, or give it back.",
            example=f"aws_sqs change_message_visibility --queue_url {EXAMPLE} "
            "--receipt_handle HANDLE --visibility_timeout 0",
            method=_answer(sqs.change_message_visibility),
            flags=sqs_flags.visibility_flags,
        ),
        Action(
            name="list_dead_letter_source_queues",
            help="List the queues whose dead-letter queue this is.",
            example=f"aws_sqs list_dead_letter_source_queues --queue_url {EXAMPLE}",
            method=_list_sources,
            flags=sqs_flags.queue_flags,
        ),
        Action(
            name="start_message_move_task",
            help="Begin to move a dead-letter queue's messages back.",
            example=f"aws_sqs start_message_move_task --source_arn {EXAMPLE_ARN}",
            method=_answer(sqs.start_message_move_task),
            flags=sqs_flags.move_flags,
        ),
        Action(
            name="list_message_move_tasks",
            help="List the latest move tasks of a dead-letter queue.",
            example=f"aws_sqs list_message_move_tasks --source_arn {EXAMPLE_ARN}",
            method=_answer(sqs.list_message_move_tasks),
            flags=sqs_flags.tasks_flags,
        ),
        Action(
            name="cancel_message_move_task",
            help="Stop a running move task.",
            example="aws_sqs cancel_message_move_task --task_handle HANDLE",
            method=_answer(sqs.cancel_message_move_task),
            flags=sqs_flags.cancel_flags,
        ),
    )

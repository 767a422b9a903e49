"""The actions of ``aws_sqs`` on whole queues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .. import sqs
from ..exceptions import IncompleteError
from ..sqs.listing import Row, chosen_regions, rows_of
from ..sqs.urls import EXAMPLE
from . import sqs_flags
from .actions import Action, answering
from .json_input import read_object
from .output import Column, Output
from .sqs_flags import on_queue

# Wide enough for every queue URL; only the sentence of a region that failed is wrapped.
URL_WIDTH = 140

QUEUE_COLUMNS = (
    Column(title="Queue Url", value=lambda row: row["QueueUrl"] or row["Error"], width=URL_WIDTH),
    Column(title="Region", value=lambda row: row["Region"]),
)


def _list_queues(output: Output, *, region: str | None, queue_name_prefix: str | None) -> None:
    chosen = chosen_regions([region] if region else None)
    answers = (
        rows_of(chosen, prefix=queue_name_prefix)
        if isinstance(chosen, tuple)
        else iter(chosen.items())
    )
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


ACTIONS = (
    Action(
        name="list_queues",
        help="List the queues of all regions.",
        example="aws_sqs list_queues",
        method=_list_queues,
        flags=sqs_flags.list_flags,
        positionals=("queue_name_prefix",),
    ),
    Action(
        name="create_queue",
        help="Make a queue.",
        example="aws_sqs create_queue --queue_name my-queue --attributes "
        "'{\"VisibilityTimeout\": 60}'",
        method=answering(sqs.create_queue, attributes=read_object, tags=read_object),
        flags=sqs_flags.create_flags,
        positionals=("queue_name",),
    ),
    Action(
        name="get_queue_url",
        help="Find a queue's URL by its name.",
        example="aws_sqs get_queue_url --queue_name my-queue",
        method=answering(sqs.get_queue_url),
        flags=sqs_flags.find_flags,
        positionals=("queue_name",),
    ),
    Action(
        name="get_queue_attributes",
        help="Show a queue's attributes: depth, timeouts, dead-letter queue and so on.",
        example=f"aws_sqs get_queue_attributes --queue_url {EXAMPLE}",
        method=on_queue(answering(sqs.get_queue_attributes)),
        flags=sqs_flags.get_attributes_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="set_queue_attributes",
        help="Set a queue's attributes.",
        example=f"aws_sqs set_queue_attributes --queue_url {EXAMPLE} --attributes "
        "'{\"DelaySeconds\": 5}'",
        method=on_queue(answering(sqs.set_queue_attributes, attributes=read_object)),
        flags=sqs_flags.set_attributes_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="list_queue_tags",
        help="Show a queue's tags.",
        example=f"aws_sqs list_queue_tags --queue_url {EXAMPLE}",
        method=on_queue(answering(sqs.list_queue_tags)),
        flags=sqs_flags.queue_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="tag_queue",
        help="Add tags to a queue, or change them.",
        example=f'aws_sqs tag_queue --queue_url {EXAMPLE} --tags \'{{"team": "web"}}\'',
        method=on_queue(answering(sqs.tag_queue, tags=read_object)),
        flags=sqs_flags.tag_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="untag_queue",
        help="Take tags from a queue.",
        example=f"aws_sqs untag_queue --queue_url {EXAMPLE} --tag_keys team",
        method=on_queue(answering(sqs.untag_queue)),
        flags=sqs_flags.untag_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="purge_queue",
        help="Delete all messages of a queue.",
        example=f"aws_sqs purge_queue --queue_url {EXAMPLE}",
        method=on_queue(answering(sqs.purge_queue)),
        flags=sqs_flags.queue_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="delete_queue",
        help="Delete a queue and its messages.",
        example=f"aws_sqs delete_queue --queue_url {EXAMPLE}",
        method=on_queue(answering(sqs.delete_queue)),
        flags=sqs_flags.queue_flags,
        positionals=("queue_url",),
    ),
)

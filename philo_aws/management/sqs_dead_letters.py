"""The actions of ``aws_sqs`` on dead letters: show them, move them back, and what to see to."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from ..exceptions import IncompleteError
from ..sqs.urls import EXAMPLE
from . import sqs_flags
from .actions import Action
from .output import LEFT, Column, Output, escape, to_json
from .process import NOTHING_MATCHED
from .sqs_flags import on_queue

if TYPE_CHECKING:
    from ..sqs.dead_letters import DeadLetter
    from ..sqs.requeueing import Requeued, RequeueFigures
    from ..sqs.symptoms import Finding

NOT_UNDERSTOOD = 2
"""The exit code for a command line that says nothing that can be done."""
SHOWN_OF_BODY = 60
"""Characters of a body in a table."""
SHOWN_OF_REASON = 60
"""Those of a reason on one line of it."""


def record_of(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter for programs; what nobody told is ``None``."""
    return {
        "MessageId": letter.id,
        "Parked": letter.is_parked,
        "Error": letter.error or None,
        "Traceback": letter.traceback or None,
        "Attempts": letter.attempts,
        "Source": letter.source or None,
        "Worker": letter.worker or None,
        "FailedAt": letter.failed_at,
        "SentAt": letter.sent_at,
        "MessageGroupId": letter.group,
        "Task": letter.task or None,
        "MessageAttributes": letter.attributes,
        "Body": letter.body,
    }


def _dead_letters(output: Output, *, queue_url: str, region: str | None, **flags: Any) -> None:
    from ..sqs.dead_letters import read_dead_letters

    hidden: list[int] = []
    found = read_dead_letters(queue_url, region, most=flags["max"], on_hidden=hidden.append)
    with contextlib.closing(found) as letters:
        output.records((record_of(letter) for letter in letters), _LETTER_COLUMNS)
    if hidden:
        raise IncompleteError(_not_given_back(sum(hidden)))


def _requeue(output: Output, *, queue_url: str, region: str | None, **flags: Any) -> None:
    from ..sqs.requeueing import Requeue

    chosen = [flags[name] for name in ("ids", "task", "error") if flags[name] is not None]
    if flags["all"] == bool(chosen):
        raise CommandError(
            "Say which messages: --ids, --task or --error, or --all.", returncode=NOT_UNDERSTOOD
        )
    work = Requeue(
        queue_url,
        region,
        ids=flags["ids"],
        error=flags["error"],
        task=flags["task"],
        everything=flags["all"],
        to=flags["to"],
        most=flags["max"],
    )
    figures = work.figures
    kept: list[dict[str, Any]] = []
    try:
        with contextlib.closing(work.run()) as records:
            for record in records:
                told = _told(record)
                if output.style == "json":
                    kept.append(told)
                else:
                    output.write(_line(told) if output.style == "table" else to_json(told))
                    output.flush()
    finally:
        if output.style == "json":
            output.write(to_json(kept, indent=2))
        for remark in _remarks(figures):
            output.note(remark)
    if figures.left or figures.twice:
        raise IncompleteError(
            f"{figures.left + figures.twice:,} of {_messages(figures.matched)} may still be in the "
            "queue: the reasons are above."
        )
    if not figures.matched:
        raise CommandError(
            f"Nothing was moved: none was chosen of {_messages(figures.unmatched)}.",
            returncode=NOTHING_MATCHED,
        )
    output.note(f"Moved: {_messages(figures.moved)}.")


def _told(record: Requeued) -> dict[str, Any]:
    words = {"moved": "Moved", "left": "Left", "twice": "MayBeTwice"}
    return {
        "Status": words[record.status],
        "MessageId": record.letter.id,
        "To": record.to or None,
        "NewMessageId": record.message_id or None,
        "Reason": record.reason or None,
    }


def _line(told: Mapping[str, Any]) -> str:
    end = f" to {told['To']}" if told["Status"] == "Moved" else f": {told['Reason']}"
    return escape(f"{told['Status']} {told['MessageId']}{end}")


def _remarks(figures: RequeueFigures) -> list[str]:
    found = []
    if figures.missing:
        found.append(f"Not found: {', '.join(figures.missing)}.")
    if figures.matched and figures.unmatched:
        found.append(f"Given back, as not chosen: {_messages(figures.unmatched)}.")
    if figures.unreached:
        found.append(
            f"Not looked at: about {_messages(figures.unreached)}, behind others of their message "
            "group that were not chosen."
        )
    if figures.damaged:
        found.append(f"Left, as changed on the way here: {_messages(figures.damaged)}.")
    if figures.hidden:
        found.append(_not_given_back(figures.hidden))
    return found


def _not_given_back(number: int) -> str:
    return f"Not given back: {_messages(number)}. SQS does that by itself, within minutes."


def _messages(number: int) -> str:
    return f"{number:,} message{'' if number == 1 else 's'}"


def _doctor(output: Output, *, tasks: str | None, **queue: str | None) -> None:
    if tasks is None:
        if queue["queue_url"] is None and queue["queue_name"] is None:
            raise CommandError(
                "Give --queue_url, --queue_name or --tasks.", returncode=NOT_UNDERSTOOD
            )
        on_queue(_doctor_of_queue)(output, **queue)
        return
    if any(value is not None for value in queue.values()):
        raise CommandError(
            "--tasks looks at all queues of a backend, in the region of its OPTIONS. Leave out "
            "--queue_url, --queue_name and --region.",
            returncode=NOT_UNDERSTOOD,
        )
    from ..tasks.doctor import examine

    found = examine(tasks)
    _tell(output, [one.finding for one in found], [one.where for one in found])


def _doctor_of_queue(output: Output, *, queue_url: str, region: str | None) -> None:
    from ..sqs.doctor import examine

    findings = examine(queue_url, region)
    _tell(output, findings, [""] * len(findings))


def _tell(output: Output, findings: Sequence[Finding], places: Sequence[str]) -> None:
    records = [
        {
            **({"Queue": place} if any(places) else {}),
            "Severity": finding.severity,
            "Code": finding.code,
            "Finding": finding.text,
            "Cure": finding.cure,
        }
        for finding, place in zip(findings, places, strict=True)
    ]
    if records or output.style != "table":
        output.records(
            records, (_PLACE_COLUMN, *_FINDING_COLUMNS) if any(places) else _FINDING_COLUMNS
        )
    bad = sum(finding.severity == "error" for finding in findings)
    if bad:
        things = "thing" if bad == 1 else "things"
        raise IncompleteError(f"{bad} {things} will lose messages or stop the work.")
    output.note("Nothing was found that will lose messages or stop the work.")


def _age(record: Mapping[str, Any]) -> str:
    since = record["FailedAt"] or record["SentAt"]
    if since is None:
        return "-"
    seconds = max(0, int((dt.datetime.now(dt.UTC) - since).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _shown(record: Mapping[str, Any]) -> str:
    body: str = record["Body"]
    return body if len(body) <= SHOWN_OF_BODY else f"{body[: SHOWN_OF_BODY - 1]}…"


def _or_dash(value: object) -> object:
    return "-" if value is None else value


_LETTER_COLUMNS = (
    Column(title="Message Id", value=lambda record: record["MessageId"], align=LEFT),
    Column(
        title="Reason",
        value=lambda record: record["Error"] or "moved by SQS, which gives none",
        align=LEFT,
        width=SHOWN_OF_REASON,
    ),
    Column(title="Attempts", value=lambda record: _or_dash(record["Attempts"])),
    Column(title="Age", value=_age),
    Column(
        title="Source",
        value=lambda record: str(_or_dash(record["Source"])).rpartition(":")[2].rpartition("/")[2],
        align=LEFT,
    ),
    Column(title="Body", value=_shown, align=LEFT, width=SHOWN_OF_BODY),
)

_PLACE_COLUMN = Column(
    title="Queue", value=lambda record: record["Queue"].rpartition("/")[2], align=LEFT
)

_FINDING_COLUMNS = (
    Column(title="Severity", value=lambda record: record["Severity"], align=LEFT),
    Column(title="Finding", value=lambda record: record["Finding"], align=LEFT, width=60),
    Column(title="Cure", value=lambda record: record["Cure"], align=LEFT, width=60),
)

ACTIONS = (
    Action(
        name="dead_letters",
        help="Show the messages of a dead-letter queue, and why they failed.",
        example=f"aws_sqs dead_letters --queue_url {EXAMPLE} --format jsonl",
        method=on_queue(_dead_letters),
        flags=sqs_flags.dead_letters_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="requeue",
        help="Move messages of a dead-letter queue back to where they came from.",
        example=f"aws_sqs requeue --queue_url {EXAMPLE} --error TimeoutError",
        method=on_queue(_requeue),
        flags=sqs_flags.requeue_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="doctor",
        help="Say what in a queue's settings will surprise, and its cure; changes nothing.",
        example=f"aws_sqs doctor --queue_url {EXAMPLE}",
        method=_doctor,
        flags=sqs_flags.doctor_flags,
        positionals=("queue_url",),
    ),
)

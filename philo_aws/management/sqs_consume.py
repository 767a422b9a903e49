"""``aws_sqs consume``: the site's handlers, or the tasks of its backends, until told to end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from ..conf import ConsumerConfig, get_config
from ..rules import flags_of
from . import reloading
from .actions import Action, ActionParser
from .output import LEFT, Column, Output, to_json
from .process import NOTHING_MATCHED, look_for_garbage_as_usual

if TYPE_CHECKING:
    from ..sqs.consumer.registry import Handler
    from ..sqs.consumer.run import Consumer


def consume_flags(parser: ActionParser) -> None:
    """Add the flags of ``consume``."""
    for name, (field, flag) in flags_of(ConsumerConfig).items():
        kind = float if field == "drain_timeout" else int
        parser.add_flag(name, type=kind, help=flag.help)
    parser.add_flag("queues", metavar="A,B", help="of these queues alone (default: all handlers')")
    parser.add_flag(
        "tasks", metavar="ALIAS,…", help="run the tasks of these backends in settings.TASKS"
    )
    parser.add_flag("exclude_queues", metavar="A,B", help="not of these queues")
    parser.add_flag("batch", action="store_true", help="end when the queues are empty")
    parser.add_flag("max_messages", type=int, help="end after so many messages")
    parser.add_flag("max_runtime", type=float, help="end after so many seconds")
    parser.add_flag("health_file", file=True, help="a file that is touched while all is well")
    parser.add_flag("health_port", type=int, help="a port of 127.0.0.1 with /healthz and /metrics")
    parser.add_flag(
        "reload", action="store_true", help="begin anew when the code changes (for development)"
    )
    parser.add_flag("dry_run", action="store_true", help="show what would be done, receive nothing")
    parser.add_flag("region", help="the region of queues given by name (default: the settings')")


def chosen(
    handlers: Sequence[Handler], queues: str | None, exclude_queues: str | None
) -> list[Handler]:
    """Return the handlers of the queues that take part, each a name or a URL.

    Raises :exc:`~django.core.management.base.CommandError` for a queue that has none.
    """
    known = {name: one for one in handlers for name in (one.queue, _name(one.queue))}
    wanted, unwanted = _split(queues), _split(exclude_queues)
    missing = [name for name in (*wanted, *unwanted) if name not in known]
    if missing or not handlers:
        has = ", ".join(sorted(one.queue for one in handlers)) or "none"
        what = f"No handler for {', '.join(missing)}." if missing else "There are no handlers."
        raise CommandError(
            f"{what} Handlers are in the applications' sqs_handlers.py, under "
            f"@handler(QUEUE), and --tasks has those of tasks; found: {has}.",
            returncode=NOTHING_MATCHED,
        )
    left_out = [known[name] for name in unwanted]
    taking_part = [known[name] for name in wanted] if wanted else list(handlers)
    made = [one for one in dict.fromkeys(taking_part) if one not in left_out]
    if not made:
        raise CommandError("No queue is left to consume.", returncode=NOTHING_MATCHED)
    return made


def _split(names: str | None) -> list[str]:
    return [name.strip() for name in (names or "").split(",") if name.strip()]


def _name(queue: str) -> str:
    return queue.rpartition("/")[2]


def handlers_of(tasks: str | None, queues: str | None) -> list[Handler]:
    """Return the handlers to choose from: those of tasks alone, unless ``queues`` may name others.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` for a backend that is none of ours,
    and for a queue that has a handler and tasks.
    """
    from ..sqs.consumer import registry

    registry.discover()
    known = registry.handlers()
    if tasks is None:
        return known
    from ..tasks.worker import handlers

    found = handlers(_split(tasks))
    taken = {one.queue: one for one in known}
    for one in found:
        if one.queue in taken:
            raise ImproperlyConfigured(
                f"The queue {one.queue!r} has the handler {taken[one.queue].path}, and tasks. Give "
                "each a queue of its own."
            )
    return [*found, *known] if queues else found


def _consume(
    output: Output,
    *,
    queues: str | None,
    tasks: str | None,
    exclude_queues: str | None,
    batch: bool,
    max_messages: int | None,
    max_runtime: float | None,
    health_file: str | None,
    health_port: int | None,
    reload: bool,
    dry_run: bool,
    region: str | None,
    **flags: Any,
) -> None:
    from ..sqs.consumer.run import Consumer, Life

    def taking_part() -> list[Handler]:
        found = chosen(handlers_of(tasks, queues), queues, exclude_queues)
        if region:
            found = [replace(one, region=one.region or region) for one in found]
        return found

    config = replace(
        get_config().consumer, **{name: value for name, value in flags.items() if value is not None}
    )
    if dry_run:
        _show(output, taking_part(), config)
        return
    life = Life(
        until_empty=batch,
        max_messages=_positive("max_messages", max_messages),
        max_runtime=_positive("max_runtime", max_runtime),
        health_file=health_file or "",
        health_port=health_port,
        on_summary=_summary(output),
    )

    def made() -> Consumer:
        handlers = taking_part()
        output.note(
            f"Consuming {', '.join(one.queue for one in handlers)}: {config.concurrency} at a "
            "time. Ctrl-C or SIGTERM ends it."
        )
        return Consumer(handlers, config, life)

    look_for_garbage_as_usual()
    if reload and settings.DEBUG:
        config = replace(
            config,
            # A receive that rests would hold up each change of the code.
            wait_time_seconds=min(config.wait_time_seconds, 1),
            drain_timeout=min(config.drain_timeout, reloading.DRAINED_WITHIN),
        )
        reloading.run(made, output.note)
        return
    if reload:
        output.note("--reload is for DEBUG = True, and left out here.")
    code = made().run()
    output.flush()
    if code:
        _leave(code)


def _positive(name: str, value: Any) -> Any:
    if value is not None and value <= 0:
        raise CommandError(f"--{name} is {value}. Give more than 0.", returncode=2)
    return value or 0


def _summary(output: Output) -> Any:
    def say(state: dict[str, Any]) -> None:
        if output.style == "table":
            if state["ended"]:
                told = ", ".join(f"{number:,} {name}" for name, number in state["figures"].items())
                output.note(f"Ended: {told or 'nothing came'}.")
        else:
            output.write(to_json(state))
            output.flush()

    return say


def _leave(code: int) -> None:
    """End the process though handlers still run, which nothing waits for."""
    sys.stdout.flush()
    sys.stderr.flush()
    raise SystemExit(code)


def _show(output: Output, handlers: Sequence[Handler], config: ConsumerConfig) -> None:
    from ..exceptions import AccessDeniedError, AWSError, IncompleteError
    from ..sqs.consumer.polling import warnings_of
    from ..sqs.consumer.source import Source

    records = []
    unknown = []
    for handler in handlers:
        source = Source(handler, config.dead_letter)
        remarks = []
        try:
            attributes = source.learn()
            remarks = warnings_of(source, config)
            waiting = attributes.get("ApproximateNumberOfMessages", "")
        except AccessDeniedError as error:
            waiting, remarks = "", [str(error)]
        except AWSError as error:
            waiting, remarks = "", [str(error)]
            unknown.append(handler.queue)
        records.append(
            {
                "Queue": handler.queue,
                "Handler": handler.path,
                "Messages": waiting,
                "Remarks": " ".join(remarks),
            }
        )
    output.records(records, columns=_COLUMNS)
    if unknown:
        output.flush()
        raise IncompleteError(f"These queues cannot be consumed: {', '.join(unknown)}.")


_COLUMNS = [
    Column(title="Queue", value=lambda record: record["Queue"], align=LEFT),
    Column(title="Handler", value=lambda record: record["Handler"], align=LEFT),
    Column(title="Messages", value=lambda record: record["Messages"]),
    Column(title="Remarks", value=lambda record: record["Remarks"], align=LEFT, width=60),
]

ACTIONS = (
    Action(
        name="consume",
        help="Handle the messages of queues by the site's handlers, until told to end.",
        example="aws_sqs consume --concurrency 20",
        method=_consume,
        flags=consume_flags,
        positionals=("queues",),
    ),
)

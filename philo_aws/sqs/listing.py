"""The queues of all regions, asked side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings
from ..aws_errors import translated
from ..clients import get_client, get_session
from ..conf import Purpose, get_config
from ..daemons import Daemons
from ..exceptions import AWSError, CredentialsError, NetworkError
from ..pages import follow
from ..patience import failures_noted
from ..regions import check_region, enabled_regions
from ..sentences import Sentence

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html
PAGE_SIZE = 1000
# More than AWS has regions: all of them are asked at once.
MAX_THREADS = 64

SILENCE = 10.0
"""Seconds after which a region that says nothing is given up; the others do not wait for it."""

_FOREIGN_KEY_CODES = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})

Row = dict[str, Any]
"""``{"QueueUrls": […]}``, with ``"Error"`` where the region failed."""


def list_queues(
    *,
    regions: Iterable[str] | None = None,
    queue_name_prefix: str | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Row]:
    """Return ``{region: {"QueueUrls": […]}}`` for every region, asked side by side, all pages.

    The regions are ``regions``, else ``AWS["regions"]``, else the account's enabled ones, else
    EC2's, else those botocore knows; ``queue_name_prefix`` is how the names begin of those that are
    wanted. A region that failed, or said nothing for 10 seconds, has
    ``[]`` and ``"Error"``, a sentence; the call as a whole does not fail for it. An SQS endpoint of
    one's own, where none is set for ``account`` and ``ec2``, stands for the region of the settings
    alone.

    Raises only :exc:`~philo_aws.exceptions.UsageError`, for regions that are no list of strings,
    and :exc:`~django.core.exceptions.ImproperlyConfigured`, for faulty settings.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html
    """
    chosen = chosen_regions(regions)
    if not isinstance(chosen, tuple):
        return chosen
    rows = dict(rows_of(chosen, prefix=queue_name_prefix, purpose=purpose))
    return {region: rows[region] for region in chosen}


def chosen_regions(regions: Iterable[str] | None) -> tuple[str, ...] | dict[str, Row]:
    """Return the regions to ask; where none can be asked, the rows that say why."""
    config = get_config()
    named = config.regions
    if regions is not None:
        named = tuple(dict.fromkeys(list_of_strings("regions", regions)))
    try:
        with translated():
            # Without credentials each client would search for some anew, which can take seconds.
            if get_session().get_credentials() is None:
                raise _no_credentials()
            return named if named or regions is not None else enabled_regions()
    except AWSError as error:
        return {region: _failed(error) for region in named or (config.region or "us-east-1",)}


def rows_of(
    regions: Sequence[str], *, prefix: str | None = None, purpose: Purpose = "commands"
) -> Iterator[tuple[str, Row]]:
    """Ask ``regions`` side by side; yield each with its row, as soon as it has answered."""
    asking = _Asking(prefix)
    # Made one after the other: in threads each would read boto's data files for itself.
    clients = [(region, _client(region, purpose)) for region in regions]
    with Daemons(MAX_THREADS, "philo_aws list_queues") as threads:
        for pair in clients:
            threads.submit(asking.ask, *pair)
        try:
            yield from _rows(asking.answers(len(clients)))
        finally:
            asking.over.set()


def _rows(answers: Iterator[tuple[str, list[str] | AWSError]]) -> Iterator[tuple[str, Row]]:
    held_back: dict[str, AWSError] = {}
    some_work = False
    for region, answer in answers:
        if not isinstance(answer, AWSError):
            some_work = True
            yield region, {"QueueUrls": answer}
        elif answer.code in _FOREIGN_KEY_CODES:
            # Whether the keys are bad or the region is switched off, the others will tell.
            held_back[region] = answer
        else:
            yield region, _failed(answer)
    for region, error in held_back.items():
        yield region, _failed(_switched_off(error) if some_work else error)


class _Asking:
    """Regions that are being asked, and what comes of it."""

    def __init__(self, prefix: str | None) -> None:
        self._prefix = prefix
        self.over = threading.Event()
        self._said: SimpleQueue[tuple[str, _Said]] = SimpleQueue()

    def ask(self, region: str, client: SQSClient | AWSError) -> None:
        """Ask one for its queues."""
        try:
            with failures_noted() as failures, translated(region=region):
                self._said.put((region, _Begun(failures=failures)))
                for page in _pages(client, self._prefix):
                    self._said.put((region, page))
                    if self.over.is_set():
                        return
            self._said.put((region, None))
        except BaseException as error:  # noqa: BLE001 - it is raised where the answers are read
            self._said.put((region, error))

    def answers(self, number: int) -> Iterator[tuple[str, list[str] | AWSError]]:
        """Yield each of ``number`` regions with its queues or its error, as they come."""
        asked: dict[str, _Begun] = {}
        while number:
            now = time.monotonic()
            heard = min((begun.heard for begun in asked.values()), default=now)
            try:
                # What was said while nobody listened here comes before any judgement of silence.
                region, said = self._said.get(timeout=max(0, heard + SILENCE - now))
            except Empty:
                now = time.monotonic()
                for region in [name for name, begun in asked.items() if begun.is_silent(now)]:
                    number -= 1
                    failures = asked.pop(region).failures
                    yield region, failures[-1] if failures else _silence(region)
                continue
            if isinstance(said, _Begun):
                asked[region] = said
            elif begun := asked.get(region):  # else it was too late
                if isinstance(said, list):
                    begun.urls += said
                    begun.heard = time.monotonic()
                    continue
                del asked[region]
                number -= 1
                if said is None or isinstance(said, AWSError):
                    yield region, said or begun.urls
                else:
                    raise said


@dataclass
class _Begun:
    """A region that is being asked."""

    heard: float = field(default_factory=time.monotonic)
    """When it last said something, or was asked first."""
    urls: list[str] = field(default_factory=list)
    """What it has said."""
    failures: list[AWSError] = field(default_factory=list)
    """What went wrong while it is asked again and again; it grows."""
    answers: int = 0
    """How many of those were answers: it is there, and asks for patience."""

    def is_silent(self, now: float) -> bool:
        """Say whether it has said nothing for too long."""
        if self.heard + SILENCE > now:
            return False
        answers = sum(not isinstance(failure, NetworkError) for failure in self.failures)
        if answers == self.answers:
            return True
        self.answers = answers
        self.heard = now
        return False


# Begun, a page, the end (None), or what ended it.
_Said = _Begun | list[str] | BaseException | None


def pages_of(client: SQSClient, prefix: str | None = None) -> Iterator[list[str]]:
    """Yield the URLs of all queues of a region, page by page; see :func:`follow`.

    With ``prefix`` those whose names begin so.
    """
    wanted: Any = {"QueueNamePrefix": prefix} if prefix else {}

    def ask(request: dict[str, Any]) -> Mapping[str, Any]:
        # Without MaxResults SQS stops at 1,000 and does not say that there are more.
        return client.list_queues(MaxResults=PAGE_SIZE, **wanted, **request)

    return follow(ask, "QueueUrls", what=gettext_noop("queues"))


def _pages(client: SQSClient | AWSError, prefix: str | None) -> Iterator[list[str]]:
    if isinstance(client, AWSError):
        raise client
    return pages_of(client, prefix)


def _client(region: str, purpose: Purpose) -> SQSClient | AWSError:
    try:
        with translated(region=region):
            return get_client("sqs", check_region("sqs", region), purpose=purpose)
    except AWSError as error:
        return error


def _failed(error: AWSError) -> Row:
    return {"QueueUrls": [], "Error": str(error)}


def _silence(region: str) -> NetworkError:
    return NetworkError(
        Sentence(
            gettext_noop(
                "The region {region!r} has said nothing for {silence:g} seconds. Check "
                'the network, or name the regions to visit in settings.AWS["regions"].'
            ),
            region=region,
            silence=SILENCE,
        )
    )


def _no_credentials() -> CredentialsError:
    from ..boto_errors import NO_CREDENTIALS

    return CredentialsError(Sentence(NO_CREDENTIALS))


def _switched_off(error: AWSError) -> AWSError:
    # Keys that are good elsewhere: this is how a region answers that the account has switched off.
    return CredentialsError(
        Sentence(
            gettext_noop(
                "The credentials are not valid in this region, though they are in "
                "others: most likely the account has not enabled it. Name the regions to "
                'visit in settings.AWS["regions"].'
            )
        ),
        code=error.code,
        request_id=error.request_id,
    )

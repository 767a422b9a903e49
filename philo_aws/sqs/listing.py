"""The queues of all regions, asked side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from ..clients import get_client, get_session
from ..conf import Purpose, get_config
from ..exceptions import AWSError, CredentialsError, translated
from ..regions import check_region, enabled_regions

if TYPE_CHECKING:
    from mypy_boto3_sqs.paginator import ListQueuesPaginator

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html
PAGE_SIZE = 1000
# More than AWS has regions: all of them are asked at once.
MAX_THREADS = 64

_FOREIGN_KEY_CODES = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})

T = TypeVar("T")
R = TypeVar("R")


def list_queues(
    *, regions: Iterable[str] | None = None, purpose: Purpose = "commands"
) -> dict[str, dict[str, Any]]:
    """Return ``{region: {"QueueUrls": […]}}`` for every region, asked side by side, all pages.

    The regions are ``regions``, else ``AWS["regions"]``, else the account's enabled ones, else
    EC2's, else those botocore knows. A region that failed has ``[]`` and ``"Error"``, a sentence;
    the call as a whole does not fail for it. An SQS endpoint of one's own, where none is set for
    ``account`` and ``ec2``, stands for the region of the settings alone.

    Raises only :exc:`~django.core.exceptions.ImproperlyConfigured`, for faulty settings.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html
    """
    config = get_config()
    named = tuple(dict.fromkeys(regions)) if regions is not None else config.regions
    try:
        with translated():
            # Without credentials each client would search for some anew, which can take seconds.
            if get_session().get_credentials() is None:
                raise _no_credentials()
            chosen = named if named or regions is not None else enabled_regions()
    except AWSError as error:
        return {region: _failed(error) for region in named or (config.region or "us-east-1",)}
    # Made one after the other: in threads each would read boto's data files for itself.
    paginators = [_paginator(region, purpose) for region in chosen]
    answers = _side_by_side(_list, paginators)
    some_work = any(not isinstance(answer, AWSError) for answer in answers)
    return {region: _row(answer, some_work) for region, answer in zip(chosen, answers, strict=True)}


def _paginator(region: str, purpose: Purpose) -> ListQueuesPaginator | AWSError:
    try:
        with translated(region=region):
            client = get_client("sqs", check_region("sqs", region), purpose=purpose)
            return client.get_paginator("list_queues")
    except AWSError as error:
        return error


def _list(paginator: ListQueuesPaginator | AWSError) -> list[str] | AWSError:
    if isinstance(paginator, AWSError):
        return paginator
    try:
        with translated():
            # Without MaxResults SQS stops at 1,000 and does not say that there are more.
            pages = paginator.paginate(PaginationConfig={"PageSize": PAGE_SIZE})
            return [url for page in pages for url in page.get("QueueUrls", [])]
    except AWSError as error:
        return error


def _row(answer: list[str] | AWSError, some_work: bool) -> dict[str, Any]:
    if not isinstance(answer, AWSError):
        return {"QueueUrls": answer}
    return _failed(_explain(answer) if some_work else answer)


def _failed(error: AWSError) -> dict[str, Any]:
    return {"QueueUrls": [], "Error": str(error)}


def _no_credentials() -> CredentialsError:
    from .._translation import NO_CREDENTIALS

    return CredentialsError(NO_CREDENTIALS)


def _explain(error: AWSError) -> AWSError:
    # Keys that are good elsewhere: this is how a region answers that the account has switched off.
    if error.code in _FOREIGN_KEY_CODES:
        return CredentialsError(
            "The credentials are not valid in this region, though they are in others: most likely "
            "the account has not enabled it. Name the regions to visit in "
            'settings.AWS["regions"].',
            code=error.code,
            request_id=error.request_id,
        )
    return error


def _side_by_side(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return ``work`` of each item, in their order, run in threads that nobody has to wait for.

    A thread pool's threads would keep an interrupted process alive until the slowest region gives
    up.
    """
    futures: list[Future[R]] = [Future() for _ in items]
    waiting: SimpleQueue[tuple[T, Future[R]]] = SimpleQueue()
    for pair in zip(items, futures, strict=True):
        waiting.put(pair)

    def run() -> None:
        while True:
            try:
                item, future = waiting.get_nowait()
            except Empty:
                return
            try:
                future.set_result(work(item))
            except BaseException as error:  # noqa: BLE001 - it is raised by result()
                future.set_exception(error)

    for _ in range(min(len(items), MAX_THREADS)):
        threading.Thread(target=run, name="philo_aws list_queues", daemon=True).start()
    return [future.result() for future in futures]

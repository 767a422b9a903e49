"""The client for a queue: in the queue's own region, errors translated."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from ..aws_errors import translated
from ..clients import get_client, region_of_session
from ..conf import Purpose
from ..exceptions import InvalidRequestError, RegionError
from ..regions import check_region
from ..sentences import Sentence
from .urls import QueueURL, is_aws_host, parse_queue_url

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@contextlib.contextmanager
def queue_client(queue_url: str, region: str | None, purpose: Purpose) -> Iterator[SQSClient]:
    """Yield the client for a queue, in its region, with the errors of the block translated.

    The region is ``region``, else the one in the URL, else the settings', else boto3's. Raises
    :exc:`~philo_aws.exceptions.InvalidRequestError` for what is no queue URL, or one whose host is
    not AWS's while no other endpoint is configured; :exc:`~philo_aws.exceptions.RegionError` for an
    unknown region, or one that contradicts the URL.
    """
    queue = parse_queue_url(queue_url)
    if region and queue.region and region != queue.region:
        raise RegionError(
            Sentence(
                gettext_noop(
                    "The queue URL {queue_url!r} is in region {region!r}, not {other!r}. "
                    "Leave the region out, or give the one of the URL."
                ),
                queue_url=queue_url,
                region=queue.region,
                other=region,
            )
        )
    with region_client(region or queue.region, purpose, queue=queue_url) as client:
        _refuse_stranger(queue, client)
        yield client


@contextlib.contextmanager
def region_client(
    region: str | None, purpose: Purpose, *, queue: str | None = None
) -> Iterator[SQSClient]:
    """Yield the client of a region (default: the settings', else boto3's), errors translated."""
    region = region or region_of_session()
    if region:
        check_region("sqs", region)
    with translated(queue=queue, region=region):
        yield get_client("sqs", region, purpose=purpose)


def _refuse_stranger(queue: QueueURL, client: SQSClient) -> None:
    # boto3 sends to its endpoint whatever host the URL names. AWS would look for a queue of the
    # same name in the account of the URL's path, which is not what such a URL means.
    endpoint = urlsplit(client.meta.endpoint_url).hostname or ""
    if not queue.is_aws and is_aws_host(endpoint):
        raise InvalidRequestError(
            Sentence(
                gettext_noop(
                    "The host {host!r} of the queue URL is not AWS's, and requests go to "
                    '{endpoint!r}. Set settings.AWS["endpoint_url"], or give the queue\'s URL '
                    "on AWS."
                ),
                host=queue.host,
                endpoint=endpoint,
            )
        )

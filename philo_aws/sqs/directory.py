"""Which queues there are, and their URLs: made from a region, an account and a name that may be.

A queue URL is never taken from a person. It is AWS's own answer for the identity's account, or one
that the site's owner wrote into ``AWS["queues"]``; the credentials cannot be turned on a stranger's
queue by changing an address.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from ..conf import Config, Purpose, get_config
from ..exceptions import InvalidRequestError, RegionError, UsageError
from ..regions import enabled_regions, home_region
from ..sentences import Sentence
from ..validation import is_region_name
from .access import region_client
from .listing import pages_of
from .queues import check_queue_name, get_queue_url
from .urls import is_queue_name, parse_queue_url

REGIONS_KEPT = 300.0
"""Seconds for which the answer to "which regions are switched on" is kept."""

_regions: dict[Config, tuple[float, tuple[str, ...]]] = {}
_prefixes: dict[tuple[int, Config, str], str] = {}


@dataclass(frozen=True, kw_only=True, order=True)
class QueueName:
    """A queue of the account in use."""

    region: str
    """Its region."""
    name: str
    """Its name, with ``.fifo`` where it is one."""

    @classmethod
    def parse(cls, text: str) -> QueueName:
        """Return the queue that ``eu-west-1/orders`` stands for.

        Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for what cannot be a queue.
        """
        region, _, name = text.partition("/")
        if not is_region_name(region) or not is_queue_name(name):
            raise InvalidRequestError(
                Sentence(
                    gettext_noop(
                        "{text!r} is no queue. Write a region and a name: 'eu-west-1/orders'."
                    ),
                    text=text,
                )
            )
        return cls(region=region, name=name)

    @property
    def fifo(self) -> bool:
        """Whether it keeps the order."""
        return self.name.endswith(".fifo")

    def __str__(self) -> str:
        return f"{self.region}/{self.name}"


def queue_of_url(url: str, region: str) -> QueueName | None:
    """Return the queue of a URL that AWS gave for ``region``, ``None`` for one of another form."""
    name = urlsplit(url).path.rpartition("/")[2]
    return QueueName(region=region, name=name) if is_queue_name(name) else None


def queue_of_arn(arn: object, beside: str) -> QueueName | None:
    """Return the queue of an ARN in the account and region of the ARN ``beside``, else ``None``."""
    head, _, name = str(arn).rpartition(":")
    parts = head.split(":")
    if head != beside.rpartition(":")[0] or len(parts) != 5 or not is_queue_name(name):
        return None
    return QueueName(region=parts[3], name=name)


def configured_queues() -> dict[QueueName, str]:
    """Return the queues of ``AWS["queues"]``: URLs as written, empty for bare names."""
    found: dict[QueueName, str] = {}
    for entry in get_config().queues:
        if is_queue_name(entry):
            found[QueueName(region=home_region(), name=entry)] = ""
            continue
        # An entry that is neither name nor URL stands for no queue; the others still do.
        with contextlib.suppress(InvalidRequestError):
            parsed = parse_queue_url(entry)
            region = parsed.region or home_region()
            found[QueueName(region=region, name=parsed.name)] = entry
    return found


def allowed_regions() -> tuple[str, ...]:
    """Return the regions whose queues may be worked with, asking AWS at most every five minutes."""
    config = get_config()
    until, regions = _regions.get(config, (0.0, ()))
    if time.monotonic() >= until:
        regions = enabled_regions()
        _regions[config] = (time.monotonic() + REGIONS_KEPT, regions)
    named = {queue.region for queue in configured_queues()}
    return tuple(sorted({*regions, *named}))


def check_allowed(region: str) -> None:
    """Raise :exc:`~philo_aws.exceptions.RegionError` for a region that is not an allowed one."""
    # The region of the settings needs no question to AWS, unless the settings exclude it.
    if region == home_region() and not get_config().regions:
        return
    if region not in allowed_regions():
        raise RegionError(
            Sentence(
                gettext_noop(
                    "The region {region!r} is not one of those in use. "
                    'settings.AWS["regions"], or else the account, says which are.'
                ),
                region=region,
            )
        )


def queue_url(queue: QueueName, *, purpose: Purpose = "commands") -> str:
    """Return the URL of ``queue``: from ``AWS["queues"]``, else by the account of the identity.

    One call (``GetQueueUrl``) for the first queue of a region, none afterwards; so a URL is no
    proof that the queue is there. Raises :exc:`~philo_aws.exceptions.RegionError` for a region that
    is not in use and :exc:`~philo_aws.exceptions.QueueNotFoundError`.
    """
    check_allowed(queue.region)
    if configured := configured_queues().get(queue):
        return configured
    key = (os.getpid(), get_config(), queue.region)
    prefix = _prefixes.get(key)
    if prefix is not None:
        return prefix + queue.name
    url: str = get_queue_url(queue.name, queue.region, purpose=purpose)["QueueUrl"]
    _learn(url, queue)
    return url


def find_queue(
    queue_name: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> tuple[str, str | None]:
    """Return the URL of the queue of this name, and the region to ask for it.

    It is the one of ``AWS["queues"]`` that is called so, else the account's, in ``region``, which
    is by default the settings', else boto3's. Raises
    :exc:`~philo_aws.exceptions.UsageError` for what is no name, and for one that the setting has
    in several regions while none is given; :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any
    other :exc:`~philo_aws.exceptions.AWSError`.
    """
    check_queue_name(queue_name)
    found = {
        queue: url
        for queue, url in configured_queues().items()
        if queue.name == queue_name and region in (None, queue.region)
    }
    if len(found) > 1:
        raise UsageError(
            Sentence(
                gettext_noop(
                    'settings.AWS["queues"] has {queue!r} in several regions: {regions}. Say which.'
                ),
                queue=queue_name,
                regions=", ".join(sorted(queue.region for queue in found)),
            )
        )
    for queue, url in found.items():
        if url:
            return url, queue.region
        region = queue.region
    return get_queue_url(queue_name, region, purpose=purpose)["QueueUrl"], region


def queues_of_region(region: str, *, purpose: Purpose = "commands") -> Sequence[QueueName]:
    """Return the account's queues in ``region``, all pages, sorted by name."""
    with region_client(region, purpose) as client:
        urls = [url for page in pages_of(client) for url in page]
    found = []
    for url in urls:
        if queue := queue_of_url(url, region):
            _learn(url, queue)
            found.append(queue)
    return sorted(found)


def _learn(url: str, queue: QueueName) -> None:
    _prefixes[os.getpid(), get_config(), queue.region] = url.removesuffix(queue.name)


def forget() -> None:
    """Forget regions and accounts, so that the next call asks AWS again."""
    _regions.clear()
    _prefixes.clear()

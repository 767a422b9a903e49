"""Region names: which ones there are, and which of them an account has switched on."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_noop

from .aws_errors import translated
from .clients import has_own_endpoint
from .conf import get_config
from .exceptions import AWSError, Kind, NetworkError, RegionError, ServiceError
from .pages import follow
from .sentences import Sentence
from .spelling import nearest
from .validation import is_region_name

logger = logging.getLogger(__name__)


@functools.cache
def known_regions(service: str) -> tuple[str, ...]:
    """Return the names of all regions of ``service`` that this botocore knows, every partition."""
    import botocore.session

    session = botocore.session.Session()
    return tuple(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions(service, partition)
    )


def check_region(service: str, region: str) -> str:
    """Return ``region`` if it can be one of ``service``'s.

    An endpoint of one's own may name its regions as it likes, so there only the form is checked.
    Raises :exc:`~philo_aws.exceptions.RegionError`, with the nearest known name.
    """
    if not is_region_name(region):
        raise RegionError(
            Sentence(
                gettext_noop("{region!r} is no region name. Write one such as 'eu-west-1'."),
                region=region,
            )
        )
    if not has_own_endpoint(service):
        known = known_regions(service)
        if region not in known:
            near = nearest(region, known)
            raise RegionError(
                Sentence(
                    gettext_noop(
                        "{region!r} is no region that botocore knows for {service}.{hint} If it is "
                        "a new one, upgrade boto3."
                    ),
                    region=region,
                    service=service,
                    hint=Sentence(gettext_noop(" Did you mean {near!r}?"), near=near)
                    if near
                    else "",
                )
            )
    return region


def enabled_regions() -> tuple[str, ...]:
    """Return the regions whose queues are to be listed.

    The first that gives an answer: ``AWS["regions"]``; the account's enabled regions
    (``account:ListRegions``); EC2's (``ec2:DescribeRegions``); the list of botocore. An SQS
    endpoint of one's own, with none for these services beside it, stands for one region.
    """
    if configured := get_config().regions:
        return configured
    home = home_region()
    if has_own_endpoint("sqs") and not (has_own_endpoint("account") and has_own_endpoint("ec2")):
        return (home,)
    return _ask(_account_regions, home) or _ask(_ec2_regions, home) or _partition_regions(home)


def home_region() -> str:
    """Return the region that a call without one goes to: the settings', boto3's, ``us-east-1``."""
    from .clients import region_of_session

    return region_of_session() or "us-east-1"


def _ask(question: Callable[[str], tuple[str, ...]], home: str) -> tuple[str, ...]:
    try:
        with translated(region=home):
            return tuple(sorted(question(home)))
    except AWSError as error:
        if isinstance(error, NetworkError) and error.kind is Kind.FOR_ALL:
            # Certificates that are not there, or not trusted, would fail everywhere.
            raise
        logger.info("The enabled regions are looked up elsewhere: %s", error)
        return ()


def _account_regions(home: str) -> tuple[str, ...]:
    from .clients import get_client

    client = get_client("account", home, purpose="web")

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        answer = client.list_regions(
            RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"], **request
        )
        return {"Regions": _names(answer.get("Regions")), "NextToken": answer.get("NextToken")}

    return tuple(
        name for page in follow(ask, "Regions", what=gettext_noop("regions")) for name in page
    )


def _ec2_regions(home: str) -> tuple[str, ...]:
    from .clients import get_client

    answer = get_client("ec2", home, purpose="web").describe_regions()
    return tuple(_names(answer.get("Regions")))


def _names(regions: Any) -> list[str]:
    """Return the names of an answer's regions; one that does not speak of any is not AWS's."""
    names = [region.get("RegionName") for region in regions or ()]
    if regions is None or not all(map(is_region_name, names)):
        raise ServiceError(
            Sentence(
                gettext_noop(
                    "The answer to the question for the enabled regions names none. Check "
                    "the endpoint."
                )
            ),
            code="NoProof",
        )
    return names


def _partition_regions(home: str) -> tuple[str, ...]:
    import botocore.session

    session = botocore.session.Session()
    for partition in session.get_available_partitions():
        regions = session.get_available_regions("sqs", partition)
        if home in regions:
            return tuple(regions)
    return (home,)

"""Where dead letters go back to: the URL of the queue that each says it came from."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from ..clients import region_of_session
from ..conf import Purpose, get_config
from ..exceptions import InvalidRequestError, RegionError, UsageError
from ..sentences import Sentence
from .dead_letters import DeadLetter
from .queues import get_queue_attributes, get_queue_url
from .urls import is_queue_name, parse_queue_url

_ARN = re.compile(
    r"arn:[a-z0-9-]+:sqs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[A-Za-z0-9_.-]+)"
)


class Origins:
    """The queues that the messages of one dead-letter queue came from.

    A message names its queue itself, so whoever may send to the dead-letter queue may write what
    he likes there: only queues of the same account and region are taken, as SQS's own redrive does,
    and those of ``AWS["queues"]``.
    """

    def __init__(
        self,
        queue_url: str,
        region: str | None = None,
        *,
        to: str | None = None,
        purpose: Purpose = "commands",
    ) -> None:
        """``to`` is the name or the URL of the queue that all go to, wherever they came from.

        Raises :exc:`~philo_aws.exceptions.UsageError` where that is the dead-letter queue itself.
        """
        self._own = parse_queue_url(queue_url)
        self._region = region
        self._purpose = purpose
        self._beside = queue_url.removesuffix(self._own.name)
        self._home: tuple[str, str] | None = None
        self._to = self._chosen(to) if to is not None else ""

    def url_of(self, letter: DeadLetter) -> str:
        """Return the URL of the queue that a message is to go to.

        Raises :exc:`~philo_aws.exceptions.InvalidRequestError` where it names none, or one that it
        does not go to by itself.
        """
        return self._to or self._checked(self._url_of(letter.source))

    def _chosen(self, to: str) -> str:
        if not is_queue_name(to):
            return self._checked(parse_queue_url(to).url)
        for entry in get_config().queues:
            if not is_queue_name(entry) and parse_queue_url(entry).name == to:
                return self._checked(entry)
        region = self._region or self._own.region
        return self._checked(get_queue_url(to, region, purpose=self._purpose)["QueueUrl"])

    def _checked(self, url: str) -> str:
        if parse_queue_url(url).name == self._own.name and _path(url) == _path(self._own.url):
            raise UsageError(Sentence(gettext_noop("The messages are in this queue already.")))
        return url

    def _url_of(self, source: str) -> str:
        if not source:
            raise InvalidRequestError(
                Sentence(gettext_noop("It does not say which queue it came from. Name one for it."))
            )
        if is_queue_name(source):
            return self._beside + source
        found = _ARN.fullmatch(source)
        if found and (found["region"], found["account"]) == self._region_and_account():
            return self._beside + found["name"]
        is_beside = source.startswith(self._beside) and is_queue_name(source[len(self._beside) :])
        if is_beside or (not found and source in get_config().queues):
            return source
        raise RegionError(
            Sentence(
                gettext_noop(
                    "It came from {source!r}, which is no queue of this account and region. Name "
                    "the queue that it is to go to."
                ),
                source=source[:200],
            )
        )

    def _region_and_account(self) -> tuple[str, str]:
        if self._home is None:
            account = _path(self._own.url).strip("/").split("/")[0]
            region = self._region or self._own.region or region_of_session()
            if not (region and account.isdigit() and len(account) == 12):
                arn = get_queue_attributes(
                    self._own.url,
                    self._region,
                    attribute_names=["QueueArn"],
                    purpose=self._purpose,
                )["Attributes"].get("QueueArn", "")
                region, account = (arn.split(":") + [""] * 6)[3:5]
            self._home = region or "", account
        return self._home


def _path(url: str) -> str:
    return urlsplit(url).path

"""Queue URLs: their account and name, and the region that AWS writes into their host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from ..exceptions import UsageError
from ..sentences import Sentence

EXAMPLE = "https://sqs.eu-west-1.amazonaws.com/123456789012/my-queue"

# Every partition's suffix, then every partition's dual-stack suffix.
_SUFFIXES = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "api.aws.hci.ic.gov",
)
_REGION = r"[a-z]{2,}(?:-[a-z]+)+-\d+"
# https://docs.aws.amazon.com/general/latest/gr/sqs-service.html has today's and the legacy forms.
_AWS_HOST = re.compile(
    rf"(?:sqs(?:-fips)?\.(?P<today>{_REGION})"
    rf"|(?P<legacy>{_REGION})\.queue"
    rf"|vpce-[a-z0-9-]+\.sqs\.(?P<vpce>{_REGION})\.vpce)"
    rf"\.(?:{'|'.join(map(re.escape, _SUFFIXES))})"
)
_OLDEST_HOST = "queue.amazonaws.com"
_AWS_PATH = re.compile(r"/\d{12}/[^/]+")
_NAME = re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_-]+(\.fifo)?")
_PRINTED = re.compile(r"[!-~]+")


@dataclass(frozen=True, kw_only=True)
class QueueURL:
    """A queue URL in its parts."""

    url: str
    """The whole URL."""
    host: str
    """Its host, in lower case and without the port."""
    name: str
    """The name of the queue."""
    is_aws: bool
    """Whether the host is one of AWS's own."""
    region: str | None
    """The region that the host names; ``None`` for hosts other than AWS's."""

    @property
    def is_fifo(self) -> bool:
        """Whether this is a FIFO queue: only their names end so."""
        return self.name.endswith(".fifo")


def parse_queue_url(queue_url: object) -> QueueURL:
    """Return the parts of ``queue_url``.

    Raises :exc:`~philo_aws.exceptions.UsageError` for what is no queue URL, a bare queue
    name included.
    """
    # urlsplit drops line breaks and tabs, which would then be sent.
    if not isinstance(queue_url, str) or not _PRINTED.fullmatch(queue_url):
        raise _no_queue_url(queue_url)
    try:
        parts = urlsplit(queue_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _no_queue_url(queue_url) from None
    name = parts.path.rpartition("/")[2]
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in ("http", "https") or not host or not is_plain or not is_queue_name(name):
        raise _no_queue_url(queue_url)
    is_aws, region = _read_host(host)
    if is_aws and not _AWS_PATH.fullmatch(parts.path):
        raise _no_queue_url(queue_url)
    return QueueURL(url=queue_url, host=host, name=name, is_aws=is_aws, region=region)


def is_queue_name(name: str) -> bool:
    """Say whether ``name`` can be a queue's: letters, digits, ``-`` and ``_``, or so with .fifo."""
    return _NAME.fullmatch(name) is not None


def is_aws_host(host: str) -> bool:
    """Say whether ``host`` is one of AWS's SQS endpoints."""
    return _read_host(host)[0]


def _read_host(host: str) -> tuple[bool, str | None]:
    if host == _OLDEST_HOST:
        return True, "us-east-1"
    found = _AWS_HOST.fullmatch(host)
    if not found:
        return False, None
    return True, next(region for region in found.groupdict().values() if region)


def _no_queue_url(given: object) -> UsageError:
    shown = repr(given)
    if "@" in str(given):
        shown = Sentence(gettext_noop("A URL with a user name"))
    elif len(shown) > 200:
        shown = f"{shown[:197]}..."
    return UsageError(
        Sentence(
            gettext_noop(
                "{shown} is no queue URL. Write one such as {example!r}; get_queue_url "
                "gives the URL for a queue's name."
            ),
            shown=shown,
            example=EXAMPLE,
        )
    )

"""Whether SQS has what was sent, and gives what it has: the MD5 digests of both, compared.

boto3 does not compare them. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from ..exceptions import Kind, ServiceError
from ..sentences import Sentence
from .md5 import md5_of_attributes, md5_of_body

Record = Mapping[str, Any]


def fault_of_sent(message: Record, record: Record) -> ServiceError | None:
    """Return what is wrong with SQS's ``record`` of the ``message`` that it was sent."""
    if not record.get("MessageId") or not record.get("MD5OfMessageBody"):
        return _fault(
            "NoProof", Sentence(gettext_noop("The answer does not say what became of the message."))
        )
    if record["MD5OfMessageBody"] != md5_of_body(message["MessageBody"]):
        return _changed(gettext_noop("body"), record)
    for part in ("MessageAttributes", "MessageSystemAttributes"):
        given, told = message.get(part), record.get(f"MD5Of{part}")
        # Of system attributes not every server speaks.
        wanted = told or part == "MessageAttributes"
        if given and wanted and told != md5_of_attributes(given):
            return _changed(gettext_noop("attributes"), record)
    return None


def fault_of_received(message: Record, *, all_attributes: bool) -> ServiceError | None:
    """Return what is wrong with a received ``message``.

    ``all_attributes`` says that none were left out; of some of them not every server gives the
    digest.
    """
    if not isinstance(message.get("Body"), str) or not message.get("ReceiptHandle"):
        return _fault("NoProof", "The answer holds a message without body or receipt handle.")
    if message.get("MD5OfBody") != md5_of_body(message["Body"]):
        return _changed(gettext_noop("body"), message)
    given = message.get("MessageAttributes")
    if given and all_attributes:
        try:
            digest = md5_of_attributes(given)
        except (KeyError, TypeError):
            return _fault("NoProof", "The answer holds attributes of another form than SQS's.")
        if message.get("MD5OfMessageAttributes") != digest:
            return _changed(gettext_noop("attributes"), message)
    return None


def _changed(part: str, record: Record) -> ServiceError:
    return _fault(
        "BadDigest",
        Sentence(
            gettext_noop(
                "The {part} of message {id!r} changed on the way: the MD5 digests differ."
            ),
            part=Sentence(part),
            id=record.get("MessageId"),
        ),
    )


def _fault(code: str, sentence: str) -> ServiceError:
    return ServiceError(sentence, code=code, kind=Kind.TRANSIENT)

"""The header ``Expires``, of which S3 keeps any text, and botocore takes dates only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TEXT = "philo_aws.expires"


def with_texts(client: S3Client, operation: str) -> S3Client:
    """Return ``client``, which sends a text as ``Expires`` of ``operation`` as it is."""
    for event, handler in (("before-parameter-build", _lay_aside), ("before-call", _put_back)):
        name = f"{event}.s3.{operation}"
        client.meta.events.register(name, handler, unique_id=f"{_TEXT}.{name}")
    return client


def _lay_aside(params: dict[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
    if isinstance(params.get("Expires"), str):
        context[_TEXT] = params.pop("Expires")


def _put_back(params: dict[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
    if _TEXT in context:
        params["headers"]["Expires"] = context[_TEXT]

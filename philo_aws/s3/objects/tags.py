"""An object's tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...aws_errors import translated
from ..request.access import client_for
from ..request.extra_args import check_args
from ..request.metadata import check_tags
from ..request.names import check_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...conf import Purpose


def get_object_tags(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, str]:
    """Return an object's tags by name; ``extra_args`` are further parameters in boto's names.

    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    options = check_args(extra_args, "GetObjectTagging")
    client = client_for(bucket_name, region_name, purpose)
    if version_id:
        options["VersionId"] = version_id
    options |= {"Bucket": bucket_name, "Key": check_key(key)}
    with translated(bucket=bucket_name, key=key, region=region_name, operation="GetObjectTagging"):
        answer = client.get_object_tagging(**options)
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", ())}


def put_object_tags(
    bucket_name: str,
    key: str,
    tags: Mapping[str, str],
    region_name: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> None:
    """Replace an object's tags; none removes them all. At most 10.

    Raises :exc:`~philo_aws.exceptions.UsageError`,
    :exc:`~philo_aws.exceptions.ObjectNotFoundError`.
    """
    check_tags(tags)
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, key=check_key(key), region=region_name):
        if not tags:
            client.delete_object_tagging(Bucket=bucket_name, Key=key)
            return
        client.put_object_tagging(
            Bucket=bucket_name,
            Key=key,
            Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]},
        )

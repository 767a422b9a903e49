"""Delete named objects, a thousand a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exceptions import AWSError, Context, translated
from ..limits import MAX_KEYS
from .access import client_for
from .names import check_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..conf import Purpose


def delete_keys(
    bucket_name: str,
    keys: Sequence[str],
    region_name: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> dict[str, AWSError]:
    """Delete these objects and return the error of each key that was refused.

    A key that is not there counts as deleted, as it does for S3. Raises
    :exc:`~philo_aws.exceptions.AWSError` when a whole request is refused.
    """
    refused: dict[str, AWSError] = {}
    plain = [key for key in keys if _fits_xml(check_key(key))]
    client = client_for(bucket_name, region_name, purpose)
    for start in range(0, len(plain), MAX_KEYS):
        batch = plain[start : start + MAX_KEYS]
        with translated(bucket=bucket_name, region=region_name):
            answer = client.delete_objects(
                Bucket=bucket_name,
                Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
            )
        for item in answer.get("Errors", ()):
            refused[item.get("Key", "")] = _error(bucket_name, item)  # type: ignore[arg-type]
    for key in keys:
        if _fits_xml(key):
            continue
        try:
            with translated(bucket=bucket_name, key=key, region=region_name):
                client.delete_object(Bucket=bucket_name, Key=key)
        except AWSError as error:
            refused[key] = error
    return refused


def _fits_xml(key: str) -> bool:
    # XML 1.0 has no way to write these, so such keys travel in the URL, one a request.
    return all(
        (character >= " " and character not in "\ufffe\uffff") or character in "\t\n\r"
        for character in key
    )


def _error(bucket_name: str, item: dict[str, str]) -> AWSError:
    from .._translation import from_code

    return from_code(
        item.get("Code", ""),
        0,
        item.get("Message", ""),
        Context(bucket=bucket_name, key=item.get("Key", "")),
    )

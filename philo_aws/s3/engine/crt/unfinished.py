"""The end of an upload in parts of which awscrt tells no id."""

from __future__ import annotations

import contextlib
from typing import Any

from ....aws_errors import translated
from ....exceptions import AWSError
from ...request.extra_args import given_for
from ..base import Options

MOST_LOOKED_AT = 20
"""Uploads of one key whose parts are looked at."""


def sizes_of(size: int, part_size: int) -> list[int]:
    """Return the bytes of each part."""
    whole, rest = divmod(size, part_size)
    return [part_size] * whole + [rest] * bool(rest)


def abort_unfinished(
    client: Any, bucket: str, key: str, sizes: list[int], options: Options
) -> None:
    """Abort the uploads of ``key`` that have parts of exactly these ``sizes``, all of them.

    One of them is the one that was to be completed; what another process is sending still lacks
    parts. What cannot be aborted, as these requests are answered by no store either, is left to the
    bucket's rules and to ``abort_multipart_uploads``.
    """
    given = options.extra_args
    with contextlib.suppress(AWSError), translated(bucket=bucket, key=key):
        answer = client.list_multipart_uploads(
            Bucket=bucket, Prefix=key, **given_for("ListMultipartUploads", given)
        )
        found = [upload for upload in answer.get("Uploads", []) if upload.get("Key") == key]
        for upload in found[-MOST_LOOKED_AT:]:
            where = {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]}
            if _sizes(client, where, given_for("ListParts", given)) == sizes:
                client.abort_multipart_upload(**where, **given_for("AbortMultipartUpload", given))


def _sizes(client: Any, where: dict[str, Any], given: dict[str, Any]) -> list[int]:
    pages = client.get_paginator("list_parts").paginate(**{**given, **where})
    return [part["Size"] for page in pages for part in page.get("Parts", [])]

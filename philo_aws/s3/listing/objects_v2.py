"""Objects of a bucket, in the byte order of their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...conf import Purpose
from . import xml
from .stream import pages


def list_objects_v2(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Return boto's dict of ``ListObjectsV2`` with all pages merged; ``Contents`` is always there.

    It holds every object in memory; :func:`philo_aws.s3.iter_objects` streams them. ``extra_args``
    are further parameters in boto's names, such as ``RequestPayer``. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError`.
    """
    merged: dict[str, Any] = {}
    contents: list[dict[str, Any]] = []
    folders: list[dict[str, str]] = []
    for page in pages(
        bucket_name, region_name, prefix=prefix, purpose=purpose, extra_args=extra_args
    ):
        merged = merged or page.answer
        contents += xml.contents(page.body)[page.part]
        folders += [{"Prefix": folder} for folder in page.folders]
    return {
        **merged,
        "Name": bucket_name,
        "Prefix": prefix,
        "MaxKeys": 1000,
        "EncodingType": "url",
        "IsTruncated": False,
        "Contents": contents,
        "KeyCount": len(contents) + len(folders),
        **({"CommonPrefixes": folders} if folders else {}),
    }

"""Multipart uploads that were begun and not ended: their parts cost as objects do."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from ...arguments import instance_of, text, yes_or_no
from ...aws_errors import translated
from ...clients import get_client
from ...conf import Purpose
from ...exceptions import AWSError, NotFoundError, UsageError
from ...regions import check_region
from ...sentences import Sentence
from ..listing.paging import pages
from ..report import Outcome, Report, Watcher, reported
from ..request.extra_args import check_args
from ..request.names import check_bucket_name, check_prefix

NO_DATE = "the store does not say when it was begun"
DAY = datetime.timedelta(days=1)


def list_multipart_uploads(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Return boto's dict with all pages merged; ``Uploads`` is always there.

    ``extra_args`` are further parameters in boto's names, such as ``RequestPayer``. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError`, and
    :exc:`~philo_aws.exceptions.ServiceError` for a listing that contradicts itself or does not end.
    """
    check_bucket_name(bucket_name)
    options = check_args(extra_args, "ListMultipartUploads")
    if region_name:
        check_region("s3", region_name)
    merged: dict[str, Any] = {}
    found: list[Any] = []
    with translated(bucket=bucket_name, region=region_name):
        client = get_client("s3", region_name, purpose=purpose)
    arguments = {**options, "Bucket": bucket_name, "Prefix": check_prefix(text("prefix", prefix))}
    for page in pages(client, "ListMultipartUploads", arguments, region_name=region_name):
        found += page.get("Uploads", [])
        merged = merged or page
    for marker in ("NextKeyMarker", "NextUploadIdMarker"):
        merged.pop(marker, None)
    return {**merged, "Uploads": found, "IsTruncated": False}


def abort_multipart_uploads(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    older_than: datetime.timedelta = DAY,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Abort the multipart uploads under ``prefix`` begun more than ``older_than`` ago.

    Returns the report of it. Younger ones may still be running, so they are skipped. ``extra_args``
    are ``RequestPayer`` and ``ExpectedBucketOwner``. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError`; an upload that cannot be aborted is counted as
    failed and the others go on.
    """
    yes_or_no("dry_run", dry_run)
    if instance_of("older_than", older_than, datetime.timedelta) < datetime.timedelta():
        raise UsageError(Sentence(gettext_noop("An age cannot be negative.")))
    try:
        limit = datetime.datetime.now(datetime.UTC) - older_than
    except OverflowError:
        raise UsageError(
            Sentence(gettext_noop("There is no date so long ago. Give a shorter age."))
        ) from None
    given = check_args(extra_args, "AbortMultipartUpload")
    with reported(dry_run, watcher) as report:
        uploads = list_multipart_uploads(
            bucket_name, region_name, prefix=prefix, extra_args=given, purpose=purpose
        )
        for upload in uploads["Uploads"]:
            begun = upload.get("Initiated")
            if begun is None or begun > limit:
                reason = "begun too recently" if begun else NO_DATE
                report.skip("abort", upload["Key"], "", reason)
                continue
            report.plan()
            error = None
            if not dry_run:
                error = abort_upload(bucket_name, region_name, upload, given, purpose)
            report.add(
                Outcome(
                    action="abort",
                    status="failed" if error else "done",
                    key=upload["Key"],
                    error=error,
                )
            )
    return report


def abort_upload(
    bucket_name: str,
    region_name: str | None,
    upload: dict[str, Any],
    options: Mapping[str, Any],
    purpose: Purpose,
) -> AWSError | None:
    """Abort one upload of a listing and return the error where it was not; gone is as good."""
    try:
        with translated(bucket=bucket_name, key=upload["Key"], region=region_name):
            get_client("s3", region_name, purpose=purpose).abort_multipart_upload(
                **{
                    **options,
                    "Bucket": bucket_name,
                    "Key": upload["Key"],
                    "UploadId": upload["UploadId"],
                }
            )
    except NotFoundError:
        return None  # it ended meanwhile, which is what was wanted
    except AWSError as error:
        return error
    return None

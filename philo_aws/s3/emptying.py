"""All that a bucket holds, gone for good: versions, delete markers, unfinished uploads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..arguments import whole_number, yes_or_no
from ..conf import Purpose
from .acting import act
from .delete_requests import Doomed
from .deleting import check_limit, delete_and_count, versions_below
from .filters import Filter
from .objects.unfinished_uploads import abort_upload, list_multipart_uploads
from .report import Outcome, Report, Watcher, reported
from .request.extra_args import given_for
from .request.remote import Remote, make_remote
from .spool import Spool


def empty_bucket(
    bucket_name: str,
    region_name: str | None = None,
    *,
    max_delete: int | None = None,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Delete every version and delete marker of a bucket, and abort its unfinished uploads.

    Returns the report of it, which counts each. Nothing of it can be brought back. With
    ``max_delete`` nothing goes where there is more; a dry run names them all. What is written
    meanwhile stays. ``extra_args`` are further parameters in boto's names, such as
    ``ExpectedBucketOwner`` and ``BypassGovernanceRetention``.

    Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`, and
    :exc:`~philo_aws.exceptions.IncompleteError` above ``max_delete``.
    """
    yes_or_no("dry_run", dry_run)
    if max_delete is not None:
        whole_number("max_delete", max_delete)
    remote = make_remote(bucket_name, region_name, "", extra_args, None, purpose)
    with reported(dry_run, watcher) as report, Spool() as spool:
        # The listings are whole before the first object goes.
        for version in versions_below(remote, "", Filter()):
            spool.add(version.key, "", version.version_id, "")
        uploads = list_multipart_uploads(
            bucket_name,
            region_name,
            extra_args=given_for("ListMultipartUploads", remote.extra_args),
            purpose=purpose,
        )
        for upload in uploads["Uploads"]:
            spool.add(upload["Key"], "", "", upload["UploadId"])
        check_limit(spool, "", max_delete, report)
        rows = spool.rows()
        delete_and_count(
            remote, (Doomed(key, version) for key, _, version, _ in rows if version), report
        )
        begun = [(key, upload) for key, _, _, upload in spool.rows() if upload]
        act(
            report,
            "abort",
            begun,
            partial(_abort, remote, report.dry_run),
            key=lambda item: item[0],
        )
    return report


def _abort(remote: Remote, dry_run: bool, item: tuple[str, str]) -> Outcome:
    key, upload_id = item
    if not dry_run:
        error = abort_upload(
            remote.bucket,
            remote.region,
            {"Key": key, "UploadId": upload_id},
            remote.given_for("AbortMultipartUpload"),
            remote.purpose,
        )
        if error is not None:
            raise error
    return Outcome(action="abort", status="done", key=key)

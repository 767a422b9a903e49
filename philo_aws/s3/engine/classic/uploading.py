"""What boto is given with an upload or a copy, and what only its events tell of an upload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....exceptions import InvalidRequestError
from ...request.expires import with_texts
from ...request.extra_args import given_for
from ..base import Options
from .attempts import ClassicAttempt, current

METADATA = "x-amz-meta-"


class Arguments:
    """boto's parameters of one upload or copy after another, for the options of one engine."""

    def __init__(self, client: Any, options: Options, operation: str = "PutObject") -> None:
        self._same = given_for(operation, options.extra_args)
        required = client.meta.config.request_checksum_calculation == "when_required"
        self.proves = options.tuning.checksum != "none" and not required
        """Whether the store is to compare what it got with a checksum."""
        if self.proves and operation == "PutObject":
            self._same["ChecksumAlgorithm"] = options.tuning.checksum.upper()
        self._names = _parameters_by_header(client, operation)
        self._known: dict[int, tuple[Mapping[str, str], dict[str, Any]]] = {}

    def of(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the parameters for an object's HTTP headers, and those of all objects."""
        known = self._known.get(id(headers))
        if known is not None and known[0] is headers:
            return known[1]
        arguments = dict(self._same)
        metadata = dict(arguments.get("Metadata", {}))
        for name, value in headers.items():
            lower = name.lower()
            if lower.startswith(METADATA):
                metadata[lower.removeprefix(METADATA)] = value
            elif lower in self._names:
                arguments[self._names[lower]] = value
            else:
                raise InvalidRequestError(f"{name!r} is no header of an S3 object.")
        if metadata:
            arguments["Metadata"] = metadata
        if len(self._known) >= 256:
            self._known.clear()
        self._known[id(headers)] = (headers, arguments)
        return arguments


def _parameters_by_header(client: Any, operation: str) -> dict[str, str]:
    shape = client.meta.service_model.operation_model(operation).input_shape
    return {
        member.serialization["name"].lower(): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }


def answer_of(attempt: ClassicAttempt) -> tuple[str, dict[str, str]]:
    """Return what a completed upload in parts was answered: its id, and headers as of a PUT."""
    answer = attempt.completed
    about = answer.get("ResponseMetadata", {})
    made = {name.lower(): value for name, value in about.get("HTTPHeaders", {}).items()}
    made["etag"] = answer.get("ETag", "")
    for name, value in answer.items():
        if name.startswith("Checksum"):
            made["x-amz-checksum-" + name.removeprefix("Checksum").lower()] = value
    return about.get("RequestId", ""), made


def part_size_for(size: int, part_size: int) -> int:
    """Return the bytes of the parts into which s3transfer cuts a file."""
    from s3transfer.utils import ChunksizeAdjuster

    return int(ChunksizeAdjuster().adjust_chunksize(part_size, size))


def watch(client: Any) -> None:
    """Take part in the uploads that ``client``, which may be shared, sends."""
    for operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        with_texts(client, operation)
    for operation, note in (
        ("CreateMultipartUpload", _note_id),
        ("CompleteMultipartUpload", _note_end),
    ):
        event = f"after-call.s3.{operation}"
        client.meta.events.register(event, note, unique_id=f"philo_aws.{event}")


def _note_id(parsed: Mapping[str, Any], **kwargs: Any) -> None:
    """Keep the id of a multipart upload, without which it cannot be aborted."""
    attempt = current.get()
    if attempt is not None and parsed.get("UploadId"):
        attempt.upload_id = parsed["UploadId"]


def _note_end(parsed: Mapping[str, Any], **kwargs: Any) -> None:
    """Keep the answer that s3transfer lets go, without which nothing is known to be done."""
    attempt = current.get()
    if attempt is not None:
        attempt.completed = parsed

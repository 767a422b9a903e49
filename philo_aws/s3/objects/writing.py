"""The requests that make one object, at once or of parts, bound by a condition where one is given.

An answer that was lost is no failure, and the refusal that a repeated request gets because the
first one did it is no refusal: both are looked into before anything is raised.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from django.utils.translation import gettext_noop

from ...aws_errors import translated
from ...clients import get_client, has_own_endpoint
from ...conf import for_writes
from ...exceptions import (
    AWSError,
    ConflictError,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
)
from ...limits import MIB
from ...patience import failures_noted
from ...sentences import Sentence
from ..engine import proof
from ..engine.base import Options, Task, Upload
from ..engine.classic.uploading import Arguments
from ..engine.errors import contradicted, damaged
from ..engine.sending import Proof
from ..request.expires import with_texts
from ..request.extra_args import given_for
from ..request.names import check_key
from ..request.remote import Remote
from .copying import taken

Body = bytes | BinaryIO
"""What is sent as a part: bytes, or a file that is read from its beginning."""
Part = dict[str, Any]
"""What the request that makes the object is told of a part, in boto's names."""
QUICK = 256 * 1024
"""Bytes that go with a request as quickly as without: more have the timeouts of commands."""
_HELD_NOT = ("PreconditionFailed", "412")


class ObjectRequests:
    """The requests that make the object of one key."""

    def __init__(
        self,
        remote: Remote,
        key: str,
        headers: Mapping[str, str] | None = None,
        *,
        if_none_match: bool = False,
        if_match: str | None = None,
    ) -> None:
        """``headers`` are the object's HTTP headers.

        With ``if_none_match`` the object is made only where there is none of its key, with
        ``if_match`` only where it replaces the one of that ETag. Both hold at S3 itself. A store
        that has no such conditions is asked for the object just before: what comes to be in
        between is overwritten there.
        """
        self._remote = remote
        self._key = check_key(key)
        self._taken = if_none_match
        self._replaced = _quoted(if_match) if if_match else ""
        checksums = remote.tuning.checksum != "none"
        where: Any = {"region": remote.region, "checksums": checksums}
        client: Any = get_client("s3", purpose=remote.purpose, **where)
        self._client = client
        # How long bytes take says nothing of S3, so nobody's page ends it.
        self._carrier: Any = get_client("s3", purpose="commands", **where)
        # S3 works on these before it answers.
        self._slow: Any = get_client("s3", purpose=for_writes(remote.purpose), **where)
        options = Options(bucket=remote.bucket, tuning=remote.tuning, extra_args=remote.extra_args)
        for one in (client, self._carrier):
            for operation in ("PutObject", "CreateMultipartUpload"):
                with_texts(one, operation)
        arguments = Arguments(client, options)
        self._given = arguments.of(headers or {})
        self._proof = Proof(
            compares=arguments.proves,
            is_aws=not has_own_endpoint("s3"),
            extra_args=remote.extra_args,
        )

    # ------------------------------------------------------------------------- what is made

    def put(self, body: bytes) -> str:
        """Make the object at once, of 5 GiB at most, and return its ETag as the store spells it.

        Raises :exc:`~philo_aws.exceptions.ServiceError` (``ChecksumMismatch``) where the store says
        twice that it keeps something else.
        """

        def is_ours(head: Mapping[str, Any]) -> bool:
            return bool(head["ContentLength"] == len(body)) and _has_content(head, body)

        client = self._client if len(body) <= QUICK else self._carrier
        answer = self._make(client, "PutObject", is_ours, Body=body)
        if not self._is_kept(answer, body):
            if self._taken or self._replaced:
                raise self._damaged(damaged)  # it would be in its own way
            answer = self._make(client, "PutObject", is_ours, Body=body)
            if not self._is_kept(answer, body):
                raise self._damaged(contradicted)
        return str(answer["ETag"])

    def begin(self) -> str:
        """Begin an upload in parts, and return its id."""
        with self._translated():
            answer = self._client.create_multipart_upload(**self._of("CreateMultipartUpload"))
        return str(answer["UploadId"])

    def send_part(self, upload_id: str, number: int, body: Body) -> Part:
        """Send one part, the first of which has number 1, and return what is told of it.

        AWS compares it with its checksum; what another store tells of it is compared here, and
        raises as for :meth:`put`.
        """
        about = {**self._of("UploadPart"), "UploadId": upload_id, "PartNumber": number}
        answer = self._send_part(about, body)
        if has_own_endpoint("s3") and not self._is_kept(answer, body):
            answer = self._send_part(about, body)
            if not self._is_kept(answer, body):
                raise self._damaged(contradicted)
        checksum = f"Checksum{self._given.get('ChecksumAlgorithm', '')}"
        told = {name: answer[name] for name in ("ETag", checksum) if name in answer}
        return {"PartNumber": number, **told}

    def complete(self, upload_id: str, parts: Sequence[Part], size: int) -> str:
        """Make the object of its parts, ``size`` bytes in all, and return its ETag."""
        parts = sorted(parts, key=lambda part: int(part["PartNumber"]))
        etag = _etag_of(parts)

        def is_ours(head: Mapping[str, Any]) -> bool:
            found = proof.bare_etag(head["ETag"])
            known = found == etag or (
                not proof.md5_of(_headers(head)) and proof.parts_in(found) == len(parts)
            )
            return bool(head["ContentLength"] == size) and known

        answer = self._make(
            self._slow,
            "CompleteMultipartUpload",
            is_ours,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
        )
        return str(answer["ETag"])

    def abort(self, upload_id: str) -> None:
        """Give an upload up; one that is gone is given up already."""
        # Whoever gives up does not wait for long.
        client: Any = get_client("s3", self._remote.region, purpose="web")
        with contextlib.suppress(NotFoundError), self._translated():
            client.abort_multipart_upload(**self._of("AbortMultipartUpload"), UploadId=upload_id)

    # ------------------------------------------------------------------------- conditions

    def _make(
        self,
        client: Any,
        operation: str,
        is_ours: Callable[[Mapping[str, Any]], bool],
        **parameters: Any,
    ) -> Mapping[str, Any]:
        """Send the request that makes the object, and return boto's answer, or the object's HEAD.

        ``is_ours`` knows the object by that.
        """
        with failures_noted() as failures:
            try:
                return self._send(client, operation, parameters)
            except AWSError as error:
                lost = error.may_be_done
                repeated = any(failure.may_be_done for failure in failures)
                if lost or (repeated and isinstance(error, ConflictError | NotFoundError)):
                    head = self._head_or_none(patient=not lost)
                    if head is not None and is_ours(head):
                        return head
                told = self._explained(error)
                if told is error:
                    raise
                raise told from error

    def _send(self, client: Any, operation: str, parameters: dict[str, Any]) -> Mapping[str, Any]:
        given = self._of(operation) | parameters
        call = {"PutObject": "put_object"}.get(operation, "complete_multipart_upload")
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if self._taken else {}
        if self._replaced:
            condition["IfMatch"] = self._replaced
        try:
            with self._translated():
                answer: Mapping[str, Any] = getattr(client, call)(**given, **condition)
        except (ConflictError, NotSupportedError) as error:
            if not condition or not self._has_no_conditions(error):
                raise
            self._look()
            with self._translated():
                answer = getattr(client, call)(**given)
        return answer

    def _has_no_conditions(self, error: AWSError) -> bool:
        """Say whether the store may have refused because it has no conditions, or only half."""
        if isinstance(error, NotSupportedError):
            return True
        # Some stores know If-None-Match, and refuse every If-Match, the right one too.
        half = bool(self._replaced) and has_own_endpoint("s3")
        return half and error.code in _HELD_NOT

    def _look(self) -> None:
        """Raise unless the condition holds at this moment."""
        head = self._head()
        if self._taken and head is not None:
            raise taken(self._remote.bucket, self._key)
        found = proof.bare_etag(head["ETag"]) if head is not None else ""
        if self._replaced and found != proof.bare_etag(self._replaced):
            raise changed(self._key)

    def _explained(self, error: AWSError) -> AWSError:
        """Return the error for a condition that does not hold, which S3 tells of neither kind."""
        if self._taken and isinstance(error, ConflictError):
            return taken(self._remote.bucket, self._key)
        if self._replaced and isinstance(error, ConflictError | ObjectNotFoundError):
            return changed(self._key)
        return error

    def _head(self, *, patient: bool = True) -> Mapping[str, Any] | None:
        remote = self._remote
        client: Any = get_client("s3", remote.region, purpose=remote.purpose, patient=patient)
        given = remote.given_for("HeadObject") | {"ChecksumMode": "ENABLED"}
        try:
            with self._translated(operation="HeadObject"):
                head: Mapping[str, Any] = client.head_object(
                    Bucket=remote.bucket, Key=self._key, **given
                )
        except ObjectNotFoundError:
            return None
        return head

    def _head_or_none(self, *, patient: bool) -> Mapping[str, Any] | None:
        try:
            return self._head(patient=patient)
        except AWSError:
            return None  # the first error is the one to tell

    # ---------------------------------------------------------------------------- the proof

    def _send_part(self, about: Mapping[str, Any], body: Body) -> Mapping[str, Any]:
        if not isinstance(body, bytes):
            body.seek(0)
        with self._translated():
            answer: Mapping[str, Any] = self._carrier.upload_part(**about, Body=body)
        return answer

    def _is_kept(self, answer: Mapping[str, Any], body: Body) -> bool:
        """Say whether the store may keep what it was sent, by the checksum or the MD5 it tells."""
        etag = proof.bare_etag(answer["ETag"])
        name, expected = self._proof.digest(_headers(answer), etag, size=0, part_size=0)
        return not name or proof.digest(name, _chunks(body)) == expected

    def _damaged(self, made: Callable[[Task], AWSError]) -> AWSError:
        return made(Upload(key=self._key, path="", size=0, mtime_ns=0))

    # ------------------------------------------------------------------------------ helpers

    def _of(self, operation: str) -> dict[str, Any]:
        given = given_for(operation, self._given)
        return {**given, "Bucket": self._remote.bucket, "Key": self._key}

    @contextlib.contextmanager
    def _translated(self, **more: str) -> Iterator[None]:
        remote = self._remote
        where = {"bucket": remote.bucket, "key": self._key, "region": remote.region}
        with translated(**where, **more):
            yield


def changed(key: str) -> ConflictError:
    """Return the error for an object that is not any more what it was when it was looked at."""
    return ConflictError(
        Sentence(
            gettext_noop(
                "The object {key!r} was changed or replaced after it was looked at, so "
                "it was left alone. Look at it, then do it again."
            ),
            key=key,
        ),
        code="PreconditionFailed",
    )


def _quoted(etag: str) -> str:
    return etag if etag.startswith(('"', "W/")) else f'"{etag}"'


def _chunks(body: Body) -> Iterable[bytes]:
    if isinstance(body, bytes):
        return (body,)
    body.seek(0)
    return iter(lambda: body.read(MIB), b"")


def _headers(head: Mapping[str, Any]) -> Mapping[str, str]:
    headers: Mapping[str, str] = head["ResponseMetadata"]["HTTPHeaders"]
    return headers


def _etag_of(parts: Sequence[Part]) -> str:
    """Return the bare ETag of an object made of these parts, as far as ETags are MD5s."""
    whole = proof.new_hash(proof.MD5)
    for part in parts:
        etag = proof.bare_etag(part.get("ETag", ""))
        if not proof.is_md5(etag):
            return ""
        whole.update(bytes.fromhex(etag))
    return f"{whole.digest().hex()}-{len(parts)}"


def _has_content(head: Mapping[str, Any], body: bytes) -> bool:
    """Say whether an object is known to have this content, by its checksum or its MD5."""
    name, expected = proof.given(_headers(head))
    return bool(name) and proof.digest(name, (body,)) == expected

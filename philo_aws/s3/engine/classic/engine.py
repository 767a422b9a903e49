"""The engine that works everywhere: boto3 in threads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import replace
from typing import Any, Self

from ....clients import clear, get_client, has_own_endpoint
from ....conf import get_config
from ....daemons import Daemons
from ....exceptions import RENEWED, RETRIED, AWSError, Kind
from ....limits import MIB
from ...request.extra_args import given_for
from .. import copies, errors, proof
from ..base import Copy, Download, Options, Task, Upload
from ..descriptors import allowance
from ..failure import Failure
from ..files import Source, Target, store
from ..receiving import Received
from ..run import Run
from ..sending import Proof, check_sent
from ..size_class import SizeClass, Transfer
from ..template import make_template
from ..transport_engine import TransportEngine
from ..wire import Wire
from . import attempts, bodies, uploading
from .attempts import Body, ClassicAttempt

FIRST_WORKERS, WORKERS = 16, 128
"""Small objects in flight, at first and at most: each has a thread, and of threads that do not wait
for the store more only wait for each other."""
LARGE_AT_ONCE = 2
"""Large objects in flight; each has threads of its own for its parts."""
PARTS_AT_ONCE = 8
"""Parts in flight, of all large objects together."""
CHUNK = 64 * 1024
"""Bytes read from the network at once, after which it is seen that it moves."""
MEMORY = 64 * MIB
"""Bytes of small objects in flight at most, where no memory limit is given."""
LAST_WORD = 3.0
"""Seconds that the store gets to abort uploads whose requests nobody waits for any more."""
NO_LIMIT = 1 << 62
FOUND_HERE = ("NoProof", "ChecksumMismatch")
"""What boto takes for good, so that it has not sent it again."""

SMALL, LARGE, COPIES, COPIES_IN_PARTS = 0, 1, 2, 3


class ClassicEngine(TransportEngine):
    """See :class:`philo_aws.s3.engine.base.Engine`."""

    name = "classic"

    def __init__(self, options: Options, *, reason: str = "") -> None:
        super().__init__(ClassicTransport(options), options, reason)


class ClassicTransport:
    """The transport of :class:`~philo_aws.s3.engine.run.Run` over boto3."""

    def __init__(self, options: Options) -> None:
        self.generation = 0
        self._options = options
        self._bucket = options.bucket
        self._region = options.region
        self._small = min(options.tuning.part_size, 8 * MIB)
        self._allowance = allowance()
        self._workers = min(options.tuning.max_concurrency or WORKERS, self._allowance.small)
        self._pool: Any = None
        self._wire: Any = None
        timeout = get_config().timeouts.for_purpose(options.purpose)
        self._read_timeout = timeout.read
        self._most_attempts = timeout.max_attempts
        self._manager: Any = None
        self._managers: list[Any] = []
        self._in_parts: dict[ClassicAttempt, None] = {}
        self._part_copies: copies.PartCopies | None = None
        self._prepare()

    def _prepare(self) -> None:
        options = self._options
        checksums = options.tuning.checksum != "none"
        # What is one request the run sends again, and s3transfer's parts the client does.
        client: Any
        of_parts: Any
        client, of_parts = (
            get_client(
                "s3",
                self._region,
                purpose=options.purpose,
                checksums=checksums,
                patient=patient,
            )
            for patient in (False, True)
        )
        self._client = client
        self._client_of_parts = of_parts
        for each in (client, of_parts):
            uploading.watch(each)
            bodies.watch(each)
            attempts.watch(each)
            attempts.send_as_it_goes(each)
        # Not sent: so that missing credentials and wrong arguments show before anything is moved.
        template = make_template(client, "PutObject", self._bucket, options.extra_args)
        self._port = template.port
        self._put = uploading.Arguments(client, options)
        self._to_copy = uploading.Arguments(client, options, "CopyObject")
        self._proof = Proof(
            compares=self._put.proves,
            is_aws=not has_own_endpoint("s3"),
            extra_args=options.extra_args,
        )
        self._get = given_for("GetObject", options.extra_args)
        self._head = given_for("HeadObject", options.extra_args)
        self._verifies = client.meta.config.response_checksum_validation != "when_required"
        if self._verifies:
            self._head["ChecksumMode"] = "ENABLED"

    def __enter__(self) -> Self:
        self._pool = Daemons(self._workers + LARGE_AT_ONCE, "philo-aws-classic")
        self._manager = self._make_manager()
        self._wire = Wire(self._port)
        if self._options.part_copier is not None:
            self._part_copies = copies.PartCopies(self._options.part_copier, self.failure_of)
        return self

    def _make_manager(self) -> Any:
        from s3transfer.manager import TransferConfig, TransferManager
        from s3transfer.utils import OSUtils

        files: Any = OSUtils()
        files.open_file_chunk_reader_from_fileobj = attempts.read_part
        config = TransferConfig(
            multipart_threshold=self._small + 1,
            multipart_chunksize=self._options.tuning.part_size,
            # Those of one part's body; s3transfer's own number where nothing is said.
            num_download_attempts=self._most_attempts or 5,
            max_request_concurrency=min(self._workers, PARTS_AT_ONCE, self._allowance.parts),
        )
        # The one before stays until the end: there may be transfers on their way with it.
        pool: Any = Daemons  # what it needs is submit() and shutdown(), and not the one class
        manager = TransferManager(self._client_of_parts, config, osutil=files, executor_cls=pool)
        self._managers.append(manager)
        return manager

    def __exit__(self, *exc: object) -> None:
        # What not even cancelling has ended: s3transfer would abort it after the last timeout only.
        stuck = list(self._in_parts)
        with Daemons(len(self._managers) + len(stuck), "philo-aws-end") as pool:
            ends = [pool.submit(manager.shutdown, cancel=True) for manager in self._managers]
            aborts = [pool.submit(self._abort, attempt) for attempt in stuck]
            wait(aborts if stuck else ends, LAST_WORD if stuck else None)
        if self._part_copies is not None:
            self._part_copies.close()
        self._pool.shutdown(wait=False)
        self._pool = self._manager = None
        self._managers.clear()
        self._in_parts.clear()

    def _abort(self, attempt: ClassicAttempt) -> None:
        if attempt.upload_id:
            self._client.abort_multipart_upload(
                Bucket=self._bucket,
                Key=attempt.key,
                UploadId=attempt.upload_id,
                **given_for("AbortMultipartUpload", self._options.extra_args),
            )

    def renew(self, failure: Failure) -> None:
        if failure.kind is Kind.REDIRECTED and failure.region:
            self._region = failure.region
        else:
            clear()
        self._prepare()
        self._manager = self._make_manager()
        self.generation += 1

    # ------------------------------------------------------------------ size classes

    def size_classes(self) -> Sequence[SizeClass]:
        return (
            SizeClass(
                limit=self._workers,
                at_first=FIRST_WORKERS,
                budget=self._options.tuning.memory_limit or MEMORY,
            ),
            SizeClass(limit=min(self._workers, LARGE_AT_ONCE), budget=NO_LIMIT),
            *copies.size_classes(self._workers, at_first=FIRST_WORKERS),
        )

    def size_class_of(self, task: Task) -> int:
        if isinstance(task, Copy):
            return COPIES if copies.is_whole(task) else COPIES_IN_PARTS
        return SMALL if task.size <= self._small else LARGE

    def trouble(self) -> AWSError | None:
        # boto tells by itself.
        return None

    def silence(self) -> float:
        return self._read_timeout

    def unseen(self, transfer: Transfer) -> int:
        if isinstance(transfer.task, Copy):
            return 0  # what the store moves is not on any connection of ours
        # What boto has handed over may wait in the system, of as many parts as there may be.
        return min(transfer.task.size, PARTS_AT_ONCE * self._options.tuning.part_size)

    def through(self) -> int | None:
        moved: int | None = self._wire.moved()
        return moved

    def tune_connections(self) -> float:
        # urllib3 opens its connections as they should be.
        return float("inf")

    # ---------------------------------------------------------------------- attempts

    def start(self, run: Run, transfer: Transfer) -> None:
        if transfer.size_class is run.size_classes[COPIES_IN_PARTS]:
            assert self._part_copies is not None  # noqa: S101 - or there would be no such task
            self._part_copies.start(run, transfer)
            return
        transfer.attempt = attempt = ClassicAttempt(run, transfer)
        self._pool.submit(self._attempt, run, transfer, attempt)

    def failure_of(self, error: BaseException, task: Task) -> Failure:
        return self._failure(error, task, self._client.meta.region_name)

    def _failure(self, error: BaseException, task: Task, region: str) -> Failure:
        from s3transfer.exceptions import CancelledError

        if isinstance(error, CancelledError):
            return Failure(kind=Kind.CANCELLED, error=errors.ended())
        return errors.from_exception(error, task, self._bucket, region=region)

    def _attempt(self, run: Run, transfer: Transfer, attempt: ClassicAttempt) -> None:
        """Do one attempt, in a thread of the pool."""
        task = transfer.task
        large = self.size_class_of(task) == LARGE
        attempts.current.set(attempt)
        # The transport may have turned to another region when the answer is there.
        region = self._client.meta.region_name
        try:
            if isinstance(task, Upload):
                size = self._upload(run, transfer, task, attempt, large=large)
            elif isinstance(task, Copy):
                size = self._copy(transfer, task)
            elif large:
                size = self._download_large(run, transfer, task, attempt)
            else:
                size = self._download_small(transfer, task, attempt)
        except BaseException as error:  # noqa: BLE001 - the run reports it
            transfer.attempt = None
            failure = self._failure(attempt.error or error, task, region)
            failure = copies.explained(errors.begun_anew(failure, transfer), task)
            if (
                large
                and self._most_attempts
                and failure.kind in RETRIED - RENEWED
                and failure.error.code not in FOUND_HERE
            ):
                # Each request of it has had its attempts.
                failure = replace(failure, kind=Kind.PERMANENT)
            run.failed(transfer, failure)
        else:
            transfer.attempt = None
            run.succeeded(transfer, size)

    def _copy(self, transfer: Transfer, task: Copy) -> int:
        arguments = self._to_copy.of(task.headers)
        answer: Any = self._client.copy_object(
            Bucket=self._bucket,
            Key=task.key,
            **{**arguments, **copies.source_arguments(task)},
        )
        _note(transfer, answer)
        transfer.etag = proof.bare_etag(answer["CopyObjectResult"]["ETag"])
        return task.size

    def _upload(
        self, run: Run, transfer: Transfer, task: Upload, attempt: ClassicAttempt, *, large: bool
    ) -> int:
        arguments = self._put.of(task.headers)
        task.key.encode()
        source = Source(task)
        with contextlib.closing(source):
            self._send(run, transfer, attempt, source, arguments, large=large)
        return source.size

    def _send(
        self,
        run: Run,
        transfer: Transfer,
        attempt: ClassicAttempt,
        source: Source,
        arguments: Mapping[str, Any],
        *,
        large: bool,
    ) -> None:
        key, part_size = transfer.task.key, 0
        file = open(source.descriptor, "rb", closefd=False)  # noqa: SIM115 - source closes it
        if large:
            part_size = uploading.part_size_for(source.size, self._options.tuning.part_size)
            self._through_manager(
                run,
                transfer,
                attempt,
                lambda manager, subscribers: manager.upload(
                    source.name or file, self._bucket, key, arguments, subscribers
                ),
                source.size,
            )
            transfer.request_id, headers = uploading.answer_of(attempt)
        else:
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=Body(file, source.size, attempt),
                ContentLength=source.size,
                **arguments,
            )
            _note(transfer, answer)
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
        self._proof.check(transfer, headers)
        given = self._proof.digest(headers, transfer.etag, size=source.size, part_size=part_size)
        check_sent(source, transfer, given, part_size=part_size)

    def _download_small(self, transfer: Transfer, task: Download, attempt: ClassicAttempt) -> int:
        answer = self._client.get_object(Bucket=self._bucket, Key=task.key, **self._get)
        with contextlib.closing(answer["Body"]) as body:
            received = self._received(task, transfer, answer)
            received.check_fits()
            attempt.bodies = {None: body}
            chunks: list[bytes] = []
            with received.counted(lambda: proof.digest(proof.MD5, chunks)):
                while chunk := body.read(CHUNK):
                    chunks.append(chunk)
                    attempt.moved(len(chunk))
        size = sum(map(len, chunks))
        received.check_length(size)
        received.check_content(chunks)
        store(task, chunks, mtime_ns=received.mtime_ns())
        return size

    def _received(self, task: Download, transfer: Transfer, answer: Mapping[str, Any]) -> Received:
        about = answer["ResponseMetadata"]
        return Received(
            task,
            transfer,
            about["HTTPHeaders"].items(),
            status=about["HTTPStatusCode"],
            strict=self._verifies,
        )

    def _download_large(
        self, run: Run, transfer: Transfer, task: Download, attempt: ClassicAttempt
    ) -> int:
        head = self._ask_head(task)
        received = self._received(task, transfer, head)
        if received.length < 0:
            raise errors.unproven(task)
        target = attempt.target = Target(task)
        try:
            # By its name s3transfer would write to a file of yet another name.
            with (
                open(target.open(), "wb", closefd=False) as file,
                received.counted(lambda: "not whole"),
                bodies.closed_at_end() as attempt.bodies,
            ):
                self._through_manager(
                    run,
                    transfer,
                    attempt,
                    lambda manager, subscribers: manager.download(
                        self._bucket, task.key, file, self._get, subscribers
                    ),
                    head["ContentLength"],
                    head["ETag"],
                )
            size = target.finish(received, checked=False)
        finally:
            target.close()
            target.discard()
        attempt.target = None
        return size

    def _ask_head(self, task: Download) -> Mapping[str, Any]:
        """Ask about an object; a failure of it says as much as that of any other request."""
        from botocore.exceptions import ClientError

        try:
            client = self._client_of_parts if self._most_attempts else self._client
            head: Mapping[str, Any] = client.head_object(
                Bucket=self._bucket, Key=task.key, **self._head
            )
        except ClientError as error:
            if error.response["ResponseMetadata"].get("HTTPStatusCode") in (400, 403):
                # An answer to HEAD has no body, and so no word of what was wrong: expired
                # credentials are a bare 400.
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=task.key, **{**self._get, "Range": "bytes=0-0"}
                )
                answer["Body"].close()
            raise
        return head

    def _through_manager(
        self,
        run: Run,
        transfer: Transfer,
        attempt: ClassicAttempt,
        begin: Callable[[Any, list[Any]], Any],
        size: int,
        etag: str = "",
    ) -> None:
        """Let s3transfer move a large object in parts, and wait for it."""
        from s3transfer.subscribers import BaseSubscriber

        class Progress(BaseSubscriber):
            def on_queued(self, future: Any, **kwargs: Any) -> None:
                future.meta.provide_transfer_size(size)
                if etag:
                    future.meta.provide_object_etag(etag)

            def on_progress(self, future: Any, bytes_transferred: int, **kwargs: Any) -> None:
                run.progress(transfer, bytes_transferred)

        attempt.check()
        attempt.future = future = begin(self._manager, [Progress()])
        if attempt.ended:
            future.cancel()
        self._in_parts[attempt] = None
        try:
            future.result()
        finally:
            self._in_parts.pop(attempt, None)


def _note(transfer: Transfer, answer: Mapping[str, Any]) -> None:
    transfer.request_id = answer["ResponseMetadata"].get("RequestId", "")

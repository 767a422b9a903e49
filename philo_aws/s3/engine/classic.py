"""The engine that works everywhere: boto3 in threads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from ...clients import clear, get_client
from ...conf import MIB
from ...exceptions import InvalidRequestError
from . import errors
from .base import Download, OnBytes, OnResult, Options, Task, Upload
from .files import Source, Target, store
from .lanes import Callbacks, Lane, Transfer
from .receiving import Received
from .retry import Failure, Kind
from .run import Run
from .template import accepted, make_template

WORKERS = 16
"""Small objects in flight; more threads only wait for each other."""
LARGE_AT_ONCE = 2
"""Large objects in flight; each has threads of its own for its parts."""
PARTS_AT_ONCE = 8
"""Parts in flight, of all large objects together."""
CHUNK = MIB
"""Bytes read from the network at once."""
MEMORY = 64 * MIB
"""Bytes of small objects in flight at most, where no memory limit is given."""
NO_LIMIT = 1 << 62
METADATA = "x-amz-meta-"

SMALL, LARGE = 0, 1


class ClassicEngine:
    """See :class:`philo_aws.s3.engine.base.Engine`."""

    name = "classic"

    def __init__(self, options: Options, *, reason: str = "") -> None:
        self.reason = reason
        self._options = options
        self._carrier = Carrier(options)

    def run(
        self, tasks: Iterable[Task], *, on_result: OnResult, on_bytes: OnBytes | None = None
    ) -> None:
        callbacks = Callbacks(on_result=on_result, on_bytes=on_bytes)
        with self._carrier:
            Run(self._carrier, callbacks, purpose=self._options.purpose).drive(tasks)


class Carrier:
    """The transport of :class:`~philo_aws.s3.engine.run.Run` over boto3."""

    def __init__(self, options: Options) -> None:
        self.generation = 0
        self._options = options
        self._bucket = options.bucket
        self._region = options.region
        self._small = min(options.part_size, 8 * MIB)
        self._workers = options.concurrency or WORKERS
        self._pool: Any = None
        self._manager: Any = None
        self._managers: list[Any] = []
        self._arguments: dict[int, tuple[Mapping[str, str], dict[str, Any]]] = {}
        self._prepare()

    def _prepare(self) -> None:
        options = self._options
        client: Any = get_client("s3", self._region, purpose=options.purpose)
        self._client = client
        # Not sent: so that missing credentials and wrong arguments show before anything is moved.
        make_template(client, "PutObject", self._bucket, options.extra_args)
        self._put = accepted(client, "PutObject", options.extra_args)
        self._get = accepted(client, "GetObject", options.extra_args)
        self._head = accepted(client, "HeadObject", options.extra_args)
        required = client.meta.config.request_checksum_calculation == "when_required"
        if options.checksum != "none" and not required:
            self._put["ChecksumAlgorithm"] = options.checksum.upper()
        self._header_names = _parameters_by_header(client)
        self._arguments.clear()

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(
            self._workers + LARGE_AT_ONCE, thread_name_prefix="philo-aws-classic"
        )
        self._manager = self._make_manager()
        return self

    def _make_manager(self) -> Any:
        from s3transfer.manager import TransferConfig, TransferManager

        config = TransferConfig(
            multipart_threshold=self._small + 1,
            multipart_chunksize=self._options.part_size,
            max_request_concurrency=min(self._workers, PARTS_AT_ONCE),
        )
        # The one before stays until the end: there may be transfers on their way with it.
        manager = TransferManager(self._client, config)
        self._managers.append(manager)
        return manager

    def __exit__(self, *exc: object) -> None:
        while self._managers:
            self._managers.pop().shutdown(cancel=True)
        self._pool.shutdown(wait=False)
        self._pool = self._manager = None

    def renew(self, failure: Failure) -> None:
        if failure.kind is Kind.REDIRECTED and failure.region:
            self._region = failure.region
        else:
            clear()
        self._prepare()
        self._manager = self._make_manager()
        self.generation += 1

    # ------------------------------------------------------------------------- lanes

    def lanes(self) -> Sequence[Lane]:
        return (
            Lane(limit=self._workers, budget=self._options.memory_limit or MEMORY),
            Lane(limit=min(self._workers, LARGE_AT_ONCE), budget=NO_LIMIT),
        )

    def lane_of(self, task: Task) -> int:
        return SMALL if task.size <= self._small else LARGE

    def allowance(self, transfer: Transfer) -> float:
        # botocore's own timeouts end what stands still.
        return float("inf")

    # ---------------------------------------------------------------------- attempts

    def start(self, run: Run, transfer: Transfer) -> None:
        self._pool.submit(self._attempt, run, transfer)

    def cancel(self, transfer: Transfer) -> None:
        future = transfer.request
        if future is not None:
            future.cancel()

    def discard(self, transfer: Transfer) -> None:
        if isinstance(transfer.state, Target):
            transfer.state.discard()

    def failure_of(self, error: BaseException, task: Task) -> Failure:
        from s3transfer.exceptions import CancelledError

        if isinstance(error, CancelledError):
            return Failure(kind=Kind.CANCELLED, error=errors.ended())
        return errors.from_exception(error, task, self._bucket)

    def _attempt(self, run: Run, transfer: Transfer) -> None:
        """Do one attempt, in a thread of the pool."""
        task = transfer.task
        large = self.lane_of(task) == LARGE
        try:
            if isinstance(task, Upload):
                size = self._upload(run, transfer, task, large=large)
            elif large:
                size = self._download_large(run, transfer, task)
            else:
                size = self._download_small(transfer, task)
        except BaseException as error:  # noqa: BLE001 - the run reports it
            transfer.request = None
            run.failed(transfer, self.failure_of(error, task))
        else:
            transfer.request = None
            run.succeeded(transfer, size)

    def _upload(self, run: Run, transfer: Transfer, task: Upload, *, large: bool) -> int:
        source = Source(task.path)
        arguments = self._arguments_of(task.headers)
        task.key.encode()
        if large:
            self._through_manager(
                run,
                transfer,
                lambda manager, subscribers: manager.upload(
                    task.path, self._bucket, task.key, arguments, subscribers
                ),
            )
        else:
            with open(task.path, "rb") as file:
                answer = self._client.put_object(
                    Bucket=self._bucket,
                    Key=task.key,
                    Body=file,
                    ContentLength=source.size,
                    **arguments,
                )
            _note(transfer, answer)
        source.check()
        return source.size

    def _download_small(self, transfer: Transfer, task: Download) -> int:
        answer = self._client.get_object(Bucket=self._bucket, Key=task.key, **self._get)
        _note(transfer, answer)
        received = Received(task, transfer, answer["ResponseMetadata"]["HTTPHeaders"].items())
        with contextlib.closing(answer["Body"]) as body:
            received.check_fits()
            chunks = list(iter(lambda: body.read(CHUNK), b""))
        size = sum(map(len, chunks))
        received.check_length(size)
        received.check_md5(chunks)
        store(task, chunks, mtime_ns=received.mtime_ns())
        return size

    def _download_large(self, run: Run, transfer: Transfer, task: Download) -> int:
        head = self._client.head_object(
            Bucket=self._bucket, Key=task.key, ChecksumMode="ENABLED", **self._head
        )
        _note(transfer, head)
        received = Received(task, transfer, head["ResponseMetadata"]["HTTPHeaders"].items())
        target = transfer.state = Target(task)
        os.close(target.open())
        try:
            self._through_manager(
                run,
                transfer,
                lambda manager, subscribers: manager.download(
                    self._bucket, task.key, target.temporary, self._get, subscribers
                ),
                head,
            )
            size = target.finish(received, checked=False)
        except BaseException:
            target.discard()
            raise
        transfer.state = None
        return size

    def _through_manager(
        self,
        run: Run,
        transfer: Transfer,
        begin: Callable[[Any, list[Any]], Any],
        head: Mapping[str, Any] | None = None,
    ) -> None:
        """Let s3transfer move a large object in parts, and wait for it."""
        from s3transfer.subscribers import BaseSubscriber

        class Progress(BaseSubscriber):
            def on_queued(self, future: Any, **kwargs: Any) -> None:
                if head is not None:
                    future.meta.provide_transfer_size(head["ContentLength"])
                    future.meta.provide_object_etag(head["ETag"])

            def on_progress(self, future: Any, bytes_transferred: int, **kwargs: Any) -> None:
                run.progress(transfer, bytes_transferred)

        future = begin(self._manager, [Progress()])
        transfer.request = future
        future.result()

    def _arguments_of(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return boto's parameters for an object's HTTP headers, and those of all objects."""
        known = self._arguments.get(id(headers))
        if known is not None and known[0] is headers:
            return known[1]
        arguments = dict(self._put)
        metadata = dict(arguments.get("Metadata", {}))
        for name, value in headers.items():
            lower = name.lower()
            if lower.startswith(METADATA):
                metadata[lower.removeprefix(METADATA)] = value
            elif lower in self._header_names:
                arguments[self._header_names[lower]] = value
            else:
                raise InvalidRequestError(f"{name!r} is no header of an S3 object.")
        if metadata:
            arguments["Metadata"] = metadata
        if len(self._arguments) >= 256:
            self._arguments.clear()
        self._arguments[id(headers)] = (headers, arguments)
        return arguments


def _parameters_by_header(client: Any) -> dict[str, str]:
    shape = client.meta.service_model.operation_model("PutObject").input_shape
    return {
        member.serialization["name"].lower(): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }


def _note(transfer: Transfer, answer: Mapping[str, Any]) -> None:
    transfer.etag = answer.get("ETag", "").strip('"')
    transfer.request_id = answer["ResponseMetadata"].get("RequestId", "")

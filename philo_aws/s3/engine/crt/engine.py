"""The fast engine: awscrt's S3 client, used directly."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from ....aws_errors import translate
from ....clients import clear, get_client, has_own_endpoint
from ....conf import get_config
from ....exceptions import AWSError, Kind, NetworkError
from ....limits import MIB, part_size_for
from ....window import MOST
from .. import copies, errors
from ..base import IN_MEMORY, Copy, Download, Options, Task, Upload
from ..descriptors import allowance
from ..failure import Failure
from ..ledger import TICK
from ..run import Run
from ..sending import Proof
from ..size_class import SizeClass, Transfer
from ..sockets import send_at_once
from ..template import Operation, Template, make_template
from ..transport_engine import TransportEngine
from ..wire import Wire
from .attempts import LargeDownloadAttempt, SmallDownloadAttempt, UploadAttempt
from .client import Identity, Shape, get_crt_client
from .copying import CopyAttempt
from .request import request_maker
from .unfinished import abort_unfinished, sizes_of

SMALL_BUDGET = 64 * MIB
"""Bytes of small objects in flight at most."""
FIRST_BUDGET = 4 * MIB
"""The same before it is seen how fast they get through."""
WITHIN = 10.0
"""Seconds in which the bytes of small objects in flight are to get through: awscrt ends a
connection whose body was handed to the system, and that heard nothing more for 30."""
LARGE_AT_ONCE = 4
"""Large objects in flight; each has many parts in flight."""
LARGE_CONNECTIONS = 8
"""Connections for parts that are held in memory while they are on their way: as many as
:data:`PART_BUDGET` has room for. awscrt cannot change their number, and more were never slower."""
STREAM_CONNECTIONS = 16
"""Connections for parts that are read from the file as they are sent."""
SENDING_LOOPS = 8
"""Threads that send parts: one that reads a part and sums it up does nothing else meanwhile, so
there are a few more than connections."""
RECEIVING_LOOPS = 2
"""Threads that receive parts; more would wait for each other at the one file."""
PART_BUDGET = 128 * MIB
"""Bytes of parts in memory where no memory limit is given."""
SOON = 0.01
"""Seconds after which new connections are looked for where there were some just now, and:"""
SELDOM = 25
"""times as long as the look took, at least."""

ASKING = (("x-amz-checksum-mode", "ENABLED"),)

SMALL, LARGE, COPIES, COPIES_IN_PARTS = 0, 1, 2, 3
# awscrt looks for the number of parts behind an ETag's hyphen, and without one it never ends.
_MISREAD = re.compile(r"-(?!\d+$)")


class CrtEngine(TransportEngine):
    """See :class:`philo_aws.s3.engine.base.Engine`."""

    name = "crt"

    def __init__(self, options: Options, *, reason: str = "") -> None:
        super().__init__(CrtTransport(options), options, reason)


class CrtTransport:
    """The transport of :class:`~philo_aws.s3.engine.run.Run` over awscrt."""

    def __init__(self, options: Options) -> None:
        self.bucket = options.bucket
        self.generation = 0
        self._options = options
        self._region = options.region
        self._tuning = options.tuning
        self._part_size = part_size = options.tuning.part_size
        self._small_upload = part_size
        self._small_download = min(IN_MEMORY, part_size)
        self._read_timeout = get_config().timeouts.for_purpose(options.purpose).read
        self._pool: Any = None
        self._wire: Any = None
        self._part_copies: copies.PartCopies | None = None
        self._sockets: frozenset[int] = frozenset()
        self._pause = SOON
        self._allowance = allowance()
        self._pairs: dict[int, tuple[Mapping[str, str], list[tuple[str, str]]]] = {}
        self._prepare()

    def __enter__(self) -> Self:
        # Large files are checked and put in their place off the threads that move bytes.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="philo-aws-files")
        self._wire = Wire(self.template.port)
        if self._options.part_copier is not None:
            self._part_copies = copies.PartCopies(self._options.part_copier, self.failure_of)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._part_copies is not None:
            self._part_copies.close()
        self._pool.shutdown(wait=False)
        self._pool = None

    # --------------------------------------------------------------- endpoint, identity

    def _prepare(self) -> None:
        from awscrt import http, s3

        self._http, self._types = http, s3.S3RequestType
        self.make_request = request_maker()
        # A large download waits for the disk in the end; filling the page cache first costs more.
        # Where a file system cannot do it, awscrt writes as usual.
        self._past_the_cache = s3.S3FileIoOptions(direct_io=True)
        # awscrt would stream files beyond 1 TiB, and refuses a checksum in a header then.
        self._from_memory = s3.S3FileIoOptions(should_stream=False)
        options = self._options
        client: Any = get_client("s3", self._region, purpose=options.purpose)
        self.identity = Identity()
        self._client = client
        self.template = make_template(client, "PutObject", self.bucket, options.extra_args)
        self._templates: dict[Operation, Template] = {"PutObject": self.template}
        self.endpoint = f"{self.template.scheme}://{self.template.host}:{self.template.port}"
        streams = not has_own_endpoint("s3")
        required = client.meta.config.request_checksum_calculation == "when_required"
        algorithm = "none" if required else self._tuning.checksum
        self._checksum = upload_checksum(algorithm, trailing=streams)
        self._validation = s3.S3ChecksumConfig(validate_response=True)
        self.proof = Proof(
            compares=self._checksum is not None, is_aws=streams, extra_args=options.extra_args
        )
        self.verifies = client.meta.config.response_checksum_validation != "when_required"
        self._streams = streams
        self._small = get_crt_client(
            self.template,
            self.identity,
            Shape(loops=1, part_size=self._part_size, connections=None, streams=False),
        )
        self._large: dict[tuple[int, int], Any] = {}
        self._pairs.clear()

    def _connections(self, part_size: int) -> int:
        """Return how many parts of this size may be on their way; each is held twice at most.

        One always may: it is held whole, as awscrt sums up a part before it sends a header of it.
        """
        tuning, streams = self._tuning, self._streams
        wanted = tuning.max_concurrency or (STREAM_CONNECTIONS if streams else LARGE_CONNECTIONS)
        wanted = min(wanted, self._allowance.parts)
        if streams and not tuning.memory_limit:
            return wanted
        fitting = (tuning.memory_limit or PART_BUDGET) // (2 * part_size)
        return max(1, min(wanted, fitting))

    def renew(self, failure: Failure) -> None:
        if failure.kind is Kind.REDIRECTED and failure.region:
            self._region = failure.region
        else:
            clear()
        self._prepare()
        self.generation += 1

    # ------------------------------------------------------------------ size classes

    def size_classes(self) -> Sequence[SizeClass]:
        wanted = min(self._tuning.max_concurrency or MOST, self._allowance.small)
        budget = min(self._tuning.memory_limit or SMALL_BUDGET, SMALL_BUDGET)
        return (
            SizeClass(
                limit=wanted,
                budget=max(budget, self._part_size),
                first_budget=FIRST_BUDGET if self._wire is not None else None,
                within=WITHIN,
            ),
            SizeClass(limit=min(wanted, LARGE_AT_ONCE, self._allowance.parts), budget=1 << 62),
            *copies.size_classes(wanted),
        )

    def size_class_of(self, task: Task) -> int:
        if type(task) is Copy:
            return COPIES if copies.is_whole(task) else COPIES_IN_PARTS
        limit = self._small_upload if type(task) is Upload else self._small_download
        return SMALL if task.size <= limit else LARGE

    def trouble(self) -> AWSError | None:
        """Let boto say what awscrt's TLS hides for half a minute each time."""
        if self.template.scheme != "https":
            return None
        options = self._options
        client = get_client("s3", self._region, purpose=options.purpose, patient=False)
        try:
            client.head_bucket(Bucket=self.bucket)
        except Exception as error:  # noqa: BLE001 - the transfers tell of all but this one kind
            made = translate(error, bucket=self.bucket)
            network = isinstance(made, NetworkError) and made.kind is Kind.FOR_ALL
            return made if network else None
        return None

    def silence(self) -> float:
        return self._read_timeout

    def unseen(self, transfer: Transfer) -> int:
        if type(transfer.task) is Copy:
            return 0  # what the store moves is not on any connection of ours
        # awscrt tells of a part when all of it is there, and all of its connections may have one.
        size, part_size = transfer.task.size, self._part_size
        return size if size <= part_size else min(size, part_size * self._connections(part_size))

    def through(self) -> int | None:
        moved: int | None = self._wire.moved()
        return moved

    def tune_connections(self) -> float:
        before, begun = self._sockets, time.monotonic()
        self._sockets = send_at_once(self.template.port, before)
        # Connections are opened in the first moments, and seldom later.
        self._pause = SOON if self._sockets - before else min(2 * self._pause, TICK)
        return max(self._pause, min(SELDOM * (time.monotonic() - begun), TICK))

    # ---------------------------------------------------------------------- attempts

    def start(self, run: Run, transfer: Transfer) -> None:
        task = transfer.task
        if type(task) is Upload:
            self._upload(run, transfer, task)
        elif type(task) is Copy:
            self._copy(run, transfer, task)
        elif transfer.size_class is run.size_classes[SMALL]:
            self._download_small(run, transfer, task)  # type: ignore[arg-type]
        else:
            self._download_large(run, transfer, task)  # type: ignore[arg-type]

    def _upload(self, run: Run, transfer: Transfer, task: Upload) -> None:
        template = self._templates["PutObject"]
        target, pairs = template.target(task.key), self._headers_of(template, task.headers)
        attempt = UploadAttempt(self, run, transfer)
        source = attempt.source
        large = source.size > self._part_size
        headers = self._http.HttpHeaders([*pairs, ("Content-Length", str(source.size))])
        request = self._http.HttpRequest("PUT", target, headers)
        options: dict[str, Any] = {}
        client = self._small
        if source.name:
            options["send_filepath"] = source.name
        else:
            request.body_stream = open(source.descriptor, "rb", closefd=False)  # noqa: SIM115
        if large:
            part_size = options["part_size"] = part_size_for(source.size, self._part_size)
            attempt.part_size = part_size
            options["on_progress"] = attempt.on_progress
            if not self._streams:
                options["fio_options"] = self._from_memory
            client = self._large_client(SENDING_LOOPS, part_size)
        attempt.begin(
            client,
            type=self._types.PUT_OBJECT,
            request=request,
            checksum_config=self._checksum,
            **options,
        )

    def _download_small(self, run: Run, transfer: Transfer, task: Download) -> None:
        attempt = SmallDownloadAttempt(self, run, transfer)
        attempt.begin(
            self._small,
            type=self._types.DEFAULT,
            operation_name="GetObject",
            request=self._get(task, asks=self.verifies),
            on_body=attempt.on_body,
        )

    def _download_large(self, run: Run, transfer: Transfer, task: Download) -> None:
        attempt = LargeDownloadAttempt(self, run, transfer)
        options: dict[str, Any] = {"on_progress": attempt.on_progress}
        if attempt.target.name:
            options["recv_filepath"] = attempt.target.name
            options["fio_options"] = self._past_the_cache
        else:
            options["on_body"] = attempt.on_body
        in_parts = not _MISREAD.search(task.etag.strip('"'))
        attempt.begin(
            self._large_client(RECEIVING_LOOPS, self._part_size),
            type=self._types.GET_OBJECT if in_parts else self._types.DEFAULT,
            operation_name="GetObject",
            request=self._get(task),
            checksum_config=self._validation if self.verifies else None,
            **options,
        )

    def _copy(self, run: Run, transfer: Transfer, task: Copy) -> None:
        if not copies.is_whole(task):
            assert self._part_copies is not None  # noqa: S101 - or there would be no such task
            self._part_copies.start(run, transfer)
            return
        template = self._template_of("CopyObject")
        pairs = [*self._headers_of(template, task.headers), *copies.source_headers(task)]
        headers = self._http.HttpHeaders([*pairs, ("Content-Length", "0")])
        attempt = CopyAttempt(self, run, transfer)
        attempt.begin(
            self._small,
            type=self._types.DEFAULT,
            operation_name="CopyObject",
            request=self._http.HttpRequest("PUT", template.target(task.key), headers),
            on_body=attempt.on_body,
        )

    def failure_of(self, error: BaseException, task: Task) -> Failure:
        if hasattr(error, "name") and type(error).__module__.startswith("awscrt"):
            return errors.from_crt(error, task, self.bucket, self.endpoint)
        return errors.from_exception(error, task, self.bucket)

    # -------------------------------------------------------------------------- parts

    def off_thread(self, work: Any) -> None:
        """Call ``work`` in a thread that may wait for the disk."""
        self._pool.submit(work)

    def abort(self, key: str, *, size: int, part_size: int) -> None:
        """Abort the upload of ``key`` in parts that awscrt takes for done."""
        abort_unfinished(self._client, self.bucket, key, sizes_of(size, part_size), self._options)

    def _large_client(self, loops: int, part_size: int) -> Any:
        connections = self._connections(part_size)
        loops = min(loops, self._allowance.loops)
        client = self._large.get((loops, connections))
        if client is None:
            shape = Shape(
                loops=loops,
                part_size=self._part_size,
                connections=connections,
                streams=self._streams,
            )
            client = get_crt_client(self.template, self.identity, shape)
            self._large[loops, connections] = client
        return client

    def _get(self, task: Download, *, asks: bool = False) -> Any:
        """Return the request; ``asks`` makes the store tell the checksum that it has."""
        template = self._template_of("GetObject")
        headers = self._http.HttpHeaders([*template.headers, *(ASKING if asks else ())])
        return self._http.HttpRequest("GET", template.target(task.key), headers)

    def _template_of(self, operation: Operation) -> Template:
        template = self._templates.get(operation)
        if template is None:
            arguments = self._options.extra_args
            template = make_template(self._client, operation, self.bucket, arguments)
            self._templates[operation] = template
        return template

    def _headers_of(self, template: Template, own: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the template's headers with ``own`` in their place; many objects share theirs."""
        known = self._pairs.get(id(own))
        if known is not None and known[0] is own:
            return known[1]
        names = {name.lower() for name in own}
        pairs = [pair for pair in template.headers if pair[0].lower() not in names]
        pairs += own.items()
        if len(self._pairs) >= 256:
            self._pairs.clear()
        self._pairs[id(own)] = (own, pairs)
        return pairs


def upload_checksum(algorithm: str, *, trailing: bool) -> Any:
    """Return awscrt's checksum settings.

    AWS takes the checksum behind the body, so that the file is read once; many S3-compatible stores
    do not, and get it as a header.
    """
    from awscrt.s3 import S3ChecksumAlgorithm, S3ChecksumConfig, S3ChecksumLocation

    if algorithm == "none":
        return None
    location = S3ChecksumLocation.TRAILER if trailing else S3ChecksumLocation.HEADER
    return S3ChecksumConfig(algorithm=S3ChecksumAlgorithm[algorithm.upper()], location=location)

"""Is a file what the object is: by size, by time, or by what is known of the object's content."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Literal, get_args

from ..clients import get_client
from ..conf import Purpose
from ..daemons import Daemons
from ..exceptions import AWSError, translated
from ..limits import MAX_PARTS, MIB
from .listxml import Object
from .plan import UNCHANGED, UNDECIDED, Differs, Kind, Step
from .tree import File

Compare = Literal["checksum", "size_mtime", "size", "always"]
COMPARISONS: tuple[Compare, ...] = get_args(Compare)

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html: an MD5, or one of parts' MD5s.
_MD5 = re.compile(r"[0-9a-f]{32}")
_PARTS = re.compile(r"[0-9a-f]{32}-(\d+)")
# What common tools cut objects into, in MiB; the sizes of this package's settings come first.
_USUAL_PARTS = (8, 5, 16, 10, 15, 32, 50, 64, 100, 128, 256, 512)
_BLOCK = MIB
_INLINE = 256 * 1024
_WORKERS = 8
_WINDOW = 128
# So many objects in a row whose ETag is an MD5 after all, and a different ETag is believed.
_TRUSTED_AFTER = 3


def differs(compare: Compare, *, upload: bool) -> Differs:
    """Return the pure part of the comparison, for :func:`philo_aws.s3.plan.compare`."""
    if compare == "always":
        return lambda source, target: "always"
    if compare == "size_mtime":
        return _newer_file if upload else _other_time
    if compare == "size":
        return lambda source, target: "" if source.size == target.size else "size"
    return lambda source, target: UNDECIDED if source.size == target.size else "size"


def _newer_file(source: File, target: Object) -> str:
    if source.size != target.size:
        return "size"
    return "mtime" if source.mtime_ns > target.mtime_ns else ""


def _other_time(source: Object, target: File) -> str:
    if source.size != target.size:
        return "size"
    return "" if source.mtime_ns == target.mtime_ns else "mtime"


def decide(steps: Iterable[Step], check: Callable[[Step], str]) -> Iterator[Step]:
    """Settle the steps of kind ``CHECK`` by ``check``, which says why to move or an empty string.

    Steps keep their order; contents of large files are read by several threads ahead of it.
    """
    waiting: deque[tuple[Step, Future[Step] | None]] = deque()
    with Daemons(_WORKERS, "philo-aws-check") as pool:
        try:
            for step in steps:
                future = None
                if step.kind is Kind.CHECK:
                    if step.source.size > _INLINE:
                        future = pool.submit(_settled, step, check)
                    else:
                        step = _settled(step, check)  # noqa: PLW2901
                if future is None and not waiting:
                    yield step
                    continue
                waiting.append((step, future))
                while waiting and (len(waiting) > _WINDOW or _ready(waiting[0][1])):
                    yield _settled_step(*waiting.popleft())
            while waiting:
                yield _settled_step(*waiting.popleft())
        finally:
            for _, future in waiting:
                if future:
                    future.cancel()


def _ready(future: Future[Step] | None) -> bool:
    return future is None or future.done()


def _settled_step(step: Step, future: Future[Step] | None) -> Step:
    return step if future is None else future.result()


def _settled(step: Step, check: Callable[[Step], str]) -> Step:
    try:
        reason = check(step)
    except AWSError as error:
        return step._replace(kind=Kind.BROKEN, reason="", error=error)
    return step._replace(kind=Kind.MOVE if reason else Kind.SAME, reason=reason or UNCHANGED)


class ContentCheck:
    """Compares a file with an object of the same size by what the store knows of its content.

    The ETag where it is an MD5 of the content or of parts of a usual size; only where it is
    neither, a HEAD for a checksum of the whole object. What cannot be told counts as different.
    """

    def __init__(
        self,
        bucket: str,
        region: str | None,
        prefix: str,
        *,
        part_size: int,
        purpose: Purpose,
        extra_args: dict[str, Any] | None = None,
    ) -> None:
        self._bucket = bucket
        self._region = region
        self._prefix = prefix
        self._part_size = part_size
        self._purpose: Purpose = purpose
        self._extra_args = extra_args or {}
        self._plain_in_a_row = 0

    def __call__(self, step: Step) -> str:
        """Return why the two of ``step`` differ, or an empty string."""
        file, item = step.source, step.target
        if isinstance(item, File):
            file, item = item, file
        with translated(filename=file.path):
            return "" if self._same(file, item) else "checksum"

    def _same(self, file: File, item: Object) -> bool:
        if _MD5.fullmatch(item.etag):
            if _md5(file.path) == item.etag:
                return True
            # An object encrypted with a KMS or a customer's key has an ETag that looks like one.
            if self._plain_in_a_row >= _TRUSTED_AFTER:
                return False
        elif found := _PARTS.fullmatch(item.etag):
            for part in part_sizes(file.size, int(found[1]), self._part_size):
                if _md5_of_parts(file.path, part) == item.etag:
                    return True
        head = self._head(item.key)
        encrypted = head.get("SSECustomerAlgorithm") or "kms" in head.get(
            "ServerSideEncryption", ""
        )
        if _MD5.fullmatch(item.etag) and not encrypted:
            self._plain_in_a_row += 1
            return False
        self._plain_in_a_row = 0
        return _matches_checksum(file.path, head)

    def _head(self, key: str) -> dict[str, Any]:
        with translated(bucket=self._bucket, key=self._prefix + key, region=self._region):
            client = get_client("s3", self._region, purpose=self._purpose)
            return dict(
                client.head_object(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    ChecksumMode="ENABLED",
                    **self._extra_args,
                )
            )


def part_sizes(size: int, count: int, own: int) -> list[int]:
    """Return the part sizes that cut ``size`` bytes into ``count`` parts, the likeliest first."""
    usual = [own, *(mib * MIB for mib in _USUAL_PARTS), -(-size // MAX_PARTS)]
    # A tool that makes parts larger to stay under 10,000 doubles them, or rounds up to whole MiB.
    grown = own
    while grown and grown * count < size:
        grown *= 2
        usual.append(grown)
    usual.append(-(-size // count // MIB) * MIB if count else 0)
    fitting = [part for part in usual if part > 0 and -(-size // part) == count]
    return list(dict.fromkeys(fitting))


def _blocks(path: str) -> Iterator[bytes]:
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            yield block


def _md5(path: str) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _md5_of_parts(path: str, part_size: int) -> str:
    digests, room = [], 0
    digest = hashlib.md5(usedforsecurity=False)
    for block in _blocks(path):
        view = memoryview(block)
        while view:
            if not room:
                digest = hashlib.md5(usedforsecurity=False)
                digests.append(digest)
                room = part_size
            digest.update(view[:room])
            taken = min(room, len(view))
            view, room = view[taken:], room - taken
    whole = hashlib.md5(b"".join(part.digest() for part in digests), usedforsecurity=False)
    return f"{whole.hexdigest()}-{len(digests)}"


def _matches_checksum(path: str, head: dict[str, Any]) -> bool:
    if head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return False
    for name, compute in _CHECKSUMS.items():
        stored = head.get(f"Checksum{name}")
        if stored and "-" not in stored:
            return bool(base64.b64encode(compute(path)).decode() == stored)
    return False


def _sha256(path: str) -> bytes:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.digest()


def _crc(path: str, width: int, update: Callable[[bytes, int], int]) -> bytes:
    value = 0
    for block in _blocks(path):
        value = update(block, value)
    return value.to_bytes(width, "big")


def _crc32c(path: str) -> bytes:
    from awscrt import checksums

    return _crc(path, 4, checksums.crc32c)


def _crc64nvme(path: str) -> bytes:
    from awscrt import checksums

    return _crc(path, 8, checksums.crc64nvme)


_CHECKSUMS: dict[str, Callable[[str], bytes]] = {
    "CRC64NVME": _crc64nvme,
    "CRC32C": _crc32c,
    "CRC32": lambda path: _crc(path, 4, zlib.crc32),
    "SHA256": _sha256,
}

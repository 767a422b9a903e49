"""Is a file what the object of its size is: by what is known of the object's content."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from ...aws_errors import translated
from ...clients import get_client
from ...exceptions import AWSError, InvalidRequestError, NotSupportedError
from ...limits import MAX_PARTS, MIB
from ...side_by_side import SideBySide
from ..engine import proof
from ..files.rooted import ANYWHERE, Root
from ..files.tree import File
from ..listing.xml import Object
from ..request.remote import Remote
from .ahead import in_order
from .plan import UNCHANGED, PlanStep, Verdict

Check = Callable[[PlanStep], str | None]
"""Says why to move a step, an empty string for not at all, ``None`` where it cannot tell."""
DIFFERENT = "checksum"

# What common tools cut objects into, in MiB; the sizes of this package's settings come first.
_USUAL_PARTS = (8, 5, 16, 10, 15, 32, 50, 64, 100, 128, 256, 512)
_INLINE = 256 * 1024
# So many objects in a row whose ETag is an MD5 after all, and a different ETag is believed.
_TRUSTED_AFTER = 3


def decide(
    steps: Iterable[PlanStep],
    check: Check,
    *,
    at_once: Check | None = None,
    otherwise: Check | None = None,
) -> Iterator[PlanStep]:
    """Settle steps of the verdict ``CHECK`` by ``check``: it says why to move, or an empty string.

    Small files are settled ``at_once``, which says ``None`` where it cannot tell, and
    ``otherwise`` like the large ones: side by side, ahead of the order that steps keep.
    """
    first, second = at_once or check, otherwise or check

    def begin(pool: SideBySide, step: PlanStep) -> PlanStep | Future[PlanStep]:
        if step.verdict is not Verdict.CHECK:
            return step
        if step.source.size > _INLINE:
            return pool.submit(_settled, step, check)
        step = _settled(step, first)
        return step if step.verdict is not Verdict.CHECK else pool.submit(_settled, step, second)

    return in_order(steps, begin)


def _settled(step: PlanStep, check: Check) -> PlanStep:
    try:
        reason = check(step)
    except AWSError as error:
        return step._replace(verdict=Verdict.BROKEN, reason="", error=error)
    if reason is None:
        return step
    return step._replace(
        verdict=Verdict.MOVE if reason else Verdict.SAME, reason=reason or UNCHANGED
    )


class ContentCheck:
    """Compares a file with an object of the same size by what the store knows of its content.

    The ETag where it is an MD5 of the content or of parts of a usual size; only where it is
    neither, a HEAD for a checksum of the whole object, and where there is none, another one for the
    size of the parts. What cannot be told counts as different.
    """

    def __init__(self, remote: Remote, root: Root = ANYWHERE) -> None:
        self._remote = remote
        self._root = root
        self._part_size = remote.tuning.part_size
        self._asked = {**remote.given_for("HeadObject"), "ChecksumMode": "ENABLED"}
        self._plain_in_a_row = 0

    def __call__(self, step: PlanStep) -> str:
        """Return why the two of ``step`` differ, or an empty string."""
        reason = self.by_etag(step)
        return self.by_asking(step) if reason is None else reason

    def by_etag(self, step: PlanStep) -> str | None:
        """Return the same by what was listed, ``None`` where that does not tell."""
        file, item = _both(step)
        with translated(filename=file.path):
            same = self._same_by_etag(file, item)
        return None if same is None else "" if same else DIFFERENT

    def by_asking(self, step: PlanStep) -> str:
        """Return the same by what the store tells of the object, which takes a request or two."""
        file, item = _both(step)
        with translated(filename=file.path):
            return "" if self._same_by_asking(file, item) else DIFFERENT

    def _same_by_etag(self, file: File, item: Object) -> bool | None:
        etag = proof.bare_etag(item.etag)
        if proof.is_md5(etag):
            if self._digest(file, proof.MD5) == etag:
                return True
            # An object encrypted with a KMS or a customer's key has an ETag that looks like one.
            if self._plain_in_a_row >= _TRUSTED_AFTER:
                return False
        elif count := proof.parts_in(etag):
            for part_size in part_sizes(file.size, count, self._part_size):
                if self._digest(file, proof.MD5, part_size) == etag:
                    return True
        return None

    def _same_by_asking(self, file: File, item: Object) -> bool:
        etag = proof.bare_etag(item.etag)
        headers = self._head(item.key)
        encrypted = proof.is_encrypted(headers)
        if proof.is_md5(etag) and not encrypted:
            self._plain_in_a_row += 1
            return False
        self._plain_in_a_row = 0
        return self._fits(file, item.key, headers, "" if encrypted else etag)

    def _fits(self, file: File, key: str, headers: Mapping[str, str], etag: str) -> bool:
        """Compare the file with a checksum, else with what is told of the object's parts."""
        name, value = proof.checksum_of(headers)
        if name and "-" not in value:
            return self._digest(file, name) == value
        if not name:
            name, value = proof.MD5, etag
        _, _, count = value.partition("-")
        if not count.isdecimal() or (name == proof.MD5 and not proof.parts_in(value)):
            return False
        part_size = self._part_size_of(key, file.size, int(count))
        return bool(part_size) and self._digest(file, name, part_size) == value

    def _part_size_of(self, key: str, size: int, count: int) -> int:
        """Return the bytes of the first of ``count`` parts; 0 where the store does not tell."""
        try:
            told = self._head(key, PartNumber=1)
        except (InvalidRequestError, NotSupportedError):
            return 0  # not every store has this
        length = told.get("content-length", "")
        part_size = int(length) if length.isascii() and length.isdigit() else 0
        return part_size if part_size and -(-size // part_size) == count else 0

    def _head(self, key: str, **more: Any) -> Mapping[str, str]:
        """Return the headers of the answer, their names in lower case."""
        remote, key = self._remote, self._remote.prefix + key
        with translated(bucket=remote.bucket, key=key, region=remote.region):
            client = get_client("s3", remote.region, purpose=remote.purpose)
            answer = client.head_object(Bucket=remote.bucket, Key=key, **self._asked, **more)
        found = answer["ResponseMetadata"]["HTTPHeaders"]
        return {name.lower(): value for name, value in found.items()}

    def _digest(self, file: File, name: str, part_size: int = 0) -> str:
        descriptor = self._root.open(self._root.name_of(file.path))
        try:
            chunks = proof.chunks_of(descriptor, file.size)
            if part_size:
                return proof.digest_of_parts(name, chunks, part_size)
            return proof.digest(name, chunks)
        finally:
            os.close(descriptor)


def _both(step: PlanStep) -> tuple[File, Object]:
    source, target = step.source, step.target
    return (target, source) if isinstance(target, File) else (source, target)


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

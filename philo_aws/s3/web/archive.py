"""A prefix as a zip, made while it is sent: neither disk nor memory grows with its bytes."""

from __future__ import annotations

import io
import time
import zipfile
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ...aws_errors import translated
from ...exceptions import AWSError, NetworkError
from ...patience import delay
from ...sentences import Sentence
from ..request.access import client_for
from .page import iterate
from .zip_names import Names

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_s3 import S3Client

    from ...conf import Purpose

CHUNK = 256 * 1024
ERRORS_NAME = "_NOT_INCLUDED.txt"
RESUMED = 3
"""How often an object that broke off is asked for the rest before the zip is given up."""


def zip_objects(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefixes: Iterable[str] = (),
    keys: Iterable[str] = (),
    root: str = "",
    purpose: Purpose = "web",
) -> Iterator[bytes]:
    """Yield the bytes of a zip of ``keys`` and of everything below ``prefixes``.

    Names are the keys without ``root``, made harmless by
    :class:`~philo_aws.s3.web.zip_names.Names`. Objects are stored uncompressed, in flat memory;
    every one is of one version. One that cannot be begun is named in ``_NOT_INCLUDED.txt`` inside
    the zip. One that breaks off is asked for the rest; where that does not come, or the listing
    breaks off, the iterator raises :exc:`~philo_aws.exceptions.AWSError` and the zip has no end, so
    that no program takes it for a whole one. The first request is made before the first byte: a
    bucket that cannot be listed raises at once.
    """
    client = client_for(bucket_name, region_name, purpose)
    found = _all(bucket_name, region_name, prefixes, keys, purpose)
    first = next(found, None)
    return _stream(client, bucket_name, first, found, root)


class _Sink(io.RawIOBase):
    """Where ``zipfile`` writes; it cannot go back, so the zip is written front to back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _all(
    bucket_name: str,
    region_name: str | None,
    prefixes: Iterable[str],
    keys: Iterable[str],
    purpose: Purpose,
) -> Iterator[str]:
    yield from keys
    for prefix in prefixes:
        for entry in iterate(bucket_name, region_name, prefix=prefix, purpose=purpose):
            # The empty object that shows an empty folder is no file.
            if entry.size or not entry.key.endswith("/"):
                yield entry.key


def _stream(
    client: S3Client, bucket_name: str, first: str | None, rest: Iterator[str], root: str
) -> Iterator[bytes]:
    sink, names, problems = _Sink(), Names(ERRORS_NAME), list[str]()
    # What the blocks write at their end after an error stays in the sink.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        key = first
        while key is not None:
            try:
                with translated(bucket=bucket_name, key=key):
                    answer: dict[str, Any] = dict(client.get_object(Bucket=bucket_name, Key=key))
            except AWSError as error:
                problems.append(f"{key!r}: {error.message}")
            else:
                # What a folder's own object holds is a file within that folder.
                inside = f"{key}_" if key.endswith("/") else key
                name = names.take(inside.removeprefix(root))
                info = zipfile.ZipInfo(name, _zip_time(answer.get("LastModified")))
                info.external_attr = 0o644 << 16
                # An entry that may pass 2 GiB must be announced as such before it begins.
                large = answer.get("ContentLength", zipfile.ZIP64_LIMIT) >= zipfile.ZIP64_LIMIT
                with archive.open(info, "w", force_zip64=large) as member:
                    for chunk in _content(client, bucket_name, key, answer):
                        member.write(chunk)
                        yield sink.take()
                yield sink.take()
            key = next(rest, None)
        if problems:
            archive.writestr(ERRORS_NAME, "\n".join(problems) + "\n")
    yield sink.take()


def _content(
    client: S3Client, bucket_name: str, key: str, answer: Mapping[str, Any]
) -> Iterator[bytes]:
    """Yield an object's bytes; what breaks off goes on with the same version of it.

    Raises :exc:`~philo_aws.exceptions.AWSError`.
    """
    etag, size = answer.get("ETag"), answer.get("ContentLength")
    received = resumed = 0
    body = answer["Body"]
    while True:
        try:
            with translated(bucket=bucket_name, key=key), body:
                for chunk in body.iter_chunks(CHUNK):
                    received += len(chunk)
                    yield chunk
        except AWSError:
            if not etag or not size or received >= size or resumed == RESUMED:
                raise
        else:
            return
        resumed += 1
        time.sleep(delay(resumed))
        with translated(bucket=bucket_name, key=key):
            rest = client.get_object(
                Bucket=bucket_name, Key=key, Range=f"bytes={received}-", IfMatch=etag
            )
        body = rest["Body"]
        if not rest.get("ContentRange", "").startswith(f"bytes {received}-"):
            body.close()
            raise NetworkError(
                Sentence(
                    gettext_noop(
                        "{key!r} broke off after {received:,} of {size:,} bytes, and the store "
                        "does not send the rest by itself. Try again."
                    ),
                    key=key,
                    received=received,
                    size=size,
                )
            )


def _zip_time(moment: datetime.datetime | None) -> tuple[int, int, int, int, int, int]:
    # Zip knows the years 1980 to 2107 alone.
    if moment is None or moment.year < 1980:
        return (1980, 1, 1, 0, 0, 0)
    year = min(moment.year, 2107)
    return (year, moment.month, moment.day, moment.hour, moment.minute, moment.second)

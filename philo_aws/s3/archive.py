"""A prefix as a zip, made while it is sent: neither disk nor memory grows with it."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from typing import TYPE_CHECKING

from ..exceptions import AWSError, translated
from .access import client_for
from .browse import iterate

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client

    from ..conf import Purpose

CHUNK = 256 * 1024
ERRORS_NAME = "_NOT_INCLUDED.txt"


def zip_objects(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefixes: Iterable[str] = (),
    keys: Iterable[str] = (),
    root: str = "",
    purpose: Purpose = "commands",
) -> Iterator[bytes]:
    """Yield the bytes of a zip of ``keys`` and of everything below ``prefixes``.

    Names are the keys without ``root``, made harmless: no ``..``, no leading slash, no drive, no
    control characters. Objects are stored uncompressed, in flat memory. One that cannot be read is
    named in ``_NOT_INCLUDED.txt`` inside the zip. The first request is made before the first byte,
    so that a bucket that cannot be listed raises :exc:`~philo_aws.exceptions.AWSError` at once.
    """
    client = client_for(bucket_name, region_name, purpose)
    found = _all(bucket_name, region_name, prefixes, keys, purpose)
    first = next(found, None)
    return _stream(client, bucket_name, first, found, root)


def safe_name(key: str, taken: set[str]) -> str:
    """Return a relative path for ``key`` that no unpacker can be led astray by, not yet taken."""
    cleaned = "".join(
        "_" if unicodedata.category(character)[0] == "C" or character in '\\:*?"<>|' else character
        for character in key
    )
    parts = [part.strip(" ") for part in cleaned.split("/")]
    parts = [part for part in parts if part not in ("", ".", "..")]
    name = "/".join(parts) or "_"
    candidate, number = name, 2
    while candidate.casefold() in taken:
        stem, dot, suffix = name.rpartition(".")
        candidate = f"{stem} ({number}).{suffix}" if dot and stem else f"{name} ({number})"
        number += 1
    taken.add(candidate.casefold())
    return candidate


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
            yield entry.key


def _stream(
    client: S3Client, bucket_name: str, first: str | None, rest: Iterator[str], root: str
) -> Iterator[bytes]:
    sink, taken, problems = _Sink(), {ERRORS_NAME.casefold()}, list[str]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        try:
            key = first
            while key is not None:
                if not key.endswith("/"):
                    name = safe_name(key.removeprefix(root), taken)
                    yield from _add(client, bucket_name, key, name, archive, sink, problems)
                key = next(rest, None)
        except AWSError as error:
            problems.append(f"The list broke off: {error.message}")
        if problems:
            archive.writestr(ERRORS_NAME, "\n".join(problems) + "\n")
    yield sink.take()


def _add(
    client: S3Client,
    bucket_name: str,
    key: str,
    name: str,
    archive: zipfile.ZipFile,
    sink: _Sink,
    problems: list[str],
) -> Iterator[bytes]:
    received = 0
    try:
        with translated(bucket=bucket_name, key=key):
            answer = client.get_object(Bucket=bucket_name, Key=key)
            info = zipfile.ZipInfo(name, _zip_time(answer["LastModified"]))
            info.external_attr = 0o644 << 16
            # An entry that may pass 2 GiB must be announced as such before it begins.
            large = answer["ContentLength"] >= 2**31 - 1
            body = answer["Body"]
            with body, archive.open(info, "w", force_zip64=large) as member:
                for chunk in body.iter_chunks(CHUNK):
                    received += len(chunk)
                    member.write(chunk)
                    yield sink.take()
    except AWSError as error:
        problems.append(f"{key!r}: only {received:,} bytes are here: {error.message}")
    yield sink.take()


def _zip_time(moment: datetime.datetime) -> tuple[int, int, int, int, int, int]:
    # Zip knows no time before 1980.
    year = max(moment.year, 1980)
    return (year, moment.month, moment.day, moment.hour, moment.minute, moment.second)

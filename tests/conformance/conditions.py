"""What each server does with a write that has a condition: `If-None-Match: *` and `If-Match`."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.servers import SERVERS, LocalAWS

OLD, NEW = b"old", b"new"
AT_ONCE = 8
WRITTEN = "written"
INTRODUCTION = """\
## Conditional writes

What becomes of a write with a condition: "written" means that the object is the new one afterwards,
a number that the request was refused so. Storages that do not overwrite depend on `If-None-Match`,
files that are opened to be changed on `If-Match`. The column of AWS is what its documentation says;
what a server does otherwise is bold.
"""


Write = Callable[..., Any]
"""Writes the object of a key, with boto's parameters of the condition."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row of the table."""

    operation: str
    """The request that writes."""
    condition: str
    """What it asks for, and what is there."""
    aws: str
    """What AWS documents."""
    outcome: Callable[[Write, str, Any, str], str]
    """Does it: how to write, a free key, the client and the bucket."""


def writers(client: Any, bucket: str) -> Mapping[str, Write]:
    """The two operations that take conditions."""

    def put(key: str, **condition: str) -> None:
        client.put_object(Bucket=bucket, Key=key, Body=NEW, **condition)

    def complete(key: str, **condition: str) -> None:
        where = {"Bucket": bucket, "Key": key}
        where["UploadId"] = client.create_multipart_upload(**where)["UploadId"]
        etag = client.upload_part(**where, PartNumber=1, Body=NEW)["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        try:
            client.complete_multipart_upload(**where, MultipartUpload=parts, **condition)
        except ClientError:
            # Some take the upload away with the refusal.
            with contextlib.suppress(ClientError):
                client.abort_multipart_upload(**where)
            raise

    return {"PutObject": put, "CompleteMultipartUpload": complete}


def tried(write: Write, key: str, client: Any, bucket: str, **condition: str) -> str:
    """What became of one write."""
    try:
        write(key, **condition)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{status} {error.response['Error']['Code']}"
    content = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return WRITTEN if content == NEW else "200, and the old one is there"


def existing(client: Any, bucket: str, key: str, body: bytes = OLD) -> str:
    """Put an object there; returns its ETag."""
    return str(client.put_object(Bucket=bucket, Key=key, Body=body)["ETag"])


def none_on_free(write: Write, key: str, client: Any, bucket: str) -> str:
    """A name that is free."""
    return tried(write, key, client, bucket, IfNoneMatch="*")


def none_on_taken(write: Write, key: str, client: Any, bucket: str) -> str:
    """A name that is taken."""
    existing(client, bucket, key)
    return tried(write, key, client, bucket, IfNoneMatch="*")


def none_at_once(write: Write, key: str, client: Any, bucket: str) -> str:
    """Several writers of one free name."""
    gate = threading.Barrier(AT_ONCE)
    outcomes: list[str] = []

    def one() -> None:
        gate.wait()
        outcomes.append(tried(write, key, client, bucket, IfNoneMatch="*"))

    threads = [threading.Thread(target=one) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return f"{outcomes.count(WRITTEN)} of {AT_ONCE} written"


def match_same(write: Write, key: str, client: Any, bucket: str) -> str:
    """The object is the one that is meant."""
    etag = existing(client, bucket, key)
    return tried(write, key, client, bucket, IfMatch=etag)


def match_other(write: Write, key: str, client: Any, bucket: str) -> str:
    """The object is another one by now."""
    etag = existing(client, bucket, key)
    existing(client, bucket, key, b"other")
    return tried(write, key, client, bucket, IfMatch=etag)


def match_gone(write: Write, key: str, client: Any, bucket: str) -> str:
    """The object is gone."""
    etag = existing(client, bucket, key)
    client.delete_object(Bucket=bucket, Key=key)
    return tried(write, key, client, bucket, IfMatch=etag)


CONDITIONS: Mapping[Callable[[Write, str, Any, str], str], tuple[str, str]] = {
    none_on_free: ("`If-None-Match: *`, the name is free", WRITTEN),
    none_on_taken: ("`If-None-Match: *`, the name is taken", "412 PreconditionFailed"),
    none_at_once: (f"`If-None-Match: *`, {AT_ONCE} writers at once", f"1 of {AT_ONCE} written"),
    match_same: ("`If-Match`, the object is that one", WRITTEN),
    match_other: ("`If-Match`, it is another one by now", "412 PreconditionFailed"),
    match_gone: ("`If-Match`, it is gone", "404 NoSuchKey"),
}
CASES = [
    Case(operation=operation, condition=condition, aws=aws, outcome=outcome)
    for operation in ("PutObject", "CompleteMultipartUpload")
    for outcome, (condition, aws) in CONDITIONS.items()
]


def outcomes(aws: LocalAWS) -> list[str]:
    """What this server does in each of `CASES`."""
    client, bucket = aws.client("s3"), aws.make_bucket()
    write = writers(client, bucket)
    return [
        case.outcome(write[case.operation], f"key-{number}", client, bucket)
        for number, case in enumerate(CASES)
    ]


def on_server(name: str) -> list[str]:
    """The same, on a server that is started for it."""
    with tempfile.TemporaryDirectory() as folder, SERVERS[name](Path(folder) / name) as aws:
        found = outcomes(aws)
        aws.close()
        return found


def table(found: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The lines of the table, with a column for each server; what differs from AWS is bold."""
    yield " | ".join(["| request", "condition", "AWS", *found]) + " |"
    yield "|---" * (3 + len(found)) + "|"
    for number, case in enumerate(CASES):
        cells = [each[number] for each in found.values()]
        shown = [cell if cell == case.aws else f"**{cell}**" for cell in cells]
        yield " | ".join([f"| {case.operation}", case.condition, case.aws, *shown]) + " |"

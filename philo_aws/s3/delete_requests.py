"""The one deleter: which keys go in which request, and which of them an answer proves gone.

A key counts as deleted when the answer to DeleteObjects names it so, or when it had a DELETE of its
own that was answered as S3 answers one. What the answer leaves out, or gives back as another text,
gets such a request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings
from ..aws_errors import translated
from ..clients import get_client, has_own_endpoint
from ..codes import from_code
from ..conf import Purpose
from ..exceptions import (
    RETRIED,
    AWSError,
    ConflictError,
    Context,
    InvalidRequestError,
    Kind,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
    ServiceError,
)
from ..limits import MAX_KEYS
from ..patience import delay, patience_for
from ..sentences import Sentence
from ..side_by_side import SideBySide
from .engine.proof import bare_etag
from .request.names import check_key
from .request.remote import Remote, make_remote
from .request.xml_requests import ask

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BATCH = MAX_KEYS
FIRST_AT_ONCE, MOST_AT_ONCE = 8, 64
"""Requests that delete at once, at first and at most."""
# XML cannot hold these, or parsers change them on the way: such a key goes in a request of its own.
_NOT_FOR_XML = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]|^\\s|\\s$")

Answers = list[tuple[str, AWSError | None]]
"""Keys, each with the error that it was not deleted for."""


def delete_keys(
    bucket_name: str,
    keys: Sequence[str],
    region_name: str | None = None,
    *,
    etags: Mapping[str, str] | None = None,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, AWSError]:
    """Delete these objects and return the error of each key that was not deleted.

    A key that is not there counts as deleted, as it does for S3. A key that ``etags`` gives an ETag
    for goes only if the object still has it; else its error is a
    :exc:`~philo_aws.exceptions.ConflictError` with the code ``PreconditionFailed``. AWS compares
    while it deletes, which also needs ``s3:GetObject``:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html. At an endpoint
    of one's own, which may know nothing of it, the object is looked at just before. A request a
    key; one for a thousand keys without ETags.

    Raises :exc:`~philo_aws.exceptions.UsageError` for what are no keys, and
    :exc:`~philo_aws.exceptions.AWSError` when nothing was deleted because the whole first request
    was refused, or, of keys with ETags, because AWS was not reached, was too busy, or would answer
    every request so.
    """
    wanted = dict.fromkeys(check_key(key) for key in list_of_strings("keys", keys))
    remote = make_remote(bucket_name, region_name, "", extra_args, None, purpose)
    bound = {key: etags[key] for key in wanted if etags and etags.get(key)}
    refused: dict[str, AWSError] = {}
    if bound:
        with SideBySide(MOST_AT_ONCE, FIRST_AT_ONCE, "philo-aws-delete") as pool:
            errors = pool.map(lambda key: delete_one(remote, key, bound[key]), bound)
            refused = {key: error for key, error in zip(bound, errors, strict=True) if error}
        if len(refused) == len(wanted):
            _raise_if_of_all(refused.values())
    left = [key for key in wanted if key not in bound]
    for batch in batches(left):
        answers: Answers = []
        begun = len(bound) > len(refused) or batch[0] != left[0]
        try:
            error = delete_batch(remote, batch, answers)
        except AWSError as problem:
            error = problem
        if error and not begun:
            raise error
        refused |= {key: problem for key, problem in answers if problem}
    return refused


def _raise_if_of_all(errors: Iterable[AWSError]) -> None:
    for error in errors:
        if error.kind is Kind.PERMANENT:
            return
    raise error


def batches(keys: Iterable[str]) -> Iterator[list[str]]:
    """Yield the keys of one request after the other."""
    batch: list[str] = []
    for key in keys:
        if _NOT_FOR_XML.search(key):
            yield [key]
            continue
        batch.append(key)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def delete_batch(remote: Remote, batch: Sequence[str], answers: Answers) -> AWSError | None:
    """Delete a batch and add to ``answers`` what became of each key, as soon as that is known.

    Returns the error of a request when nothing of the batch got through; raises it when that of
    any other batch would be the same. This may run in a thread that is left alone, so it tells
    nobody else.
    """
    if len(batch) == 1 and _NOT_FOR_XML.search(batch[0]):
        return _alone(remote, batch, answers)
    patience, begun, attempts = patience_for(remote.purpose), time.monotonic(), 0
    left, silent = list(batch), list[str]()
    while left:
        attempts += 1
        try:
            failed = _request(remote, left, silent)
        except AWSError as error:
            answers += [(key, error) for key in [*left, *silent]]
            if error.kind is Kind.FOR_ALL:
                raise
            return error if attempts == 1 else None
        passes = {key: error for key, error in failed.items() if error and error.kind in RETRIED}
        if passes and patience.is_over(
            attempts=attempts,
            seconds=time.monotonic() - begun,
            kind=next(iter(passes.values())).kind,
            reached=True,
        ):
            passes = {}
        answers += [(key, error) for key, error in failed.items() if key not in passes]
        left = list(passes)
        if left:
            time.sleep(delay(attempts))
    return _alone(remote, silent, answers)


def _alone(remote: Remote, keys: Sequence[str], answers: Answers) -> AWSError | None:
    """Give each key a request of its own, until one finds out that there is no use in it."""
    for number, key in enumerate(keys):
        error = delete_one(remote, key)
        if error is None or error.kind is Kind.PERMANENT:
            answers.append((key, error))
            continue
        answers += [(other, error) for other in keys[number:]]
        if error.kind is Kind.FOR_ALL:
            raise error
        return error if not number else None
    return None


def _request(remote: Remote, keys: Sequence[str], silent: list[str]) -> dict[str, AWSError | None]:
    """Send one request and return what it says of each key; what it says nothing of is silent."""
    client = get_client("s3", remote.region, purpose=remote.purpose)
    objects = [{"Key": key} for key in keys]
    answer = ask(
        client,
        "DeleteObjects",
        {
            **remote.given_for("DeleteObjects"),
            "Bucket": remote.bucket,
            "Delete": {"Objects": objects},
        },
        region_name=remote.region,
    ).told
    said: dict[str, AWSError | None] = {
        entry.get("Key", ""): None for entry in answer.get("Deleted", [])
    }
    for entry in answer.get("Errors", []):
        key, code = entry.get("Key", ""), entry.get("Code", "")
        # Some stores say so of what AWS calls deleted.
        if code == "NoSuchKey":
            said.setdefault(key, None)
            continue
        where = Context(bucket=remote.bucket, key=key, operation="DeleteObjects")
        said[key] = from_code(code, 0, entry.get("Message", ""), where)
    silent += [key for key in keys if key not in said]
    return {key: said[key] for key in keys if key in said}


def delete_one(remote: Remote, key: str, etag: str = "") -> AWSError | None:
    """Delete one object by a request of its own; with ``etag`` only if it still has that.

    Returns the error where it was not deleted.
    """
    client = get_client("s3", remote.region, purpose=remote.purpose)
    try:
        if etag and has_own_endpoint("s3"):
            _check_etag(client, remote, key, etag)
        try:
            _delete(client, remote, key, etag)
        except (NotSupportedError, InvalidRequestError):
            if not etag:
                raise
            # A store that has no conditions: comparing is the most that can be done.
            _check_etag(client, remote, key, etag)
            _delete(client, remote, key)
    except NotFoundError as error:
        return _of_not_found(error, key)
    except AWSError as error:
        return error
    return None


def _delete(client: S3Client, remote: Remote, key: str, etag: str = "") -> None:
    condition = {"IfMatch": _quoted(etag)} if etag else {}
    arguments: Any = {**remote.given_for("DeleteObject"), **condition}
    with translated(bucket=remote.bucket, key=key, region=remote.region):
        client.delete_object(**{**arguments, "Bucket": remote.bucket, "Key": key})


def _check_etag(client: S3Client, remote: Remote, key: str, etag: str) -> None:
    """Raise :exc:`~philo_aws.exceptions.ConflictError` unless the object has this ETag."""
    given: Any = remote.given_for("HeadObject")
    try:
        with translated(bucket=remote.bucket, key=key, region=remote.region):
            head = client.head_object(**{**given, "Bucket": remote.bucket, "Key": key})
    except ObjectNotFoundError:
        return  # then there is nothing to keep, and the deletion says more
    if bare_etag(head["ETag"]) != bare_etag(etag):
        raise ConflictError(
            Sentence(
                gettext_noop(
                    "The object {key!r} in bucket {bucket!r} was changed meanwhile, so it "
                    "was not deleted."
                ),
                key=key,
                bucket=remote.bucket,
            ),
            code="PreconditionFailed",
        )


def _of_not_found(error: NotFoundError, key: str) -> AWSError | None:
    """Return what "not found" means for a deletion: that the object is gone, where S3 says so."""
    if error.code == "NoSuchKey":
        return None
    if error.code in ("", "404", "NotFound"):
        return ServiceError(
            Sentence(
                gettext_noop(
                    "The endpoint answered the deletion of {key!r} with 404 and says of "
                    "nothing that it is not there, so the object may be there still. Most "
                    "likely the endpoint cannot take a key like this one."
                ),
                key=key,
            ),
            code="404",
        )
    return error


def _quoted(etag: str) -> str:
    return etag if etag.startswith('"') else f'"{etag}"'

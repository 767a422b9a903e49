"""The one deleter: which keys go in which request, and which of them an answer proves gone.

A key counts as deleted when the answer to DeleteObjects names it so, or when it had a DELETE of its
own that was answered as S3 answers one. What the answer leaves out, or gives back as another text,
gets such a request. So it is with a version of an object, which the answer names by its id too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

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

_GONE = ("NoSuchKey", "NoSuchVersion")


class Doomed(NamedTuple):
    """What is to be deleted."""

    key: str
    """The object's key."""
    version_id: str = ""
    """The version that goes for good; empty for the object, of which old versions stay."""


Answers = list[tuple[Doomed, AWSError | None]]
"""What was to be deleted, each with the error that it was not deleted for."""


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
    for batch in batches(map(Doomed, left)):
        answers: Answers = []
        begun = len(bound) > len(refused) or batch[0].key != left[0]
        try:
            error = delete_batch(remote, batch, answers)
        except AWSError as problem:
            error = problem
        if error and not begun:
            raise error
        refused |= {item.key: problem for item, problem in answers if problem}
    return refused


def _raise_if_of_all(errors: Iterable[AWSError]) -> None:
    for error in errors:
        if error.kind is Kind.PERMANENT:
            return
    raise error


def batches(items: Iterable[Doomed]) -> Iterator[list[Doomed]]:
    """Yield what goes in one request after the other."""
    batch: list[Doomed] = []
    for item in items:
        if _NOT_FOR_XML.search(item.key):
            yield [item]
            continue
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def delete_batch(remote: Remote, batch: Sequence[Doomed], answers: Answers) -> AWSError | None:
    """Delete a batch and add to ``answers`` what became of each of it, as soon as that is known.

    Returns the error of a request when nothing of the batch got through; raises it when that of
    any other batch would be the same. This may run in a thread that is left alone, so it tells
    nobody else.
    """
    if len(batch) == 1 and _NOT_FOR_XML.search(batch[0].key):
        return _alone(remote, batch, answers)
    patience, begun, attempts = patience_for(remote.purpose), time.monotonic(), 0
    left, silent = list(batch), list[Doomed]()
    while left:
        attempts += 1
        try:
            failed = _request(remote, left, silent)
        except AWSError as error:
            answers += [(item, error) for item in [*left, *silent]]
            if error.kind is Kind.FOR_ALL:
                raise
            return error if attempts == 1 else None
        passes = {item: error for item, error in failed.items() if error and error.kind in RETRIED}
        if passes and patience.is_over(
            attempts=attempts,
            seconds=time.monotonic() - begun,
            kind=next(iter(passes.values())).kind,
            reached=True,
        ):
            passes = {}
        answers += [(item, error) for item, error in failed.items() if item not in passes]
        left = list(passes)
        if left:
            time.sleep(delay(attempts))
    return _alone(remote, silent, answers)


def _alone(remote: Remote, items: Sequence[Doomed], answers: Answers) -> AWSError | None:
    """Give each a request of its own, until one finds out that there is no use in it."""
    for number, item in enumerate(items):
        error = delete_one(remote, item.key, version_id=item.version_id)
        if error is None or error.kind is Kind.PERMANENT:
            answers.append((item, error))
            continue
        answers += [(other, error) for other in items[number:]]
        if error.kind is Kind.FOR_ALL:
            raise error
        return error if not number else None
    return None


def _request(
    remote: Remote, items: Sequence[Doomed], silent: list[Doomed]
) -> dict[Doomed, AWSError | None]:
    """Send one request and return what it says of each; what it says nothing of is silent."""
    client = get_client("s3", remote.region, purpose=remote.purpose)
    answer = ask(
        client,
        "DeleteObjects",
        {
            **remote.given_for("DeleteObjects"),
            "Bucket": remote.bucket,
            "Delete": {"Objects": list(map(_identifier, items))},
        },
        region_name=remote.region,
    ).told
    asked = set(items)
    said: dict[Doomed, AWSError | None] = {
        _meant(entry, asked): None for entry in answer.get("Deleted", [])
    }
    for entry in answer.get("Errors", []):
        item, code = _meant(entry, asked), entry.get("Code", "")
        # Some stores say so of what AWS calls deleted.
        if code in _GONE:
            said.setdefault(item, None)
            continue
        where = Context(bucket=remote.bucket, key=item.key, operation="DeleteObjects")
        said[item] = from_code(code, 0, entry.get("Message", ""), where)
    silent += [item for item in items if item not in said]
    return {item: said[item] for item in items if item in said}


def _identifier(item: Doomed) -> dict[str, str]:
    return {"Key": item.key} | ({"VersionId": item.version_id} if item.version_id else {})


def _meant(entry: Mapping[str, Any], asked: Collection[Doomed]) -> Doomed:
    """Return what an entry of the answer is about; of what was asked without one, any version."""
    item = Doomed(entry.get("Key", ""), entry.get("VersionId") or "")
    return item if item in asked else Doomed(item.key)


def delete_one(
    remote: Remote, key: str, etag: str = "", *, version_id: str = ""
) -> AWSError | None:
    """Delete one object by a request of its own; with ``etag`` only if it still has that.

    With ``version_id`` that version of it goes, for good. Returns the error where it was not
    deleted.
    """
    client = get_client("s3", remote.region, purpose=remote.purpose)
    try:
        if etag and has_own_endpoint("s3"):
            _check_etag(client, remote, key, etag)
        try:
            _delete(client, remote, key, etag, version_id)
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


def _delete(
    client: S3Client, remote: Remote, key: str, etag: str = "", version_id: str = ""
) -> None:
    condition = {"IfMatch": _quoted(etag)} if etag else {}
    version = {"VersionId": version_id} if version_id else {}
    arguments: Any = {**remote.given_for("DeleteObject"), **condition, **version}
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
    if error.code in _GONE:
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

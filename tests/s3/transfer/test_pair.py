"""What copies of a folder take along, and what they are given."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.conf import TransferConfig
from philo_aws.exceptions import UsageError
from philo_aws.s3.engine import copies as engine_copies
from philo_aws.s3.objects import partcopy
from philo_aws.s3.transfer.pair import make_pair
from tests.s3.engine.conftest import FaultProxy
from tests.servers import LocalAWS

MIB = 1024 * 1024
PROPERTIES: dict[str, Any] = {
    "ContentType": "text/css",
    "CacheControl": "max-age=1",
    "ContentDisposition": "inline",
    "ContentEncoding": "br",
    "ContentLanguage": "de",
    "Expires": "Thu, 01 Jan 2032 00:00:00 GMT",
    "Metadata": {"k": "v"},
}


@pytest.fixture
def copy(aws: LocalAWS, bucket: str, engine_name: str) -> Callable[..., dict[str, Any]]:
    """Copy a folder with one object; return what is told of the copy."""
    client, numbers = aws.client("s3"), itertools.count()

    def make(
        body: bytes = b"x",
        *,
        onto_itself: bool = False,
        stored_as: str = "STANDARD",
        **extra: Any,
    ) -> dict[str, Any]:
        given = PROPERTIES | {"StorageClass": stored_as, "Tagging": "t=1"}
        client.put_object(Bucket=bucket, Key="in/k", Body=body, **given)
        # moto leaves an object the tags of the one that it replaces.
        target = "in" if onto_itself else f"out{next(numbers)}"
        report = s3.copy_dir(
            bucket,
            bucket,
            source_prefix="in",
            prefix=target,
            extra_args=extra,
            transfer=TransferConfig(engine=engine_name),
        )
        assert (report.copied, report.failed) == (1, 0), report.failures
        assert report.engine == engine_name
        found: dict[str, Any] = dict(client.get_object(Bucket=bucket, Key=f"{target}/k"))
        assert found["Body"].read() == body
        tags = client.get_object_tagging(Bucket=bucket, Key=f"{target}/k")["TagSet"]
        return found | {"tags": {tag["Key"]: tag["Value"] for tag in tags}}

    return make


def check(found: dict[str, Any], **other: Any) -> None:
    wanted = PROPERTIES | {"tags": {"t": "1"}} | other
    wanted.pop("Expires")
    assert {name: found.get(name) for name in wanted} == wanted


def test_properties_go_along(copy: Callable[..., dict[str, Any]]) -> None:
    check(copy())


def test_what_is_given_replaces_what_it_names(copy: Callable[..., dict[str, Any]]) -> None:
    found = copy(CacheControl="no-store", Tagging="a=b&c=d")
    check(found, CacheControl="no-store", tags={"a": "b", "c": "d"})
    assert found["ExpiresString"] == PROPERTIES["Expires"]
    check(copy(Metadata={"new": "1"}), Metadata={"new": "1"})


def test_a_folder_is_written_anew_in_its_place(copy: Callable[..., dict[str, Any]]) -> None:
    check(copy(onto_itself=True, ContentType="a/b"), ContentType="a/b")


# Ceph's gateway has classes of its own.
@pytest.mark.aws_servers("ministack", "moto")
def test_the_storage_class_goes_along_unless_another_is_given(
    copy: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for whole in (engine_copies.WHOLE, 0):
        monkeypatch.setattr(engine_copies, "WHOLE", whole)
        found = copy(stored_as="STANDARD_IA")
        check(found, StorageClass="STANDARD_IA")
        found = copy(stored_as="STANDARD_IA", CacheControl="no-store")
        check(found, StorageClass="STANDARD_IA", CacheControl="no-store")
        found = copy(stored_as="STANDARD_IA", StorageClass="ONEZONE_IA")
        check(found, StorageClass="ONEZONE_IA")
    check(copy(onto_itself=True, StorageClass="ONEZONE_IA"), StorageClass="ONEZONE_IA")


def test_what_goes_in_parts_has_the_same_properties(
    copy: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_copies, "WHOLE", 4 * MIB)
    monkeypatch.setattr(partcopy, "PART_SIZE", 5 * MIB)
    body = b"0123456789" * MIB
    found = copy(body)
    assert found["ETag"].endswith('-2"')
    check(found)
    check(copy(body, CacheControl="no-store"), CacheControl="no-store")


@pytest.mark.aws_servers("ministack")
def test_the_redirect_of_an_empty_object_goes_along(aws: LocalAWS, bucket: str) -> None:
    client = aws.client("s3")
    for key in ("in/plain", "in/redirect"):
        more: dict[str, Any] = {} if key == "in/plain" else {"WebsiteRedirectLocation": "/x"}
        client.put_object(Bucket=bucket, Key=key, Body=b"", CacheControl="no-store", **more)
    assert s3.copy_dir(bucket, bucket, source_prefix="in", prefix="out").copied == 2
    for key in ("in/redirect", "out/redirect", "out/plain"):
        head = client.head_object(Bucket=bucket, Key=key)
        assert head.get("WebsiteRedirectLocation") == (None if "plain" in key else "/x")
        assert head["CacheControl"] == "no-store"


@pytest.mark.aws_servers("ministack")
def test_nothing_stays_of_a_copy_in_parts_that_fails(
    aws: LocalAWS,
    bucket: str,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_copies, "WHOLE", 4 * MIB)
    monkeypatch.setattr(partcopy, "PART_SIZE", 5 * MIB)
    aws.client("s3").put_object(Bucket=bucket, Key="in/k", Body=bytes(12 * MIB))
    proxy.set(
        {"do": "status", "status": 403, "code": "AccessDenied", "path": "partNumber=3"},
    )
    report = s3.copy_dir(bucket, bucket, source_prefix="in", prefix="out")
    assert [found.error.code for found in report.failures if found.error] == ["AccessDenied"]
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)


@pytest.mark.aws_servers("ministack")
def test_a_large_object_that_changed_is_not_copied(
    aws: LocalAWS,
    bucket: str,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_copies, "WHOLE", 4 * MIB)
    client = aws.client("s3")
    client.put_object(Bucket=bucket, Key="in/k", Body=bytes(6 * MIB))

    class Changing(s3.Watcher):
        def planned(self, size: int) -> None:
            client.put_object(Bucket=bucket, Key="in/k", Body=b"1" * 6 * MIB)

    report = s3.copy_dir(bucket, bucket, source_prefix="in", prefix="out", watcher=Changing())
    assert [found.error.code for found in report.failures if found.error] == ["PreconditionFailed"]
    assert "'in/k'" in str(report.failures[0].error)


def pair(source: str, target: str, bucket: str = "bbb", **given: Any) -> Any:
    return make_pair(
        "bbb",
        bucket,
        None,
        source_prefix=source,
        prefix=target,
        source_region=None,
        extra_args=given,
        transfer=None,
        purpose="commands",
    )


def test_what_would_not_end_or_change_nothing_is_refused() -> None:
    for source, target in (("a", "a/b"), ("", "a"), ("a/", "a/b/c/")):
        with pytest.raises(UsageError, match="inside the source"):
            pair(source, target).check()
        pair(source, target, "other").check()
    pair("a", "ab").check()
    for source, target in (("a", "a/"), ("", "")):
        with pytest.raises(UsageError, match="are the same"):
            pair(source, target).check()
        pair(source, target).check(anew=True)
    pair("a/b", "a").check()
    with pytest.raises(UsageError, match="inside the target"):
        pair("a/b", "a").check(deletes=True)


def test_each_side_is_given_what_is_its_own() -> None:
    made = pair(
        "a",
        "b",
        RequestPayer="requester",
        ExpectedBucketOwner="1",
        ExpectedSourceBucketOwner="2",
        Tagging="a=b",
        CacheControl="no-store",
    )
    assert made.source.extra_args == {"RequestPayer": "requester", "ExpectedBucketOwner": "2"}
    assert made.target.extra_args == {
        "RequestPayer": "requester",
        "ExpectedBucketOwner": "1",
        "ExpectedSourceBucketOwner": "2",
        "Tagging": "a=b",
        "TaggingDirective": "REPLACE",
    }
    for name in ("CopySource", "MetadataDirective", "Key", "Bodyy"):
        with pytest.raises(UsageError, match=name):
            pair("a", "b", **{name: "x"})

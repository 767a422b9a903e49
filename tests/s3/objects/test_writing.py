from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.conf import TransferConfig
from philo_aws.exceptions import (
    AWSError,
    BucketNotFoundError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    ServiceError,
)
from philo_aws.limits import MIB
from philo_aws.s3.objects.writing import ObjectRequests, Part
from philo_aws.s3.request.remote import make_remote
from tests.s3.engine.bare import BareStore, bare_store, once
from tests.s3.engine.conftest import FaultProxy, fault_proxy, objects, proxy
from tests.s3.scripted import Answer, Request, scripted
from tests.servers import LocalAWS

__all__ = ["fault_proxy", "proxy"]

COMPLETE = r"uploadId=[^&]*$"
NO_CONDITIONS = {"do": "status", "status": 501, "code": "NotImplemented", "times": 1}


def requests_for(
    bucket: str, key: str = "k", headers: dict[str, str] | None = None, **more: Any
) -> ObjectRequests:
    condition = {name: more.pop(name) for name in ("if_none_match", "if_match") if name in more}
    tuning = TransferConfig(**more.pop("tuning", {}))
    remote = make_remote(
        bucket, None, "", more.pop("extra_args", None), tuning, more.pop("purpose", "commands")
    )
    assert not more
    return ObjectRequests(remote, key, headers, **condition)


def make_of_parts(requests: ObjectRequests, *bodies: bytes) -> str:
    upload = requests.begin()
    parts: list[Part] = [
        requests.send_part(upload, number, body) for number, body in enumerate(bodies, 1)
    ]
    return requests.complete(upload, parts, sum(map(len, bodies)))


def put(requests: ObjectRequests) -> str:
    return requests.put(b"mine")


def in_parts(requests: ObjectRequests) -> str:
    return make_of_parts(requests, b"mine" * (5 * MIB // 4), b"and more")


MAKERS = [put, in_parts]
Make = Callable[[ObjectRequests], str]


def unfinished(aws: LocalAWS, bucket: str) -> list[Any]:
    found: list[Any] = aws.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return found


@pytest.mark.parametrize("make", MAKERS)
def test_an_object_has_content_headers_and_arguments(
    aws: LocalAWS, bucket: str, make: Make
) -> None:
    headers = {
        "Content-Type": "text/x",
        "x-amz-meta-a": "b",
        "cache-control": "no-store",
        "Expires": "never",
    }
    etag = make(requests_for(bucket, headers=headers, extra_args={"Metadata": {"c": "d"}}))
    found = aws.client("s3").get_object(Bucket=bucket, Key="k")
    assert found["Body"].read().startswith(b"mine")
    assert found["ETag"] == etag
    assert (found["ContentType"], found["CacheControl"]) == ("text/x", "no-store")
    assert found["Metadata"] == {"a": "b", "c": "d"}
    assert found["ExpiresString"] == "never"


def test_a_header_that_no_object_has(ministack: LocalAWS, bucket: str) -> None:
    with pytest.raises(InvalidRequestError, match="'X-Other' is no header"):
        requests_for(bucket, headers={"X-Other": "1"})


@pytest.mark.parametrize("make", MAKERS)
def test_no_bucket(ministack: LocalAWS, make: Make) -> None:
    with pytest.raises(BucketNotFoundError):
        make(requests_for("no-such-bucket-anywhere"))


@pytest.mark.parametrize("make", MAKERS)
class TestConditions:
    def test_nothing_is_replaced(self, aws: LocalAWS, bucket: str, make: Make) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"theirs")
        with pytest.raises(ConflictError, match="There is an object 'k'") as error:
            make(requests_for(bucket, if_none_match=True))
        assert error.value.code == "PreconditionFailed"
        assert objects(aws, bucket) == {"k": b"theirs"}

    def test_a_free_key(self, aws: LocalAWS, bucket: str, make: Make) -> None:
        make(requests_for(bucket, if_none_match=True))
        assert objects(aws, bucket)["k"].startswith(b"mine")

    @pytest.mark.parametrize("quoted", [True, False])
    @pytest.mark.aws_servers("ministack")
    def test_only_one_etag_is_replaced(
        self, aws: LocalAWS, bucket: str, make: Make, quoted: bool
    ) -> None:
        etag = aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"old")["ETag"]
        etag = etag if quoted else etag.strip('"')
        other = requests_for(bucket, if_match=etag)
        make(requests_for(bucket, if_match=etag))
        assert objects(aws, bucket)["k"].startswith(b"mine")
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"theirs")
        with pytest.raises(ConflictError, match="was changed or replaced") as error:
            make(other)
        assert error.value.code == "PreconditionFailed"
        assert objects(aws, bucket) == {"k": b"theirs"}

    def test_what_was_to_be_replaced_is_gone(
        self, ministack: LocalAWS, bucket: str, make: Make
    ) -> None:
        with pytest.raises(ConflictError, match="was changed or replaced"):
            make(requests_for(bucket, if_match="0" * 32))
        assert objects(ministack, bucket) == {}


@pytest.mark.parametrize(("make", "operation"), [(put, "PUT"), (in_parts, "POST")])
@pytest.mark.aws_servers("ministack")
class TestStoresWithoutConditions:
    """Old ones answer 501 to the headers; which of the local servers does none."""

    def fault(self, make: Make, operation: str) -> dict[str, Any]:
        path = COMPLETE if make is in_parts else "k"
        return NO_CONDITIONS | {"method": operation, "path": path}

    @pytest.mark.usefixtures("aws")
    def test_they_are_asked_before(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        proxy.set(self.fault(make, operation))
        make(requests_for(bucket, if_none_match=True))
        assert objects(aws, bucket)["k"].startswith(b"mine")
        assert proxy.report()["done"] == [1]
        assert proxy.report()["methods"]["HEAD"] == 1

    def test_what_is_there_stays(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        etag = aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"theirs")["ETag"]
        proxy.set(self.fault(make, operation))
        with pytest.raises(ConflictError, match="There is an object 'k'"):
            make(requests_for(bucket, if_none_match=True))
        proxy.set(self.fault(make, operation))
        with pytest.raises(ConflictError, match="was changed or replaced"):
            make(requests_for(bucket, if_match='"other"'))
        assert objects(aws, bucket) == {"k": b"theirs"}
        proxy.set(self.fault(make, operation))
        make(requests_for(bucket, if_match=etag))
        assert objects(aws, bucket)["k"].startswith(b"mine")

    def test_those_that_refuse_the_right_etag_too(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        etag = aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"old")["ETag"]
        refusing = {"status": 412, "code": "PreconditionFailed"}
        proxy.set(self.fault(make, operation) | refusing)
        make(requests_for(bucket, if_match=etag))
        assert objects(aws, bucket)["k"].startswith(b"mine")

    def test_without_a_condition_it_is_an_error(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        proxy.set(self.fault(make, operation))
        with pytest.raises(AWSError, match="does not have the operation"):
            make(requests_for(bucket))


@pytest.mark.parametrize(("make", "operation"), [(put, "PUT"), (in_parts, "POST")])
@pytest.mark.aws_servers("ministack")
class TestLostAnswers:
    def fault(self, make: Make, operation: str, **more: Any) -> dict[str, Any]:
        path = COMPLETE if make is in_parts else "k"
        return {"do": "reset_after", "method": operation, "path": path, **more}

    def test_what_was_done_before_is_no_refusal(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        proxy.set(self.fault(make, operation, times=1))
        etag = make(requests_for(bucket, if_none_match=True))
        assert proxy.report()["done"] == [1]
        assert aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"] == etag

    def test_the_same_where_one_was_to_be_replaced(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        old = aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"old")["ETag"]
        proxy.set(self.fault(make, operation, times=1))
        etag = make(requests_for(bucket, if_match=old))
        assert aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"] == etag != old

    @pytest.mark.parametrize("condition", [True, False])
    def test_what_is_sent_once_is_looked_for(
        self,
        proxy: FaultProxy,
        aws: LocalAWS,
        bucket: str,
        settings: Settings,
        make: Make,
        operation: str,
        condition: bool,
    ) -> None:
        settings.AWS = settings.AWS | {"timeouts": {"commands": {"max_attempts": 1}}}
        proxy.set(self.fault(make, operation))
        etag = make(requests_for(bucket, if_none_match=condition))
        assert aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"] == etag

    def test_what_was_not_done_is_a_failure(
        self,
        proxy: FaultProxy,
        aws: LocalAWS,
        bucket: str,
        settings: Settings,
        make: Make,
        operation: str,
    ) -> None:
        settings.AWS = settings.AWS | {"timeouts": {"commands": {"max_attempts": 1}}}
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"nothing of mine")
        proxy.set(self.fault(make, operation) | {"do": "reset"})
        with pytest.raises(NetworkError):
            make(requests_for(bucket))

    def test_another_s_object_is_a_refusal_all_the_same(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"miNe")
        proxy.set(self.fault(make, operation, times=1))
        with pytest.raises(ConflictError, match="There is an object 'k'"):
            make(requests_for(bucket, if_none_match=True))
        assert objects(aws, bucket) == {"k": b"miNe"}

    def test_an_equal_object_of_another_is_his(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, make: Make, operation: str
    ) -> None:
        make(requests_for(bucket))
        with pytest.raises(ConflictError, match="There is an object 'k'"):
            make(requests_for(bucket, if_none_match=True))


def test_an_object_whose_content_nobody_can_tell_is_not_taken_for_ours(settings: Settings) -> None:
    # Encrypted with a key of one's own and without a checksum: an ETag that says nothing.
    with bare_store() as store:
        store.etag = lambda body: "a" * 31
        lost = ["lost"]
        store.instead = lambda asked: (
            (503, b"<Error><Code>InternalError</Code></Error>", {})
            if asked.what == "put" and lost and lost.pop()
            else (412, b"<Error><Code>PreconditionFailed</Code></Error>", {})
            if asked.what == "put"
            else None
        )
        store.body = b"mine"
        settings.AWS = store.settings()
        with pytest.raises(ConflictError):
            requests_for("bucket", if_none_match=True).put(b"mine")
        store.told = lambda: {"x-amz-checksum-crc32": "AAAAAA=="}
        lost.append("lost")
        with pytest.raises(ConflictError):
            requests_for("bucket", if_none_match=True).put(b"mine")
        store.etag = lambda body: hashlib.md5(body).hexdigest()  # noqa: S324
        store.told = dict
        lost.append("lost")
        assert requests_for("bucket", if_none_match=True).put(b"mine")


def test_parts_whose_etags_say_nothing_are_known_by_their_number_and_size(
    settings: Settings,
) -> None:
    # So it is where they are encrypted with a key of one's own.
    with bare_store() as store:
        store.headers = {"x-amz-server-side-encryption": "aws:kms"}
        store.etag = lambda body: "ab" * 16 + ("-2" if len(body) > 4 else "")
        settings.AWS = store.settings(timeouts={"commands": {"max_attempts": 1}})

        def lose(asked: Any) -> Any:
            if asked.what != "complete":
                return None
            store.body = b"".join(store.uploads.pop(asked.query["uploadId"]).values())
            return 500, b"<Error><Code>InternalError</Code></Error>", {}

        store.instead = lose
        assert make_of_parts(requests_for("bucket"), b"mine", b"mine").endswith('-2"')
        with pytest.raises(ServiceError):
            make_of_parts(requests_for("bucket"), b"mine", b"mine", b"mine")


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>log in</html>", {"Content-Type": "text/html"}),
        (200, b"", {}),
        (200, b"<Error><Code>InternalError</Code><Message>bad day</Message></Error>", {}),
    ],
)
@pytest.mark.parametrize("make", MAKERS)
def test_an_answer_that_proves_nothing_is_a_failure(
    settings: Settings, make: Make, answer: Any
) -> None:
    with bare_store() as store:
        settings.AWS = store.settings(timeouts={"commands": {"max_attempts": 1}})
        last = "complete" if make is in_parts else "put"
        store.instead = lambda asked: answer if asked.what == last else None
        with pytest.raises(ServiceError):
            make(requests_for("bucket"))


class TestChecksums:
    def sent(self, store: BareStore, **tuning: str) -> set[str]:
        store.asked.clear()
        put(requests_for("bucket", tuning=tuning))
        in_parts(requests_for("bucket", tuning=tuning))
        return store.names_sent("PUT")

    def test_none_means_none_of_single_objects_and_parts(self, settings: Settings) -> None:
        with bare_store() as store:
            settings.AWS = store.settings()
            assert self.sent(store, checksum="none") == set()
            for name in ("crc64nvme", "crc32c", "sha256"):
                names = {"x-amz-sdk-checksum-algorithm", f"x-amz-checksum-{name}"}
                assert self.sent(store, checksum=name) == names

    @pytest.mark.parametrize("checksum", ["crc32", "crc32c", "sha256", "crc64nvme"])
    def test_a_store_that_looks_at_them_takes_both(
        self, ministack: LocalAWS, bucket: str, checksum: str
    ) -> None:
        put(requests_for(bucket, "one", tuning={"checksum": checksum}))
        in_parts(requests_for(bucket, "many", tuning={"checksum": checksum}))
        for key in ("one", "many"):
            head = ministack.client("s3").head_object(
                Bucket=bucket, Key=key, ChecksumMode="ENABLED"
            )
            assert f"Checksum{checksum.upper()}" in head, key


def test_parts_come_in_any_order(ministack: LocalAWS, bucket: str) -> None:
    requests = requests_for(bucket)
    upload = requests.begin()
    second = requests.send_part(upload, 2, b"2")
    first = requests.send_part(upload, 1, b"1" * 5 * MIB)
    etag = requests.complete(upload, [second, first], 5 * MIB + 1)
    assert etag.endswith('-2"')
    assert objects(ministack, bucket)["k"].endswith(b"12")


def test_an_upload_that_is_gone_is_given_up(ministack: LocalAWS, bucket: str) -> None:
    requests = requests_for(bucket)
    upload = requests.begin()
    assert len(unfinished(ministack, bucket)) == 1
    requests.abort(upload)
    assert unfinished(ministack, bucket) == []
    requests.abort(upload)


def test_pages_wait_longer_for_what_the_store_works_on(settings: Settings) -> None:
    def answer(request: Request) -> Answer | None:
        return 503, "<Error><Code>SlowDown</Code></Error>"

    with scripted(settings, answer) as store:
        requests = requests_for("bucket", purpose="web")
        with pytest.raises(AWSError):
            requests.complete("u", [{"PartNumber": 1, "ETag": "e"}], 1)
        # As for a copy: whoever waits decides whether to do it again.
        assert [request.method for request in store.requests] == ["POST"]
        with pytest.raises(AWSError):
            requests.put(b"")
        assert [request.method for request in store.requests] == ["POST", "PUT", "PUT"]


class TestProof:
    """What a store tells of what it was sent is compared, where it looked at no checksum itself."""

    @pytest.fixture
    def store(self, settings: Settings) -> Iterator[BareStore]:
        with bare_store() as made:
            settings.AWS = made.settings()
            yield made

    @pytest.mark.parametrize("make", MAKERS)
    @pytest.mark.parametrize("is_checksum", [True, False])
    def test_what_is_kept_wrong_is_a_failure(
        self, store: BareStore, make: Make, is_checksum: bool
    ) -> None:
        store.keep = lambda body: b"damaged" + body[7:]
        if is_checksum:
            store.etag = lambda body: "none"
            store.told_of = lambda body: {
                "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(body).digest()).decode()
            }
        with pytest.raises(ServiceError, match="twice not what was sent") as error:
            make(requests_for("bucket"))
        assert error.value.code == "ChecksumMismatch"
        assert store.count("put") + store.count("part") == 2

    @pytest.mark.parametrize("make", MAKERS)
    def test_what_is_damaged_once_is_sent_again(self, store: BareStore, make: Make) -> None:
        store.keep = once(lambda body: b"damaged" + body[7:])
        make(requests_for("bucket"))
        assert store.body.startswith(b"minemine" if make is in_parts else b"mine")
        assert store.count("put") + store.count("part") == (2 if make is put else 3)

    def test_under_a_condition_it_is_sent_once(self, store: BareStore) -> None:
        store.keep = lambda body: b"damaged" + body[7:]
        with pytest.raises(ServiceError, match="is not what was sent"):
            put(requests_for("bucket", if_none_match=True))
        assert store.count("put") == 1

    def test_a_part_on_the_disk(self, store: BareStore) -> None:
        store.keep = once(lambda body: b"damaged" + body[7:])
        requests = requests_for("bucket")
        with tempfile.TemporaryFile() as file:
            file.write(b"mine" * MIB)
            upload = requests.begin()
            requests.complete(upload, [requests.send_part(upload, 1, file)], 4 * MIB)
        assert store.body == b"mine" * MIB

    @pytest.mark.parametrize("make", MAKERS)
    def test_where_checksums_are_off_nothing_is_compared(
        self, store: BareStore, make: Make
    ) -> None:
        store.etag = lambda body: "0" * 32
        make(requests_for("bucket", tuning={"checksum": "none"}))
        with pytest.raises(ServiceError):
            make(requests_for("bucket"))

    @pytest.mark.parametrize("make", MAKERS)
    def test_nor_where_the_etag_is_of_what_is_encrypted(self, store: BareStore, make: Make) -> None:
        store.etag = lambda body: "0" * 32
        make(requests_for("bucket", extra_args={"ServerSideEncryption": "aws:kms"}))

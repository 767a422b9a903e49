from __future__ import annotations

import datetime
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import UsageError
from philo_aws.s3.objects.presigning import presign
from tests.servers import LocalAWS


def test_a_link_gives_the_object_until_its_end(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="d/ä b+c.txt", Body=b"content")
    presign(bucket, "first")  # which makes the client, in its own time
    before = datetime.datetime.now(datetime.UTC)
    link = presign(
        bucket,
        "d/ä b+c.txt",
        expires_in=60,
        content_type="text/csv",
        content_disposition="attachment",
    )
    with urllib.request.urlopen(link.url) as answer:
        assert answer.read() == b"content"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Type"].startswith("text/csv")
    lifetime = link.expires_at - before
    assert datetime.timedelta(seconds=58) < lifetime <= datetime.timedelta(seconds=60)
    assert not link.shortened


def test_a_link_ends(signed_aws: LocalAWS, aws: LocalAWS) -> None:
    bucket = signed_aws.make_bucket()
    signed_aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"content")
    url = presign(bucket, "a", expires_in=1).url
    refused = None
    for _ in range(50):
        try:
            urllib.request.urlopen(url).close()
        except urllib.error.HTTPError as error:
            refused = error
            break
        time.sleep(0.1)  # the clock of the server is what is awaited
    assert refused is not None
    assert refused.code == 403
    refused.close()


def test_a_link_can_upload(aws: LocalAWS, bucket: str) -> None:
    url = presign(bucket, "new", method="PUT").url
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=b"sent", headers=headers, method="PUT")
    with urllib.request.urlopen(request):
        pass
    assert aws.client("s3").get_object(Bucket=bucket, Key="new")["Body"].read() == b"sent"


def test_a_link_is_signed_for_the_region_that_is_given(settings: Settings) -> None:
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "s3cr3t"}
    settings.AWS = {"credentials": keys, "region": "eu-central-1"}
    url = presign("some-bucket", "a", "us-west-2").url
    assert url.startswith("https://some-bucket.s3.us-west-2.amazonaws.com/a?")
    assert "%2Fus-west-2%2Fs3%2F" in url


def test_a_link_for_the_properties_alone(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"content")
    url = presign(bucket, "a", method="HEAD", content_disposition="attachment").url
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as answer:
        assert answer.headers["Content-Length"] == "7"
    assert "response-content-disposition=attachment" in url


@pytest.mark.parametrize("given", [{"content_disposition": "attachment"}, {"version_id": "v"}])
def test_what_an_upload_does_not_have_is_refused(
    ministack: LocalAWS, given: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="neither a version nor a content disposition"):
        presign("some-bucket", "a", method="PUT", **given)  # type: ignore[arg-type]


def test_the_link_does_not_show_in_a_log(aws: LocalAWS, bucket: str) -> None:
    assert "X-Amz-Signature" not in repr(presign(bucket, "a"))


@pytest.mark.parametrize(
    "seconds", [0, -1, 604_801, True, 60.0, 0.5, float("nan"), "60", None, datetime.timedelta(60)]
)
def test_a_link_lives_a_whole_number_of_seconds_up_to_a_week(
    ministack: LocalAWS, seconds: Any
) -> None:
    with pytest.raises(UsageError, match=r"expires_in is .* a whole number from 1 to 604,800"):
        presign("some-bucket", "a", expires_in=seconds)


@pytest.mark.parametrize("method", ["DELETE", "get", "", None, True, ["GET"]])
def test_other_methods_are_refused(ministack: LocalAWS, method: Any) -> None:
    with pytest.raises(UsageError, match=r"method is .*'GET', 'HEAD' or 'PUT'"):
        presign("some-bucket", "a", method=method)


@pytest.mark.parametrize("name", ["content_type", "content_disposition"])
@pytest.mark.parametrize("value", ["a\r\nx: y", "a\0", "attachment; filename=ü.pdf", 1])
def test_what_the_answer_could_not_say_is_refused(
    ministack: LocalAWS, name: str, value: Any
) -> None:
    with pytest.raises(UsageError, match=r"no header can carry|Give a text"):
        presign("some-bucket", "a", **{name: value})


@pytest.mark.parametrize("key", [None, b"a", 1, ["a"], "", "\udcff"])
def test_what_is_no_key_is_refused(ministack: LocalAWS, key: Any) -> None:
    with pytest.raises(UsageError, match="key"):
        presign("some-bucket", key)

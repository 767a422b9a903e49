"""The URLs of a storage: what they begin with, who signs them, and that they work."""

from __future__ import annotations

import copy
import datetime
import pickle
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.signers import CloudFrontSigner as BotocoresSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from philo_aws import clients
from philo_aws.exceptions import CredentialsError, UsageError
from philo_aws.s3 import signing
from philo_aws.storage import links
from philo_aws.storage.links import Links
from philo_aws.storage.options import read_options
from tests.servers import LocalAWS

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "s3cr3t"}
STORE = {"credentials": KEYS, "region": "eu-central-1", "endpoint_url": "http://store:9000"}
CDN = "https://d111.cloudfront.net/files"
RSA_KEY = rsa.generate_private_key(65537, 2048)
PEM = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
BY_CLOUDFRONT = {"base_url": CDN, "cloudfront_key_id": "K2", "cloudfront_key": PEM}


@pytest.fixture(autouse=True)
def fresh(settings: Settings) -> Iterator[None]:
    settings.AWS = STORE
    clients.clear()
    yield
    clients.clear()


def made(site: str | Callable[[], str] = "/media/", **options: Any) -> Links:
    read = read_options({"bucket": "my-bucket", "location": "up", **options}, "media")
    return Links(read, site if callable(site) else lambda: site)


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


def at(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be that time, and stay it."""
    monkeypatch.setattr(time, "time", lambda: seconds)


NAME = "d/a b+ü.txt"


@pytest.mark.parametrize(
    ("site", "options", "url"),
    [
        ("/media/", {"signed": False}, "http://store:9000/my-bucket/up/d/a%20b%2B%C3%BC.txt"),
        ("", {"signed": False}, "http://store:9000/my-bucket/up/d/a%20b%2B%C3%BC.txt"),
        (
            "/media/",
            {"signed": False, "location": ""},
            "http://store:9000/my-bucket/d/a%20b%2B%C3%BC.txt",
        ),
        ("https://cdn.example.com/m/", {}, "https://cdn.example.com/m/d/a%20b%2B%C3%BC.txt"),
        ("//cdn.example.com/m", {}, "//cdn.example.com/m/d/a%20b%2B%C3%BC.txt"),
        ("https://cdn.example.com/m/", {"base_url": CDN}, f"{CDN}/d/a%20b%2B%C3%BC.txt"),
        ("https://cdn.example.com/m/", {"base_url": "/local"}, "/local/d/a%20b%2B%C3%BC.txt"),
        (
            "https://cdn.example.com/m/",
            {"signed": False, "public_endpoint": "https://files.example.com"},
            "https://files.example.com/my-bucket/up/d/a%20b%2B%C3%BC.txt",
        ),
    ],
)
def test_a_url_that_is_not_signed(site: str, options: dict[str, Any], url: str) -> None:
    assert made(site, **options).url(NAME) == url


@pytest.mark.parametrize(
    ("site", "options", "begin"),
    [
        ("/media/", {}, "http://store:9000/my-bucket/up/d/"),
        # What has to be signed does not go where S3's signature is worth nothing.
        ("https://cdn.example.com/m/", {"signed": True}, "http://store:9000/my-bucket/up/d/"),
        (
            "https://cdn.example.com/m/",
            {"public_endpoint": "https://files.example.com"},
            "https://files.example.com/my-bucket/up/d/",
        ),
    ],
)
def test_a_url_that_s3_has_to_verify(site: str, options: dict[str, Any], begin: str) -> None:
    url = made(site, **options).url(NAME)
    assert url.startswith(begin)
    assert query_of(url)["X-Amz-Expires"] == "3600"


def test_the_bucket_on_aws_is_in_the_host(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "eu-central-1"}
    host = "https://my-bucket.s3.eu-central-1.amazonaws.com"
    kept = made(region="eu-central-1", signed=False)
    assert kept.url(NAME) == f"{host}/up/d/a%20b%2B%C3%BC.txt"
    assert made(region="eu-central-1").url(NAME).startswith(f"{host}/up/")


def test_the_root_has_an_address_too() -> None:
    assert made(signed=False).url("") == "http://store:9000/my-bucket/up/"
    assert made(location="").url("") == "http://store:9000/my-bucket/"
    assert made(base_url=CDN).url("") == f"{CDN}/"


def test_urls_are_equal_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = made(expires_in=4000)
    at(1_772_280_000, monkeypatch)
    first = kept.url(NAME)
    at(1_772_280_999.9, monkeypatch)
    assert kept.url(NAME) == first
    at(1_772_281_000, monkeypatch)
    assert kept.url(NAME) != first


def test_a_lifetime_may_be_given_for_one_url() -> None:
    kept = made()
    assert query_of(kept.url(NAME, expires_in=60))["X-Amz-Expires"] == "60"
    with pytest.raises(UsageError, match="expires_in"):
        kept.url(NAME, expires_in=0)


def test_parameters_are_botos() -> None:
    url = made().url(NAME, {"ResponseContentDisposition": "attachment", "VersionId": "v"})
    query = query_of(url)
    assert query["response-content-disposition"] == "attachment"
    assert query["versionId"] == "v"
    with pytest.raises(UsageError, match="no header can carry"):
        made().url(NAME, {"ResponseContentDisposition": "attachment; filename=ü"})


@pytest.mark.parametrize("options", [{"base_url": CDN}, {"signed": False}])
def test_parameters_of_what_is_not_signed_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"ResponseContentType cannot be asked for: .*not signed"):
        made(**options).url(NAME, {"ResponseContentType": "text/plain"})


def test_without_credentials_only_signed_urls_fail(settings: Settings) -> None:
    settings.AWS = {"region": "eu-central-1", "endpoint_url": "http://store:9000"}
    assert made(signed=False).url("a") == "http://store:9000/my-bucket/up/a"
    with pytest.raises(CredentialsError):
        made().url("a")


def test_nothing_is_read_when_they_are_made(settings: Settings) -> None:
    del settings.AWS
    settings.AWS = {"nonsense": 1}

    def site() -> str:
        raise AssertionError("it was read")

    made(site)


class TestChanges:
    def test_the_sites_url_is_read_each_time(self) -> None:
        site = ["https://a.example.com/"]
        kept = made(lambda: site[0])
        assert kept.url("x") == "https://a.example.com/x"
        site[0] = "https://b.example.com/"
        assert kept.url("x") == "https://b.example.com/x"
        site[0] = "/media/"
        assert "X-Amz-Signature" in kept.url("x")

    def test_a_change_of_aws_is_seen(self, settings: Settings) -> None:
        kept = made()
        assert kept.url("x").startswith("http://store:9000/")
        settings.AWS = STORE | {"endpoint_url": "http://other:9000"}
        assert kept.url("x").startswith("http://other:9000/")

    def test_the_region_is_not_asked_for_each_url(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # AWS alone has regions, so nothing here can tell them, or refuse to.
        settings.AWS = {"credentials": KEYS, "region": "eu-central-1"}
        told: list[str | None] = [None, "eu-west-1"]
        asked = []

        def region_of(bucket: str, **kwargs: Any) -> str | None:
            asked.append(bucket)
            return told[len(asked) - 1]

        monkeypatch.setattr(signing, "region_of", region_of)
        now = [1000.0]
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
        kept = made()
        for _ in range(3):
            assert ".s3.eu-central-1." in kept.url("x")
        assert len(asked) == 1
        now[0] += links.ASKED_AGAIN
        assert ".s3.eu-west-1." in kept.url("x")
        assert len(asked) == 2


class TestCloudFront:
    def test_a_url_is_botocores(self, monkeypatch: pytest.MonkeyPatch) -> None:
        at(1_772_280_123, monkeypatch)

        def sign(message: bytes) -> bytes:
            return RSA_KEY.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303

        theirs = BotocoresSigner("K2", sign).generate_presigned_url(
            f"{CDN}/d/a%20b%2B%C3%BC.txt?response-content-disposition=a%20b",
            date_less_than=datetime.datetime.fromtimestamp(1_772_280_000 + 3600, datetime.UTC),
        )
        ours = made(**BY_CLOUDFRONT).url(NAME, {"ResponseContentDisposition": "a b"})
        assert ours == theirs

    def test_urls_are_equal_for_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = made(**BY_CLOUDFRONT)
        ends = []
        for seconds in (0, 899, 900):
            at(1_772_280_000 + seconds, monkeypatch)
            ends.append(int(query_of(kept.url(NAME))["Expires"]) - 1_772_280_000)
        assert ends == [3600, 3600, 4500]

    def test_a_lifetime_may_be_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        at(1_772_280_003, monkeypatch)
        url = made(**BY_CLOUDFRONT).url(NAME, expires_in=60)
        assert query_of(url)["Expires"] == str(1_772_280_000 + 60)
        with pytest.raises(UsageError, match="expires_in"):
            made(**BY_CLOUDFRONT).url(NAME, expires_in=604_801)

    def test_other_parameters_are_refused(self) -> None:
        with pytest.raises(UsageError, match="Range"):
            made(**BY_CLOUDFRONT).url(NAME, {"Range": "bytes=0-1"})

    @pytest.mark.parametrize("base", ["//d111.cloudfront.net/", "/media/"])
    def test_a_policy_needs_a_whole_url(self, base: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="https://"):
            made(**(BY_CLOUDFRONT | {"base_url": base})).url(NAME)

    def test_uploads_go_to_the_bucket(self) -> None:
        url = made(**BY_CLOUDFRONT).presign_upload(NAME)
        assert url.startswith("http://store:9000/my-bucket/up/d/")


def test_no_secret_shows_or_leaves_the_process(settings: Settings) -> None:
    kept = made(**BY_CLOUDFRONT)
    kept.url(NAME)
    kept.presign_upload(NAME)
    shown = f"{kept!r} {vars(kept)!r}"
    assert not [part for part in (*KEYS.values(), PEM, PEM[40:80]) if part in shown]
    for leave in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            leave(kept)


@pytest.mark.parametrize("name", ["plain.txt", "a b/ü+%20~'()*!.txt", "x?y#z&a=b;c,d.txt"])
def test_urls_work_where_signatures_are_verified(signed_aws: LocalAWS, name: str) -> None:
    bucket = signed_aws.make_bucket()
    port = urlsplit(signed_aws.endpoint_url).port
    # Another name of the same server: a signature for one does not hold at the other.
    for options in ({}, {"public_endpoint": f"http://localhost:{port}"}):
        kept = made(bucket=bucket, **options)
        put = kept.presign_upload(name, content_type="text/x-thing")
        headers = {"Content-Type": "text/x-thing"}
        request = urllib.request.Request(put, data=name.encode(), headers=headers, method="PUT")
        urllib.request.urlopen(request).close()
        url = kept.url(name, {"ResponseContentDisposition": "attachment"})
        assert urlsplit(url).hostname == ("localhost" if options else "127.0.0.1")
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == name.encode()
            assert answer.headers["Content-Type"] == "text/x-thing"
            assert answer.headers["Content-Disposition"] == "attachment"
        elsewhere = (
            url.replace("localhost", "127.0.0.1")
            if options
            else (url.replace("127.0.0.1", "localhost"))
        )
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(elsewhere)
        refused.value.close()
    head = signed_aws.client("s3").head_object(Bucket=bucket, Key=f"up/{name}")
    assert head["ContentType"] == "text/x-thing"


def test_an_upload_has_to_send_its_type(signed_aws: LocalAWS) -> None:
    kept = made(bucket=signed_aws.make_bucket())
    put = kept.presign_upload("a", content_type="image/png", expires_in=60)
    headers = {"Content-Type": "text/html"}
    request = urllib.request.Request(put, data=b"<script>", headers=headers, method="PUT")
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(request)
    refused.value.close()


def test_a_public_object_needs_no_signature(ministack: LocalAWS, bucket: str) -> None:
    ministack.client("s3").put_object(Bucket=bucket, Key="up/a b", Body=b"content")
    with urllib.request.urlopen(made(bucket=bucket, signed=False).url("a b")) as answer:
        assert answer.read() == b"content"

"""Links signed here: botocore's to the byte, or botocore's own."""

from __future__ import annotations

import copy
import datetime
import os
import pickle
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.credentials import (
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)
from botocore.exceptions import BotoCoreError
from django.views.debug import ExceptionReporter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from philo_aws import clients, sigv4
from philo_aws.clients import get_client, get_session
from philo_aws.exceptions import AWSError, CredentialsError, InvalidRequestError, UsageError
from philo_aws.s3 import signing
from philo_aws.s3.signing import NUMBERS, OPERATIONS, Signer, signer_for
from tests.servers import LocalAWS

KEYS = {"aws_access_key_id": "AKIDEXAMPLE/+", "aws_secret_access_key": "s3cr3t"}
TOKEN = "t0ken/+= with spaces"
AWS = {"credentials": KEYS, "region": "eu-central-1"}
STORE = AWS | {"endpoint_url": "http://127.0.0.1:9"}
NOON = 1_772_280_000.0


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    clients.clear()
    yield
    clients.clear()


@pytest.fixture(params=["awscrt", "python"])
def botocores_signer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both that botocore may have: its own stands in where awscrt is not installed."""
    if request.param == "python":
        own = botocore.auth.S3SigV4QueryAuth
        monkeypatch.setitem(botocore.auth.AUTH_TYPE_MAPS, "s3v4-query", own)


def by_botocore(
    bucket: str, operation: str, key: str, parameters: dict[str, Any], expires_in: int = 60
) -> tuple[str, float]:
    """The link that botocore makes, and the moment it was signed at."""
    client: Any = get_client("s3")
    url = client.generate_presigned_url(
        operation, Params={"Bucket": bucket, "Key": key, **parameters}, ExpiresIn=expires_in
    )
    return url, signed_at(url)


def signed_at(url: str) -> float:
    stamp = query_of(url)["X-Amz-Date"]
    return datetime.datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%SZ%z").timestamp()


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True))


@pytest.fixture
def only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore is not asked for a link; but for the one that ours are compared with."""
    monkeypatch.setattr(Signer, "_compared", lambda *args: botocore_order())

    def refuse(*args: Any) -> str:
        raise AssertionError("botocore was asked")

    monkeypatch.setattr(Signer, "_by_botocore", refuse)


def botocore_order() -> tuple[str, str]:
    own = bool(botocore.auth.AUTH_TYPE_MAPS["s3v4-query"] is botocore.auth.S3SigV4QueryAuth)
    return sigv4.LIFETIME_FIRST if own else sigv4.LIFETIME_LAST


awkward = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("/.~ +%&=?#\\:"),
    min_size=1,
    max_size=40,
)
paths = st.lists(st.sampled_from(["a", ".", "..", "", "a b", "ü", "~", "%2F"]), min_size=1)
keys = awkward | paths.map("/".join).filter(bool)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30) | (
    st.just("application/x-www-form-urlencoded; charset=utf-8")
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An operation and parameters of it."""
    name = draw(st.sampled_from(sorted(OPERATIONS)))
    operation = OPERATIONS[name]
    all_names = sorted({*operation.query, *operation.headers})
    chosen = {*draw(st.sets(st.sampled_from(all_names), max_size=3)), *operation.required}
    parameters: dict[str, Any] = {}
    for parameter in draw(st.permutations(sorted(chosen))):
        if parameter in NUMBERS:
            parameters[parameter] = draw(st.integers(1, 10_000))
        else:
            parameters[parameter] = draw(
                header_values if parameter in operation.headers else values
            )
    return name, parameters


@pytest.mark.usefixtures("botocores_signer", "only_here")
@pytest.mark.parametrize("token", [None, TOKEN], ids=["keys", "token"])
@pytest.mark.parametrize("setting", [AWS, STORE], ids=["aws", "store"])
@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=keys, request=requests(), expires_in=st.integers(1, 604_800))
def test_links_are_botocores_to_the_byte(
    settings: Settings,
    setting: dict[str, Any],
    token: str | None,
    key: str,
    request: tuple[str, dict[str, Any]],
    expires_in: int,
) -> None:
    settings.AWS = setting | {"credentials": KEYS | {"aws_session_token": token}}
    operation, parameters = request
    theirs, moment = by_botocore("my-bucket", operation, key, parameters, expires_in)
    signer = signer_for("my-bucket", "eu-central-1")
    ours = signer.sign(operation, key, parameters, expires_in=expires_in, now=moment)
    assert ours == theirs


def test_botocores_parameters_are_what_the_table_says() -> None:
    model: Any = get_session().get_service_model("s3")
    for name, operation in OPERATIONS.items():
        described = model.operation_model("".join(part.title() for part in name.split("_")))
        assert described.http["method"] == operation.method
        shapes = described.input_shape.members
        for parameter, place in {**operation.query, **operation.headers}.items():
            about = shapes[parameter].serialization
            expected = "querystring" if parameter in operation.query else "header"
            assert about["location"] == expected
            assert about["name"] if expected == "querystring" else about["name"].lower() == place
            kind = shapes[parameter].type_name
            assert kind in ({"integer", "long"} if parameter in NUMBERS else {"string"})
        required = {*described.input_shape.required_members} - {"Bucket", "Key"}
        assert required == operation.required


BUCKETS = {
    "plain": "my-bucket",
    "dots": "my.bucket.example.com",
    "old": "My_Old_Bucket",
    "access point": "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-point",
    "outposts": (
        "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01234567890123456/accesspoint/mine"
    ),
    "object lambda": "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/mine",
}
PROFILES = {
    "usual": "",
    "path": "s3 =\n  addressing_style = path\n",
    "virtual": "s3 =\n  addressing_style = virtual\n",
    "dualstack": "use_dualstack_endpoint = true\n",
    "fips": "use_fips_endpoint = true\n",
    "accelerate": "s3 =\n  use_accelerate_endpoint = true\n",
    "region of the arn": "s3 =\n  use_arn_region = false\n",
}
ENDPOINTS = {
    "aws": None,
    "port": "http://127.0.0.1:9000",
    "usual port": "http://Store.Example.com:80",
    "path": "https://store.example.com/below/",
    "ipv6": "http://[::1]:9000",
}


@pytest.mark.parametrize(
    ("profile", "endpoint"),
    [
        *(("usual", endpoint) for endpoint in ENDPOINTS),
        *((profile, "aws") for profile in PROFILES if profile != "usual"),
        ("virtual", "port"),
        ("virtual", "usual port"),
        ("virtual", "path"),
        ("accelerate", "port"),
    ],
)
def test_links_go_where_botocores_do(
    settings: Settings, tmp_path: Path, profile: str, endpoint: str
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[default]\n{PROFILES[profile]}")
    settings.AWS = AWS | {"endpoint_url": ENDPOINTS[endpoint]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(config))
        get_client("s3", "eu-central-1")
    refused = []
    for name, bucket in BUCKETS.items():
        try:
            theirs, moment = by_botocore(bucket, "get_object", "a b/ü", {})
        # For Debian's Python 3.11.2 a name before an address is no URL, which botocore lets it say.
        except (BotoCoreError, ValueError) as error:
            refused.append(name)
            with pytest.raises(AWSError if isinstance(error, BotoCoreError) else ValueError):
                signer_for(bucket, "eu-central-1").url("a b/ü")
            continue
        signer = signer_for(bucket, "eu-central-1")
        ours = signer.url("a b/ü", expires_in=60, now=moment)
        if name == "outposts":  # signed by version 4A, which is never the same twice
            assert not signer.place.service
            ours, theirs = (url.partition("?")[0] for url in (ours, theirs))
        else:
            assert signer._order, name
        assert ours == theirs, name
        assert signer.place.url("a b/ü") == theirs.partition("?")[0], name
    assert ("plain" in refused) == (profile == "accelerate" and endpoint == "port")


DIRECTORY_BUCKET = "my-files--euc1-az1--x-s3"
GLOBAL = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"


def test_what_is_signed_in_another_way_is_left_to_botocore(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError("there was nothing to compare")

    settings.AWS = AWS
    monkeypatch.setattr(Signer, "_compared", refuse)
    signer = signer_for(GLOBAL, "eu-central-1")
    assert "X-Amz-Region-Set" in query_of(signer.url("a"))
    with pytest.raises(UsageError, match="own host"):
        signer.url("a", endpoint="https://files.example.com")
    assert not signer_for(DIRECTORY_BUCKET, "eu-central-1").place.service


def test_other_operations_and_parameters_are_left_to_botocore(settings: Settings) -> None:
    settings.AWS = STORE
    signer = signer_for("my-bucket")
    others: dict[str, dict[str, Any]] = {
        "delete_object": {"VersionId": "v"},
        "get_object": {"Range": "bytes=0-1", "ResponseExpires": "2026-01-01"},
        "put_object": {"Metadata": {"a": "b"}, "ContentType": "text/ä"},
    }
    for operation, parameters in others.items():
        theirs, moment = by_botocore("my-bucket", operation, "a", parameters, 60)
        ours = signer.sign(operation, "a", parameters, expires_in=60)
        for _ in range(3):
            if signed_at(ours) == moment:
                break
            theirs, moment = by_botocore("my-bucket", operation, "a", parameters, 60)
            ours = signer.sign(operation, "a", parameters, expires_in=60)
        assert ours == theirs


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_object", {"Nonsense": "a"}),
        ("get_object", {"VersionId": 1}),
        ("get_object", {"PartNumber": "1"}),
        ("upload_part", {"UploadId": "a"}),
        ("put_object", {"UploadId": "a"}),
    ],
)
def test_what_boto_does_not_take_is_refused_as_by_it(
    settings: Settings, operation: str, parameters: dict[str, Any]
) -> None:
    settings.AWS = STORE
    with pytest.raises(InvalidRequestError, match=next(reversed(parameters)) + "|PartNumber"):
        signer_for("my-bucket").sign(operation, "a", parameters)


@pytest.mark.parametrize("expires_in", [0, 604_801, True, "60", None, 1.5])
def test_a_lifetime_that_cannot_be_is_refused(settings: Settings, expires_in: Any) -> None:
    settings.AWS = STORE
    with pytest.raises(UsageError, match="expires_in"):
        signer_for("my-bucket").url("a", expires_in=expires_in)


def test_only_three_methods_are_signed(settings: Settings) -> None:
    settings.AWS = STORE
    with pytest.raises(UsageError, match="method"):
        signer_for("my-bucket").url("a", method="DELETE")  # type: ignore[arg-type]


def test_without_credentials_there_are_addresses_and_no_links(settings: Settings) -> None:
    settings.AWS = {"region": "eu-central-1"}
    signer = signer_for("my-bucket", "eu-central-1")
    assert signer.place.url("a b") == "https://my-bucket.s3.eu-central-1.amazonaws.com/a%20b"
    with pytest.raises(CredentialsError):
        signer.url("a")


class TestStable:
    @pytest.fixture(autouse=True)
    def store(self, settings: Settings) -> None:
        settings.AWS = STORE

    def test_links_are_equal_until_the_next_multiple(self) -> None:
        signer = signer_for("my-bucket")

        def url(seconds: float) -> str:
            return signer.url("a", expires_in=3600, stable_for=900, now=NOON + seconds)

        assert signed_at(url(0)) == NOON
        assert url(0) == url(899.9)
        assert url(0) != url(900)
        assert signed_at(url(900.1)) == NOON + 900

    @given(
        now=st.floats(1e9, 4e9),
        expires_in=st.integers(1, 604_800),
        stable_for=st.integers(0, 604_800),
    )
    @hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_three_quarters_are_left(self, now: float, expires_in: int, stable_for: int) -> None:
        url = signer_for("my-bucket").url(
            "a", expires_in=expires_in, stable_for=stable_for, now=now
        )
        end = signed_at(url) + int(query_of(url)["X-Amz-Expires"])
        assert 0.75 * expires_in - 1 <= end - now <= expires_in


class TestElsewhere:
    @pytest.mark.usefixtures("botocores_signer")
    @pytest.mark.parametrize(
        ("style", "endpoint"),
        [
            (style, endpoint)
            for style in ("path", "virtual")
            for endpoint in (
                "https://files.example.com",
                "http://Files.example.com:8080",
                "http://127.0.0.1:9001",
                "http://[::1]:9001",
                "https://files.example.com:443/below/",
            )
        ],
    )
    def test_a_link_is_what_botocore_makes_for_that_endpoint(
        self, settings: Settings, tmp_path: Path, style: str, endpoint: str
    ) -> None:
        config = tmp_path / "config"
        config.write_text(f"[default]\ns3 =\n  addressing_style = {style}\n")
        is_address = "1" in endpoint  # botocore puts a bucket with dots even before these
        for bucket in ("my-bucket",) if is_address else ("my-bucket", "my.bucket"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("AWS_CONFIG_FILE", str(config))
                settings.AWS = AWS | {"endpoint_url": endpoint}
                theirs, moment = by_botocore(bucket, "get_object", "a b/ü", {})
                settings.AWS = AWS | {"endpoint_url": "http://store:9000"}
                signer = signer_for(bucket)
            ours = signer.url("a b/ü", expires_in=60, now=moment, endpoint=endpoint)
            assert ours == theirs

    def test_an_access_point_has_hosts_of_its_own(self, settings: Settings) -> None:
        settings.AWS = AWS
        signer = signer_for(BUCKETS["access point"], "eu-central-1")
        with pytest.raises(UsageError, match="AWS's own hosts"):
            signer.url("a", endpoint="https://files.example.com")

    @pytest.mark.parametrize(
        "endpoint",
        [
            "files.example.com",
            "ftp://files.example.com",
            "https://",
            "https://a:b@files.example.com",
            "https://files.example.com?a",
            "https://files.example.com:x",
            1,
        ],
    )
    def test_what_is_no_endpoint_is_refused(self, settings: Settings, endpoint: Any) -> None:
        settings.AWS = STORE
        with pytest.raises(UsageError, match="endpoint is"):
            signer_for("my-bucket").url("a", endpoint=endpoint)


class TestChanges:
    def test_one_signer_is_made_for_a_bucket(self, settings: Settings) -> None:
        settings.AWS = STORE
        signer = signer_for("my-bucket")
        assert signer is signer_for("my-bucket")
        assert signer is not signer_for("other-bucket")
        assert signer.is_current()

    def test_a_change_of_the_setting_is_seen(self, settings: Settings) -> None:
        settings.AWS = STORE
        before = signer_for("my-bucket")
        settings.AWS = STORE | {"endpoint_url": "http://127.0.0.1:10"}
        after = signer_for("my-bucket")
        assert not before.is_current()
        assert after.is_current()
        assert after.place.url("a") == "http://127.0.0.1:10/my-bucket/a"

    def test_forgotten_sessions_are_seen(self, settings: Settings) -> None:
        settings.AWS = STORE
        before = signer_for("my-bucket")
        clients.clear()
        assert not before.is_current()
        assert signer_for("my-bucket") is not before

    def test_a_fork_is_seen(self, settings: Settings) -> None:
        settings.AWS = STORE
        signer = signer_for("my-bucket")
        url = signer.url("a", now=NOON)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            made = signer_for("my-bucket").url("a", now=NOON)
            told = f"{signer.is_current()} {made}"
            os.write(write, told.encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(write)
        with os.fdopen(read) as answer:
            assert answer.read() == f"False {url}"

    def test_another_region_of_the_bucket_is_seen(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # AWS alone has regions, so nothing here can tell them.
        settings.AWS = AWS
        monkeypatch.setattr(signing, "region_of", lambda *args, **kwargs: "eu-west-1")
        assert signer_for("my-bucket").place.region == "eu-west-1"
        monkeypatch.setattr(signing, "region_of", lambda *args, **kwargs: "us-west-2")
        url = signer_for("my-bucket").url("a")
        assert url.startswith("https://my-bucket.s3.us-west-2.amazonaws.com/")
        assert "/us-west-2/s3/" in query_of(url)["X-Amz-Credential"]


def test_threads_that_ask_first_make_the_same_links(settings: Settings) -> None:
    settings.AWS = STORE
    start = threading.Barrier(8)

    def made(number: int) -> str:
        start.wait()
        return signer_for("my-bucket").url("a", now=NOON)

    for _ in range(5):
        clients.clear()
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(made, range(8)))) == 1


class TestCredentials:
    def refreshing(self, number: int, seconds: float) -> dict[str, str]:
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
        return {
            "access_key": f"AKID{number}",
            "secret_key": "s",
            "token": f"token{number}",
            "expiry_time": end.isoformat(),
        }

    def test_renewed_credentials_sign(self, settings: Settings) -> None:
        settings.AWS = {"region": "eu-central-1", "endpoint_url": "http://127.0.0.1:9"}
        lives = iter([self.refreshing(1, 60), self.refreshing(2, 3600)])
        get_session()._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]
            refresh_using=lambda: next(lives), method="test"
        )
        signer = signer_for("my-bucket")
        tokens = [query_of(signer.url("a"))["X-Amz-Security-Token"] for _ in range(2)]
        # Those that are about to end were renewed at once, by botocore's own rule.
        assert tokens == ["token2", "token2"]

    def test_a_stable_link_ends_with_its_credentials(self, settings: Settings) -> None:
        settings.AWS = {"region": "eu-central-1", "endpoint_url": "http://127.0.0.1:9"}
        end = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(
            seconds=1800
        )
        get_session()._credentials = RefreshableCredentials(  # type: ignore[attr-defined]
            "AKID", "s", "t", end, lambda: self.refreshing(1, 3600), "test"
        )
        signer = signer_for("my-bucket")
        url = signer.url("a", expires_in=3600, stable_for=900)
        assert signed_at(url) + int(query_of(url)["X-Amz-Expires"]) == end.timestamp()
        assert query_of(signer.url("a", expires_in=3600))["X-Amz-Expires"] == "3600"
        assert query_of(signer.url("a", expires_in=60, stable_for=9))["X-Amz-Expires"] == "60"

    def test_where_our_links_would_be_others_botocore_makes_them(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.AWS = STORE

        class Odd(botocore.auth.S3SigV4QueryAuth):
            def _inject_signature_to_request(self, request: Any, signature: str) -> None:
                request.url += f"&Signature={signature}"

        monkeypatch.setitem(botocore.auth.AUTH_TYPE_MAPS, "s3v4-query", Odd)
        assert "Signature" in query_of(signer_for("my-bucket").url("a"))

    def test_no_secret_shows_or_leaves_the_process(self, settings: Settings) -> None:
        settings.AWS = STORE | {"credentials": KEYS | {"aws_session_token": TOKEN}}
        signer = signer_for("my-bucket")
        signer.url("a")
        shown = f"{signer!r} {vars(signer)!r}"
        assert not [part for part in (*KEYS.values(), TOKEN) if part in shown]
        for leave in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match="signer_for"):
                leave(signer)

    @pytest.mark.parametrize("debug", [False, True])
    def test_no_error_shows_a_secret(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, debug: bool
    ) -> None:
        settings.DEBUG = debug
        settings.AWS = STORE | {"credentials": KEYS | {"aws_session_token": TOKEN}}
        # An error once the credentials are known: a link that is botocore's alone.
        monkeypatch.setattr(Signer, "_compared", lambda *args: False)
        signer = signer_for("my-bucket")
        with pytest.raises(UsageError, match="own host") as refused:
            signer.url("a", endpoint="https://files.example.com")
        assert refused.value.__traceback__ is not None
        below = refused.value.__traceback__.tb_next  # this module's own frame knows them
        reporter = ExceptionReporter(None, type(refused.value), refused.value, below)
        shown = reporter.get_traceback_html() + reporter.get_traceback_text()
        assert "identity" in shown
        assert not [part for part in (*KEYS.values(), TOKEN) if part in shown]

    def test_botocore_still_has_no_public_name_for_the_end_of_credentials(self) -> None:
        # When this fails, that name can be asked for the end.
        names = {*dir(RefreshableCredentials), *dir(DeferredRefreshableCredentials)}
        end = datetime.datetime.now(datetime.UTC)
        assert "_expiry_time" in vars(RefreshableCredentials("a", "b", "c", end, dict, "test"))
        assert not [name for name in names if "expir" in name and not name.startswith("_")]


def test_links_hold_where_signatures_are_verified(signed_aws: LocalAWS) -> None:
    bucket = signed_aws.make_bucket()
    signer = signer_for(bucket)
    for key in ("plain.txt", "a b/ü+%20 ~'()*!.txt", "a//b/./..c", "/leading", "a?b#c&d=e;f,g"):
        put = signer.url(key, method="PUT", parameters={"ContentType": "text/x-thing"})
        headers = {"Content-Type": "text/x-thing"}
        send = urllib.request.Request(put, data=key.encode(), headers=headers, method="PUT")
        urllib.request.urlopen(send).close()
        for stable_for in (0, 900):
            parameters = {"ResponseContentDisposition": 'attachment; filename="a b"'}
            url = signer.url(key, parameters=parameters, stable_for=stable_for)
            with urllib.request.urlopen(url) as answer:
                assert answer.read() == key.encode()
                assert answer.headers["Content-Type"] == "text/x-thing"
                assert answer.headers["Content-Disposition"] == 'attachment; filename="a b"'
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=3601"))
        refused.value.close()


def test_a_part_and_a_head_hold_too(signed_aws: LocalAWS) -> None:
    bucket, client = signed_aws.make_bucket(), signed_aws.client("s3")
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="a b")["UploadId"]
    signer = signer_for(bucket)
    parameters = {"UploadId": upload_id, "PartNumber": 1, "ContentLength": 4}
    put = signer.url("a b", method="PUT", parameters=parameters)
    with urllib.request.urlopen(urllib.request.Request(put, data=b"part", method="PUT")) as answer:
        parts = [{"PartNumber": 1, "ETag": answer.headers["ETag"]}]
    client.complete_multipart_upload(
        Bucket=bucket, Key="a b", UploadId=upload_id, MultipartUpload={"Parts": parts}
    )
    head = urllib.request.Request(signer.url("a b", method="HEAD"), method="HEAD")
    with urllib.request.urlopen(head) as answer:
        assert answer.headers["Content-Length"] == "4"

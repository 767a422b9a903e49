"""Signatures of version 4, beside botocore's own."""

from __future__ import annotations

import copy
import datetime
import pickle
from typing import Any
from urllib.parse import quote, urlsplit

import botocore.auth
import botocore.crt.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from philo_aws import sigv4

MOMENT = datetime.datetime(2026, 2, 28, 23, 59, 59, tzinfo=datetime.UTC)
SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG+x", "t0ken/+= with spaces"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
words = st.text("abcXYZ019-._~ /+*", min_size=1, max_size=12)


def identity(token: str | None = None) -> sigv4.Identity:
    return sigv4.Identity(access_key="AKIDEXAMPLE", secret_key=SECRET, token=token)


def scope(service: str = "s3") -> sigv4.Scope:
    stamp = sigv4.stamp_of(int(MOMENT.timestamp()))
    return sigv4.Scope(stamp=stamp, region="eu-central-1", service=service)


@pytest.fixture(scope="module", autouse=True)
def frozen() -> Any:
    with pytest.MonkeyPatch.context() as patch:

        def now(remove_tzinfo: bool = True) -> datetime.datetime:
            return MOMENT.replace(tzinfo=None) if remove_tzinfo else MOMENT

        patch.setattr(botocore.auth, "get_current_datetime", now)
        patch.setattr(botocore.crt.auth, "get_current_datetime", now)
        yield


def signed_by_botocore(
    kind: Any, method: str, url: str, headers: dict[str, str], token: Any
) -> Any:
    request: Any = AWSRequest(method=method, url=url, headers=dict(headers))
    made = kind(Credentials("AKIDEXAMPLE", SECRET, token), "s3", "eu-central-1", expires=60)
    made.add_auth(request)
    return request.url


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        (botocore.auth.S3SigV4QueryAuth, sigv4.LIFETIME_FIRST),
        (botocore.crt.auth.CrtS3SigV4QueryAuth, sigv4.LIFETIME_LAST),
    ],
)
@hypothesis_settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT"]),
    key=texts,
    parameters=st.dictionaries(words, texts, max_size=4),
    headers=st.dictionaries(
        st.sampled_from(["Content-Type", "if-none-match", "X-Amz-Acl"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    ),
    token=st.sampled_from([None, TOKEN]),
    host=st.sampled_from(["example.com", "127.0.0.1:9000"]),
)
def test_a_link_is_botocores(
    kind: Any,
    order: tuple[str, str],
    method: str,
    key: str,
    parameters: dict[str, str],
    headers: dict[str, str],
    token: str | None,
    host: str,
) -> None:
    path = "/" + quote(key, safe="/~")
    pairs = [(sigv4.encoded(name), sigv4.encoded(value)) for name, value in parameters.items()]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    theirs = signed_by_botocore(kind, method, f"https://{host}{path}?{query}", headers, token)
    ours = sigv4.presigned_query(
        identity(token),
        scope(),
        method=method,
        path=path,
        host=host,
        expires_in=60,
        parameters=pairs,
        headers=headers,
        order=order,
    )
    assert ours == urlsplit(theirs).query


@hypothesis_settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST"]),
    path=st.lists(st.text("abc019-_ ü:", min_size=1, max_size=9), max_size=3),
    parameters=st.dictionaries(words, texts, max_size=3),
    headers=st.dictionaries(
        st.sampled_from(["Content-Type", "X-Amz-Target"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    ),
    body=st.binary(max_size=30),
    token=st.sampled_from([None, TOKEN]),
)
def test_a_request_is_signed_as_by_botocore(
    method: str,
    path: list[str],
    parameters: dict[str, str],
    headers: dict[str, str],
    body: bytes,
    token: str | None,
) -> None:
    way = quote("/" + "/".join(path))
    pairs = [(sigv4.encoded(name), sigv4.encoded(value)) for name, value in parameters.items()]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    url = f"https://sqs.eu-central-1.amazonaws.com{way}{'?' if query else ''}{query}"
    request: Any = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
    kept: Any = Credentials("AKIDEXAMPLE", SECRET, token)
    botocore.auth.SigV4Auth(kept, "sqs", "eu-central-1").add_auth(request)
    theirs = {name: value for name, value in request.headers.items() if name not in headers}
    ours = sigv4.authorization(
        identity(token),
        scope("sqs"),
        method=method,
        path=way,
        headers={**headers, "Host": "sqs.eu-central-1.amazonaws.com"},
        body=body,
        parameters=pairs,
    )
    assert ours == theirs


def test_a_known_signature() -> None:
    # The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    query = sigv4.presigned_query(
        sigv4.Identity(
            access_key="AKIAIOSFODNN7EXAMPLE",
            secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        sigv4.Scope(stamp="20130524T000000Z", region="us-east-1", service="s3"),
        method="GET",
        path="/test.txt",
        host="examplebucket.s3.amazonaws.com",
        expires_in=86400,
    )
    assert query.endswith("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_another_secret_day_region_or_service_is_another_signature() -> None:
    def signature(hidden: str = "a", **other: str) -> str:
        where = {"stamp": "20260101T000000Z", "region": "a", "service": "s3", **other}
        made = sigv4.presigned_query(
            sigv4.Identity(access_key="k", secret_key=hidden),
            sigv4.Scope(**where),
            method="GET",
            path="/",
            host="h",
            expires_in=1,
        )
        return made.rpartition("=")[2]

    made = [
        signature(),
        signature("b"),
        signature(stamp="20260102T000000Z"),
        signature(region="b"),
        signature(service="sqs"),
    ]
    assert len(set(made)) == 5


def test_nothing_of_an_identity_shows_or_leaves_the_process() -> None:
    made = identity(TOKEN)
    shown = f"{made!r} {made} {[made]!r}"
    assert not [part for part in (SECRET, TOKEN, "AKIDEXAMPLE") if part in shown]
    for leave in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a secret"):
            leave(made)


def test_no_secret_makes_an_error() -> None:
    odd = sigv4.Identity(access_key="k", secret_key="\udcff")
    assert "X-Amz-Signature=" in sigv4.presigned_query(
        odd, scope(), method="GET", path="/", host="h", expires_in=1
    )

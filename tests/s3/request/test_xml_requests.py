"""Answers in XML: what passes is asked for again through every door, what is none is an error."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from pytest_django import Settings

from philo_aws import clients, s3
from philo_aws.exceptions import CredentialsError, ServiceError
from philo_aws.s3.listing.versions import list_versions
from philo_aws.s3.request import xml_requests
from philo_aws.s3.web.page import iterate, list_page
from philo_aws.s3.web.steps import count_prefixes, delete_step
from philo_aws.s3.web.usage import scan_usage
from tests.s3.scripted import ONCE, Answer, Request, page, scripted
from tests.s3.test_delete_requests import asked_for, deleted

PAGES = {
    "": page("a", "b", token="t", truncated="true"),
    "t": page("c", "d", token="u", truncated="true"),
    "u": page("e"),
}
ALL = list("abcde")
VERSION = (
    "<Version><Key>a</Key><VersionId>1</VersionId><LastModified>2026-01-02T03:04:05Z"
    "</LastModified></Version>"
)
ROOTS = {
    "versions": f"<ListVersionsResult>{VERSION}</ListVersionsResult>",
    "uploads": "<ListMultipartUploadsResult></ListMultipartUploadsResult>",
}


def good(request: Request) -> Answer:
    """The answer of a store that has five objects."""
    if request.method == "POST":
        return 200, deleted(*asked_for(request))
    if request.method == "DELETE":
        return 204, ""
    for name, text in ROOTS.items():
        if name in request.query:
            return 200, text
    if request.path == "/":
        return 200, "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"
    return 200, PAGES[request.query.get("continuation-token", "")]


DOORS: dict[str, tuple[Callable[[], Any], Any]] = {
    "list_objects_v2": (lambda: [o["Key"] for o in s3.list_objects_v2("bucket")["Contents"]], ALL),
    "iter_objects": (lambda: [o.key for o in s3.iter_objects("bucket")], ALL),
    "du": (lambda: s3.du("bucket").objects, 5),
    "delete_objects": (lambda: s3.delete_objects("bucket", prefix="").deleted, 5),
    "delete_keys": (lambda: s3.delete_objects("bucket", keys=["a", "lf\n"]).deleted, 2),
    "scan_usage": (lambda: scan_usage("bucket", seconds=99).objects, 5),
    "count_prefixes": (lambda: count_prefixes("bucket", [""], seconds=99).objects, 5),
    "iterate": (lambda: [entry.key for entry in iterate("bucket")], ALL),
    "list_page": (lambda: len(list_page("bucket", purpose="web").entries), 2),
    "versions": (lambda: len(list_versions("bucket", purpose="web").versions), 1),
    "uploads": (lambda: s3.list_multipart_uploads("bucket")["Uploads"], []),
    "buckets": (lambda: s3.list_buckets()["Buckets"], []),
}
HALF = (0, PAGES["t"][:100])
"""A page that breaks off."""
FAULTS: dict[str, Answer] = {
    "429": (429, "<Error><Code>TooManyRequests</Code></Error>"),
    "408": (408, "<Error><Code>RequestTimeout</Code></Error>"),
    "409": (409, "<Error><Code>OperationAborted</Code></Error>"),
    "503": (503, "<Error><Code>SlowDown</Code></Error>"),
    "error with 200": (200, "<Error><Code>InternalError</Code></Error>"),
    "reset": (0, ""),
    "reset in the middle": HALF,
    "cut, and whole for HTTP": (200, PAGES["t"][:100]),
    "a page to log in at": (200, "<!DOCTYPE html><html>log in</html>"),
    "nothing": (200, ""),
    "another answer": (200, "<CopyObjectResult></CopyObjectResult>"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_passes_is_asked_for_again_through_every_door(settings: Settings, name: str) -> None:
    numbers = itertools.count(1)

    def answer(request: Request) -> Answer:
        # Every second request fails, so that of each kind some do.
        return good(request) if next(numbers) % 2 == 0 else FAULTS[name]

    with scripted(settings, answer) as store:
        for door, (ask, expected) in DOORS.items():
            assert ask() == expected, door
        assert len(store.requests) == 2 * (len(store.requests) // 2)


@pytest.mark.parametrize("name", FAULTS)
def test_what_stays_is_told_through_every_door(settings: Settings, name: str) -> None:
    with scripted(settings, lambda request: FAULTS[name], **ONCE) as store:
        for door, (ask, _) in DOORS.items():
            store.requests.clear()
            if door == "delete_keys":
                # To a DELETE of one object S3 answers with nothing.
                assert ask() == (1 if name == "nothing" else 0)
                continue
            with pytest.raises(Exception, match=r"\.") as caught:
                ask()
            assert type(caught.value).__module__ == "philo_aws.exceptions", door
            assert len(store.requests) == 1


def test_the_steps_of_pages_wait_too(settings: Settings) -> None:
    numbers = itertools.count(1)

    def answer(request: Request) -> Answer:
        if next(numbers) % 2:
            return FAULTS["503"]
        if request.method == "GET":
            return 200, page("d/1")
        return good(request)

    with scripted(settings, answer):
        step = delete_step("bucket", "d/", purpose="web")
    assert (step.done, step.refused) == (1, {})


def test_three_seconds_of_503_end_no_listing(settings: Settings) -> None:
    begun = time.monotonic()

    def answer(request: Request) -> Answer:
        if request.query.get("continuation-token") == "t" and time.monotonic() < begun + 3:
            return FAULTS["503"]
        return good(request)

    with scripted(settings, answer):
        assert [item.key for item in s3.iter_objects("bucket")] == ALL
    assert time.monotonic() > begun + 3


def test_an_endpoint_that_is_no_s3_is_told_within_seconds(settings: Settings) -> None:
    begun = time.monotonic()
    with (
        scripted(settings, lambda request: FAULTS["a page to log in at"]),
        pytest.raises(ServiceError, match="no S3 at all: check the endpoint") as caught,
    ):
        s3.list_objects_v2("bucket")
    assert caught.value.code == "NoProof"
    assert time.monotonic() - begun < 20


def test_an_answer_without_end_is_not_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_requests, "MAX_BODY", 100_000)
    endless = "<ListBucketResult>" + " " * 50_000_000 + "</ListBucketResult>"
    with scripted(settings, lambda request: (200, endless)) as store:
        for ask, _ in (DOORS["iter_objects"], DOORS["list_page"], DOORS["buckets"]):
            store.requests.clear()
            with pytest.raises(ServiceError, match="no answer of S3 is") as caught:
                ask()
            assert caught.value.code == "AnswerTooLong"
            assert len(store.requests) == 1


def test_the_largest_page_of_aws_is_read(settings: Settings) -> None:
    # 1,000 keys of 1,024 bytes, of which each is written as three characters.
    keys = [f"{number:03}" + "%01" * 1021 for number in range(1000)]
    text = page(*keys, more="<EncodingType>url</EncodingType>")
    with scripted(settings, lambda request: (200, text), **ONCE):
        assert sum(len(item.key) for item in s3.iter_objects("bucket")) == 1_024_000


def test_bombs_of_entities_do_nothing(settings: Settings) -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    text = f'<!DOCTYPE x [<!ENTITY e0 "boom">{bomb}]>' + page("&e8;")
    with scripted(settings, lambda request: (200, text), **ONCE):
        for door in ("iter_objects", "list_page", "versions", "uploads", "buckets"):
            with pytest.raises(ServiceError, match="something else"):
                DOORS[door][0]()


# ------------------------------------------------------------------------ expired credentials

EXPIRED = (400, "<Error><Code>ExpiredToken</Code></Error>")


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials of a process, which gives others each time."""
    count = tmp_path / "count"
    count.write_text("0")
    script = tmp_path / "process.py"
    script.write_text(
        f"import json, pathlib\np = pathlib.Path({str(count)!r})\nn = int(p.read_text()) + 1\n"
        "p.write_text(str(n))\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'AKIA{n}', 'SecretAccessKey': 's',\n"
        "    'SessionToken': f'token-{n}', 'Expiration': '2999-01-01T00:00:00Z'}))\n"
    )
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {sys.executable} {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    clients.clear()
    yield
    monkeypatch.undo()
    clients.clear()


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("door", ["iter_objects", "du", "delete_objects", "iterate"])
def test_a_token_that_expires_at_the_third_page_is_renewed(settings: Settings, door: str) -> None:
    def answer(request: Request) -> Answer:
        fresh = "token-1" not in request.headers.get("x-amz-security-token", "")
        last = request.query.get("continuation-token") == "u"
        return good(request) if fresh or not last else EXPIRED

    ask, expected = DOORS[door]
    with scripted(settings, answer, credentials=None) as store:
        assert ask() == expected
        tokens = [request.headers["x-amz-security-token"] for request in store.requests]
    assert tokens[:4] == ["token-1", "token-1", "token-1", "token-2"]


@pytest.mark.usefixtures("credentials")
def test_a_token_that_expires_while_deleting_is_renewed(settings: Settings) -> None:
    def answer(request: Request) -> Answer:
        fresh = "token-1" not in request.headers.get("x-amz-security-token", "")
        return good(request) if fresh or request.method == "GET" else EXPIRED

    with scripted(settings, answer, credentials=None):
        assert s3.delete_objects("bucket", prefix="").deleted == 5


def test_a_token_that_cannot_be_renewed_is_told(settings: Settings) -> None:
    def answer(request: Request) -> Answer:
        return EXPIRED if "continuation-token" in request.query else good(request)

    with scripted(settings, answer), pytest.raises(CredentialsError, match="expired"):
        list(s3.iter_objects("bucket"))


def test_nobody_else_of_the_client_is_touched(settings: Settings) -> None:
    with scripted(settings, good):
        assert len(list(s3.iter_objects("bucket"))) == 5
        client = clients.get_client("s3")
        assert len(client.list_objects_v2(Bucket="bucket")["Contents"]) == 2


def test_botocore_still_takes_any_page_for_an_empty_listing(settings: Settings) -> None:
    # When this fails, philo_aws.s3.request.xml_requests need not send in botocore's stead.
    session = botocore.session.Session()
    session.set_credentials("k", "s")
    with scripted(settings, lambda request: (200, "<html>log in</html>")):
        client: Any = session.create_client(
            "s3", region_name="us-east-1", endpoint_url=settings.AWS["endpoint_url"]
        )
        told = client.list_objects_v2(Bucket="bucket")
        client.close()
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "Contents" not in told

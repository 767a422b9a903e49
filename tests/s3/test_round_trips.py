"""What AWS allows goes in and comes back equal, through the services and the commands."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from philo_aws import s3
from philo_aws.exceptions import UsageError
from philo_aws.s3.objects.tags import get_object_tags
from philo_aws.s3.request.metadata import check_metadata, check_tags
from tests.running import Result
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")
Run = Callable[..., Result]
Command = Callable[..., list[Any]]

# One bucket serves all examples.
over_a_store = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Surrogates are no characters, and XML, which every listing is, has no NUL.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
KEYS = st.one_of(
    st.text(CHARACTERS, min_size=1, max_size=60),
    st.text(st.sampled_from("a/.+%?# \n\r\t&=;<>'\"\\\x01\x7f\x85\u2028é"), min_size=1),
).filter(lambda key: len(key.encode()) <= 1024 and not _is_path_upwards(key))
METADATA = st.dictionaries(
    st.text(st.sampled_from("abcxyz0189-_."), min_size=1, max_size=20),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(str.strip),
    max_size=5,
)
TAG = st.text(
    st.characters(categories=["L", "N", "Zs"], include_characters="+-=._:/@"), max_size=60
)
TAGS = st.dictionaries(
    TAG.filter(lambda name: name and not name.lower().startswith("aws:")), TAG, max_size=10
)

NASTY = (
    "a\nb",
    "a\rb",
    "a\r\n",
    "\x01\x1f\x7f",
    "end ",
    " begin",
    "a  b",
    "//",
    "/a//b/",
    "a/./b",
    "a/../b",
    "...",
    "e\u0301",
    "\xe9",
    "a+b",
    "a%2Fb%",
    "a?b=c&d",
    "a#b",
    "'\"<>&;",
    "\\",
    "a\u2028b\u202e",
    "\U0001f600",
    "x" * 1024,
    "\U0001f600" * 256,
    "\ufffe",
)


def _is_path_upwards(key: str) -> bool:
    # Every server takes them for paths of its own disk and refuses some.
    return any(part in (".", "..") for part in key.split("/"))


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "source").write_bytes(b"content")
    return str(tmp_path / "source")


@pytest.fixture
def command(run: Run, bucket: str) -> Command:
    """`manage.py aws_s3 ACTION --bucket BUCKET … --format jsonl`."""

    def call(action: str, *flags: object) -> list[Any]:
        result = run("aws_s3", action, "--bucket", bucket, "--format", "jsonl", *flags)
        assert result.code == 0, result
        return [json.loads(line) for line in result.out.splitlines()]

    return call


def keys_of(bucket: str) -> list[str]:
    return [item.key for item in s3.iter_objects(bucket)]


@over_a_store
@given(key=KEYS)
def test_keys(aws: LocalAWS, bucket: str, source: str, tmp_path: Path, key: str) -> None:
    if key.endswith("/"):
        # Such a key is that of a folder for whoever downloads a tree.
        with pytest.raises(UsageError, match="that of a folder"):
            s3.upload_file(source, bucket, key)
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"content")
    else:
        s3.upload_file(source, bucket, key)
    assert keys_of(bucket) == [key]
    assert s3.head_object(bucket, key)["ContentLength"] == 7
    s3.download_file(tmp_path / "target", bucket, key)
    assert (tmp_path / "target").read_bytes() == b"content"
    assert s3.delete_objects(bucket, keys=[key]).deleted == 1
    assert keys_of(bucket) == []


@pytest.mark.parametrize("engine", ["crt", "classic"])
@pytest.mark.parametrize("key", NASTY, ids=ascii)
def test_nasty_keys_through_the_command(
    aws: LocalAWS, bucket: str, command: Command, source: str, tmp_path: Path, key: str, engine: str
) -> None:
    given_key = f"--key={key}"
    if key.endswith("/"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"content")
    else:
        command("upload_file", "--fname", source, given_key, "--engine", engine)
    [row] = command("list_objects_v2")
    assert row["Key"] == key
    assert command("head_object", given_key)[0]["ContentLength"] == 7
    command("download_file", given_key, "--fname", tmp_path / "target", "--engine", engine)
    assert (tmp_path / "target").read_bytes() == b"content"
    command("copy_object", given_key, "--destination_key", "copy")
    assert sorted(keys_of(bucket)) == sorted([key, "copy"])
    command("delete_objects", given_key)
    assert keys_of(bucket) == ["copy"]


@over_a_store
@given(metadata=METADATA, tags=TAGS)
def test_metadata_and_tags(
    aws: LocalAWS, bucket: str, source: str, metadata: dict[str, str], tags: dict[str, str]
) -> None:
    extra_args = {"Metadata": metadata, "Tagging": urlencode(tags)}
    # The server leaves the tags of an object to the one that replaces it.
    key, copy = uuid.uuid4().hex, uuid.uuid4().hex
    s3.upload_file(source, bucket, key, extra_args=extra_args)
    assert s3.head_object(bucket, key)["Metadata"] == metadata
    assert get_object_tags(bucket, key) == tags
    s3.copy_object(bucket, key, bucket, copy)
    assert s3.head_object(bucket, copy)["Metadata"] == metadata
    assert get_object_tags(bucket, copy) == tags


@over_a_store
@given(metadata=METADATA, tags=TAGS)
def test_metadata_and_tags_through_the_command(
    aws: LocalAWS,
    bucket: str,
    command: Command,
    source: str,
    metadata: dict[str, str],
    tags: dict[str, str],
) -> None:
    # A name of a tag may hold the sign that parts it from its value only in a Python dict.
    tags = {name: value for name, value in tags.items() if "=" not in name}
    flags = [f"--metadata={name}={value}" for name, value in metadata.items()]
    flags += [f"--tags={name}={value}" for name, value in tags.items()]
    key = uuid.uuid4().hex
    command("upload_file", "--fname", source, "--key", key, *flags)
    [head] = command("head_object", "--key", key)
    assert head["Metadata"] == metadata
    assert get_object_tags(bucket, key) == tags


@over_a_store
@given(
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
    .map(str.strip)
    .filter(bool)
)
def test_headers(aws: LocalAWS, bucket: str, command: Command, source: str, value: str) -> None:
    command(
        "upload_file", "--fname", source, "--key", "k",
        f"--headers=*:content-disposition={value}", f"--headers=*:X-Amz-Meta-Note={value}",
        f"--cache_control={value}",
    )  # fmt: skip
    [head] = command("head_object", "--key", "k")
    assert head["ContentDisposition"] == head["CacheControl"] == value
    assert head["Metadata"] == {"note": value}


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_tag_is_taken_as_it_is_or_refused(name: str, value: str) -> None:
    try:
        check_tags({name: value})
    except UsageError:
        return
    assert 0 < len(name.encode("utf-16-le")) // 2 <= 128
    assert len(value.encode("utf-16-le")) // 2 <= 256


@given(st.text(max_size=30), st.text(max_size=30))
def test_metadata_is_taken_as_it_is_or_refused(name: str, value: str) -> None:
    try:
        taken = check_metadata({name: value})
    except UsageError:
        return
    assert taken == {name: value}
    assert value == value.strip()
    assert (name + value).isascii()
    assert (name + value).isprintable()

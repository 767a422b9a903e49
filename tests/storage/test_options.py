"""The options: what they mean, and what is said of those that cannot be."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import lazy

from philo_aws.s3 import HeaderRule
from philo_aws.storage.options import (
    COMPRESSIBLE,
    IMMUTABLE,
    READERS,
    Kind,
    Options,
    problems,
    read_options,
)
from philo_aws.storage.renamed import RENAMED

PEM = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"


def read(kind: Kind = "media", **given: Any) -> Options:
    return read_options({"bucket": "media-files", **given}, kind)


def refused(kind: Kind = "media", **given: Any) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        read(kind, **given)
    return str(caught.value)


def test_a_bucket_is_enough() -> None:
    made = read()
    assert made.bucket == "media-files"
    assert (made.location, made.region, made.base_url, made.signed) == ("", None, None, None)
    assert (made.expires_in, made.stable_for) == (3600, 900)
    assert (made.allow_overwrite, made.headers, made.extra_args, made.gzip) == (False, (), {}, ())
    assert (made.hashed_cache_control, made.compare) == (IMMUTABLE, "checksum")
    assert (made.only_hashed, made.manifest) == (False, None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("media", "media/"), ("/a/b/", "a/b/"), ("a\\b", "a/b/"), ("", ""), ("/", "")],
)
def test_the_location_is_a_folder(given: str, expected: str) -> None:
    assert read(location=given).location == expected


@pytest.mark.parametrize("location", ["..", "a/../b", "a//b", "./a", 3])
def test_a_location_that_is_no_folder_is_refused(location: Any) -> None:
    assert "location" in refused(location=location)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://cdn.example.com", "https://cdn.example.com/"),
        ("https://cdn.example.com/media//", "https://cdn.example.com/media/"),
        ("//cdn.example.com/x", "//cdn.example.com/x/"),
        ("/media", "/media/"),
    ],
)
def test_the_slash_at_the_end_of_a_base_url_is_mended(given: str, expected: str) -> None:
    assert read(base_url=given).base_url == expected


@pytest.mark.parametrize(
    "url",
    ["cdn.example.com", "ftp://example.com/", "https://", "https://a/?x=1", "https://a:b/", "x:"],
)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    assert "base_url" in refused(base_url=url)


def test_the_password_in_a_url_is_not_shown() -> None:
    said = refused(base_url="https://me:hunter2@example.com/")
    assert "password" in said
    assert "hunter2" not in said


def test_a_base_url_that_is_not_known_yet_is_left_alone() -> None:
    def late() -> str:
        raise AssertionError("it was read")

    assert read(base_url=lazy(late, str)()).base_url is not None


def test_a_public_endpoint_is_a_host() -> None:
    made = read(public_endpoint="https://files.example.com/")
    assert made.public_endpoint == "https://files.example.com"
    assert "scheme and host" in refused(public_endpoint="https://files.example.com/x")


def test_a_quarter_of_the_lifetime_is_the_time_a_url_stays_the_same() -> None:
    assert read(expires_in=100).stable_for == 25
    assert read(expires_in=100, stable_for=0).stable_for == 0
    assert "stable_for" in refused(expires_in=100, stable_for=26)
    assert "604,800" in refused(expires_in=604_801)


def test_headers_are_rules_in_their_order() -> None:
    made = read(headers={"*": {"Cache-Control": "no-cache"}, "*.css": {"Cache-Control": ""}})
    assert made.headers == (
        HeaderRule(pattern="*", name="Cache-Control", value="no-cache"),
        HeaderRule(pattern="*.css", name="Cache-Control", value=""),
    )
    assert "X-Other" in refused(headers={"*": {"X-Other": "1"}})
    assert "headers" in refused(headers={"*": "no-cache"})


def test_gzip_is_for_types() -> None:
    assert read(gzip=True).gzip == COMPRESSIBLE
    assert read(gzip=False).gzip == ()
    assert read(gzip=["text/css"]).gzip == ("text/css",)
    assert "media types" in refused(gzip=["css"])
    assert "gzip" in refused(gzip="text/css")


def test_the_key_of_cloudfront_is_never_shown() -> None:
    made = read(base_url="https://d.cloudfront.net/", cloudfront_key_id="K1", cloudfront_key=PEM)
    assert made.cloudfront_key == PEM
    assert "secret" not in repr(made)
    assert "secret" not in refused(cloudfront_key=PEM)
    assert "secret" not in refused(cloudfront_key={"secret": 1}, cloudfront_key_id="K1")
    assert "cloudfront_key_id" in refused(base_url="https://d.example.com", cloudfront_key=PEM)
    assert "base_url" in refused(cloudfront_key_id="K1", cloudfront_key=PEM)


def test_a_signed_url_cannot_have_a_host_of_its_own() -> None:
    said = refused(signed=True, base_url="https://cdn.example.com/")
    assert "public_endpoint" in said
    assert "CloudFront" in said
    assert "public_endpoint" in refused(
        base_url="https://cdn.example.com/", public_endpoint="https://s3.example.com"
    )


def test_options_of_static_files_are_theirs_alone() -> None:
    assert "static files" in refused(compare="always")
    assert "S3ManifestStaticStorage" in refused("static", only_hashed=True)
    made = read("manifest", only_hashed=True, manifest=Path("/x/staticfiles.json"), compare="size")
    assert (made.only_hashed, made.manifest) == (True, "/x/staticfiles.json")
    assert "checksum" in refused("static", compare="check")


def test_every_fault_is_named_at_once() -> None:
    said = refused(bucket="", expires_in=0, signed="no", locations="x")
    for name in ("bucket", "expires_in", "signed", "'location'"):
        assert name in said


def test_a_missing_bucket_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="'bucket' is missing"):
        read_options({}, "media")


@pytest.mark.parametrize("name", RENAMED)
def test_the_options_of_django_storages_are_answered_with_ours(name: str) -> None:
    given: Any = {name: "x"}
    said = refused("media", **given)
    assert f"{name!r} is django-storages'" in said
    assert RENAMED[name] in said
    assert name not in READERS["manifest"]


def test_none_is_as_if_it_were_not_given() -> None:
    assert read("manifest", **dict.fromkeys(set(READERS["manifest"]) - {"bucket"})) == read()


def test_every_option_is_a_field_and_every_field_an_option() -> None:
    assert {one.name for one in fields(Options)} == set(READERS["manifest"])


def test_a_problem_is_found_without_raising() -> None:
    found = problems({"bucket": "b!"}, "media")
    assert [one.id for one in found] == ["E020"]
    assert not problems({"bucket": "media-files"}, "media")

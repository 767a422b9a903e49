from __future__ import annotations

import mimetypes

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.s3.headers import Headers, guess_type, metadata_of, parse_rule


@pytest.mark.parametrize(
    "key, kind, encoding",
    [
        ("a.html", "text/html; charset=utf-8", ""),
        ("css/a.min.css", "text/css; charset=utf-8", ""),
        ("a.JS", "text/javascript; charset=utf-8", ""),
        ("a.mjs", "text/javascript; charset=utf-8", ""),
        ("a.json", "application/json", ""),
        ("a.svg", "image/svg+xml; charset=utf-8", ""),
        ("a.woff2", "font/woff2", ""),
        ("a.png", "image/png", ""),
        ("a.css.gz", "text/css; charset=utf-8", "gzip"),
        ("a.js.br", "text/javascript; charset=utf-8", "br"),
        ("a.js.zst", "text/javascript; charset=utf-8", "zstd"),
        ("a.svg.gz", "image/svg+xml; charset=utf-8", "gzip"),
        ("dump.tar.gz", "application/gzip", ""),
        ("a.gz", "application/gzip", ""),
        ("photo.png.gz", "application/gzip", ""),
        ("a.br", "application/octet-stream", ""),
        ("README", "application/octet-stream", ""),
        (".css", "application/octet-stream", ""),
        ("dir.css/README", "application/octet-stream", ""),
        ("a.unknown", "application/octet-stream", ""),
    ],
)
def test_the_name_gives_type_and_encoding(key: str, kind: str, encoding: str) -> None:
    assert guess_type(key) == (kind, encoding)
    expected = {"Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})
    assert Headers().of(key) == expected


def test_the_machines_own_table_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mimetypes.types_map, ".css", "text/wrong")
    monkeypatch.setitem(mimetypes.types_map, ".weird", "text/weird")
    assert guess_type("a.css")[0] == "text/css; charset=utf-8"
    assert guess_type("a.weird")[0] == "application/octet-stream"


def test_rules_set_headers_by_pattern_and_the_last_one_wins() -> None:
    made = Headers(
        [
            parse_rule("*.css:Cache-Control=max-age=60"),
            parse_rule("admin/*.css:cache-control=max-age=1, immutable"),
            parse_rule("*:x-amz-meta-by=deploy"),
            parse_rule("*.html:Content-Type="),
        ],
        {"Cache-Control": "no-cache"},
    )
    assert made.of("a.css")["Cache-Control"] == "max-age=60"
    assert made.of("admin/a.css")["Cache-Control"] == "max-age=1, immutable"
    assert made.of("a.js")["Cache-Control"] == "no-cache"
    assert made.of("a.js")["x-amz-meta-by"] == "deploy"
    assert "Content-Type" not in made.of("a.html")


def test_a_colon_in_the_pattern_and_an_equals_sign_in_the_value() -> None:
    rule = parse_rule("a:b/*.css:Cache-Control=max-age=1")
    assert (rule.pattern, rule.name, rule.value) == ("a:b/*.css", "Cache-Control", "max-age=1")


@pytest.mark.parametrize(
    "text", ["*.css", "*.css:Cache-Control", ":Cache-Control=a", "Cache-Control=1"]
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="GLOB:Name=Value"):
        parse_rule(text)


@pytest.mark.parametrize(
    "text", ["*:Authorization=x", "*:x-amz-acl=public-read", "*:Host=a", "*:x-amz-meta-=a"]
)
def test_a_header_that_is_not_the_objects_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no header that can be set"):
        Headers([parse_rule(text)])


@pytest.mark.parametrize("value", ["a\r\nX: y", "caf\xe9", "a\0"])
def test_a_value_that_headers_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="printable ASCII"):
        Headers(defaults={"Cache-Control": value})


def test_pairs() -> None:
    assert metadata_of(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    with pytest.raises(UsageError, match="NAME=VALUE"):
        metadata_of(["a"])
    with pytest.raises(UsageError, match="'a' is given twice"):
        metadata_of(["a=1", "b=2", "a=3"])

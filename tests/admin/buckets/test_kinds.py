from __future__ import annotations

import pytest

from philo_aws.admin.buckets.kinds import (
    EMBED_LIMIT,
    embedded_type,
    is_log,
    is_unknown,
    kind_of,
    media_type,
    table_mark,
)


@pytest.mark.parametrize(
    ("key", "content_type", "kind"),
    [
        ("a.csv", "binary/octet-stream", "table"),
        ("export", "text/csv; charset=iso-8859-1", "table"),
        ("a.TSV", "", "table"),
        ("README.md", "binary/octet-stream", "markdown"),
        ("notes", "text/markdown", "markdown"),
        ("app.log", "", "text"),
        ("logs/app.log.1", "binary/octet-stream", "text"),
        ("app.log-20260131", "binary/octet-stream", "text"),
        ("var/syslog", "binary/octet-stream", "text"),
        ("song.mp3", "binary/octet-stream", "audio"),
        ("clip.webm", "text/html", "video"),
        ("clip", "video/mp4", "video"),
        ("clip", "video/x-unknown", "none"),
        ("a.svg", "image/png", "text"),
        ("a.html", "text/html", "text"),
        ("a.png", "text/html", "image"),
        ("a.bin", "binary/octet-stream", "none"),
        ("catalog.bin", "binary/octet-stream", "none"),
    ],
)
def test_the_name_and_the_type_say_how_it_is_shown(key: str, content_type: str, kind: str) -> None:
    assert kind_of(key, {"ContentType": content_type, "ContentLength": 1}) == kind


def test_what_is_compressed_or_too_large_is_not_shown() -> None:
    assert kind_of("a.csv", {"ContentEncoding": "gzip"}) == "none"
    assert kind_of("a.png", {"ContentLength": EMBED_LIMIT + 1}) == "none"
    assert kind_of("a.mp4", {"ContentLength": EMBED_LIMIT + 1}) == "video"


@pytest.mark.parametrize(
    "key", ["a.log", "a.log.12", "a-err.2026-01-31", "x/messages", "b_log", "a.log.b.log"]
)
def test_logs_are_known_by_their_names(key: str) -> None:
    assert is_log(key)


def test_what_may_be_text_for_all_that_is_known() -> None:
    assert is_unknown("Makefile", {"ContentType": "binary/octet-stream"})
    assert not is_unknown("Makefile", {"ContentEncoding": "gzip"})
    assert not is_unknown("x.png", {})
    assert not is_unknown("x", {"ContentType": "video/x-unknown"})
    assert not is_unknown("x.zip", {})


@pytest.mark.parametrize("key", ["blog", "catalog", "a.log.gz", "a.login", "messages.po"])
def test_what_only_looks_like_a_log_is_none(key: str) -> None:
    assert not is_log(key)


def test_s3_is_told_to_send_as_what_browsers_play_and_nothing_else() -> None:
    assert media_type("a.mp4", "text/html") == "video/mp4"
    assert media_type("a", "audio/mpeg; x=y") == "audio/mpeg"
    assert media_type("a", "text/html") == ""


def test_a_table_has_a_mark_where_its_name_says_which() -> None:
    assert table_mark("a.tsv", {}) == "\t"
    assert table_mark("a", {"ContentType": "text/tab-separated-values"}) == "\t"
    assert table_mark("a.csv", {"ContentType": "text/csv"}) == ""


def test_the_bytes_say_what_is_an_image() -> None:
    assert embedded_type(b"\x89PNG\r\n\x1a\n...") == "image/png"
    assert embedded_type(b"RIFF....WEBP") == "image/webp"
    assert embedded_type(b"<svg onload=1>") == ""

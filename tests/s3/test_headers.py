from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.s3.headers import HeaderRule, Headers, metadata_of, parse_rule


def written(path: Path, content: bytes) -> tuple[str, int]:
    """The path and the size of a new file."""
    path.write_bytes(content)
    return str(path), len(content)


@pytest.mark.parametrize(
    ("name", "content", "headers"),
    [
        ("a.txt", "für".encode(), {"Content-Type": "text/plain; charset=utf-8"}),
        ("a.txt", "für".encode("latin-1"), {"Content-Type": "text/plain"}),
        ("a.txt", b"", {"Content-Type": "text/plain; charset=utf-8"}),
        ("a.html", "für".encode("utf-16"), {"Content-Type": "text/html"}),
        ("README", b"plain", {"Content-Type": "text/plain; charset=utf-8"}),
        ("Dockerfile", "# für".encode("latin-1"), {"Content-Type": "text/plain"}),
        ("a.svg", b"<svg/>", {"Content-Type": "image/svg+xml; charset=utf-8"}),
        ("a.json", b"{}", {"Content-Type": "application/json"}),
        ("a.png", b"plain", {"Content-Type": "image/png"}),
    ],
)
def test_utf_8_is_declared_where_the_content_is(
    tmp_path: Path, name: str, content: bytes, headers: dict[str, str]
) -> None:
    assert Headers().of(name, *written(tmp_path / "file", content)) == headers


def test_a_packed_text_is_looked_at_unpacked(tmp_path: Path) -> None:
    made = Headers()
    for content, charset in (("für".encode(), "; charset=utf-8"), (b"f\xfcr", "")):
        file = written(tmp_path / "a.css.gz", gzip.compress(content))
        assert made.of("a.css.gz", *file) == {
            "Content-Type": f"text/css{charset}",
            "Content-Encoding": "gzip",
        }
        # These are not unpacked here: the file that they were made of lies beside them.
        file = written(tmp_path / "a.css.br", b"\x8b\xff")
        assert made.of("a.css.br", *file)["Content-Type"] == "text/css"
        written(tmp_path / "a.css", content)
        assert made.of("a.css.br", *file)["Content-Type"] == f"text/css{charset}"
        (tmp_path / "a.css").unlink()


def test_objects_of_the_same_headers_share_them(tmp_path: Path) -> None:
    made = Headers()
    utf8 = written(tmp_path / "utf8", b"a")
    other = written(tmp_path / "other", b"\xff")
    assert made.of("a.css", *utf8) is made.of("x/b.css", *utf8)
    assert made.of("a.css", *other) is made.of("x/b.css", *other)
    assert made.of("a.css", *utf8) is not made.of("a.css", *other)


def test_a_given_content_type_is_left_as_it_is(tmp_path: Path) -> None:
    file = written(tmp_path / "file", b"a")
    assert Headers(defaults={"content-type": "text/x"}).of("a.css", *file) == {
        "Content-Type": "text/x"
    }
    ruled = Headers([HeaderRule(pattern="*.css", name="Content-Type", value="text/y")])
    assert ruled.of("a.css", *file) == {"Content-Type": "text/y"}


def test_without_a_file_no_charset_is_said() -> None:
    assert Headers().of("a.css") == {"Content-Type": "text/css"}
    assert Headers().of("a.js.gz") == {
        "Content-Type": "text/javascript",
        "Content-Encoding": "gzip",
    }


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
        parse_rule(text)


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


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"pattern": "./a", "name": "Expires", "value": ""}, "which no path has"),
        ({"pattern": "", "name": "Expires", "value": ""}, "matches nothing"),
        ({"pattern": None, "name": "Expires", "value": ""}, "pattern of a header rule is None"),
        ({"pattern": "*", "name": "x-amz-meta-a b", "value": ""}, "no header that can be set"),
        ({"pattern": "*", "name": "x-amz-meta-\xfc", "value": ""}, "no header that can be set"),
        ({"pattern": "*", "name": 1, "value": ""}, "name of a header is 1"),
        ({"pattern": "*", "name": "Expires", "value": 1}, "'Expires' is 1. Give a text"),
        ({"pattern": "*", "name": "Expires", "value": "a\nb"}, "printable ASCII"),
    ],
)
def test_a_header_rule_that_cannot_be_is_refused_where_it_is_made(fields: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        HeaderRule(**fields)


RULE = HeaderRule(pattern="*", name="Expires", value="0")


@pytest.mark.parametrize(
    ("rules", "defaults", "said"),
    [
        ("*.css:Cache-Control=x", None, "headers is '.*Give a list"),
        (RULE, None, "the one HeaderRule"),
        ({"Cache-Control": "x"}, None, "Give a list"),
        (["*.css:Cache-Control=x"], None, "which is no HeaderRule"),
        ([RULE] * 10_001, None, "10,001 header rules; 10,000 are the most"),
        ((), "no-cache", "default_headers is no dict"),
        ((), {"Cache-Control": 60}, "'Cache-Control' is 60. Give a text"),
        ((), {1: "a"}, "the name 1, which is no text"),
        ((), {"Host": "a"}, "no header that can be set"),
    ],
)
def test_what_is_no_list_of_header_rules_is_refused(rules: Any, defaults: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Headers(rules, defaults)
    assert Headers([RULE] * 10_000).of("a")["Expires"] == "0"


def test_a_metadata_header_may_have_dots() -> None:
    assert Headers([parse_rule("*:x-amz-meta-a.b=1")]).of("k")["x-amz-meta-a.b"] == "1"

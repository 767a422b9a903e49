from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from philo_aws.admin.buckets import preview
from tests.admin.buckets.conftest import Pages
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def versioned(aws: LocalAWS, bucket: str) -> Any:
    aws.client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return bucket


def test_the_page_has_everything_with_at_most_four_requests(
    aws: LocalAWS, pages: Pages, calls: list[str], text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket,
        Key="d/conf.json",
        Body=b'{"a": [1, 2]}',
        ContentType="application/json",
        CacheControl="max-age=60",
        Metadata={"owner": "ops"},
        Tagging="team=web&env=prod",
        ChecksumAlgorithm="SHA256",
    )
    response = pages.get("object", key="d/conf.json")
    text = text_of(response)
    for words in (
        f"Address s3://{pages.bucket}/d/conf.json",
        "Content type application/json",
        "Cache control max-age=60",
        "Storage class STANDARD",
        "owner ops",
        "env prod team web",
        "SHA256",
        '"a": [ 1, 2 ]',
    ):
        assert words in text, words
    assert len(calls) <= 4
    assert sorted(calls) == ["GetObject", "GetObjectTagging", "HeadObject", "ListObjectVersions"]


@pytest.mark.parametrize(
    ("key", "content_type", "shown"),
    [
        ("page.html", "text/html", "&lt;b onclick=&quot;x()&quot;&gt;"),
        ("image.svg", "image/svg+xml", "&lt;b onclick=&quot;x()&quot;&gt;"),
        ("notes", "text/plain", "&lt;b onclick=&quot;x()&quot;&gt;"),
        ("data.bin", "application/octet-stream", "This kind of object has no preview."),
    ],
)
def test_markup_is_shown_as_text_and_never_as_markup(
    aws: LocalAWS, pages: Pages, key: str, content_type: str, shown: str
) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket, Key=key, Body=b'<b onclick="x()">', ContentType=content_type
    )
    body = pages.get("object", key=key).content.decode()
    assert shown in body
    assert '<b onclick="x()">' not in body
    assert pages.get("preview", key=key).status_code == 404


def test_an_image_is_shown_by_its_bytes_in_a_sandbox(aws: LocalAWS, pages: Pages) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 50
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x.png", Body=png, ContentType="text/html")
    assert '<img class="aws-preview-image"' in pages.get("object", key="x.png").content.decode()
    response = pages.get("preview", key="x.png")
    assert response.content == png
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_what_only_pretends_to_be_an_image_is_not_sent(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket, Key="x.png", Body=b"<script>1</script>", ContentType="image/png"
    )
    assert pages.get("preview", key="x.png").status_code == 404


def test_a_pdf_is_shown_by_its_bytes_in_a_frame(aws: LocalAWS, pages: Pages) -> None:
    s3, pdf = aws.client("s3"), b"%PDF-1.7\n..."
    s3.put_object(Bucket=pages.bucket, Key="x.pdf", Body=pdf, ContentType="text/html")
    assert '<iframe class="aws-preview-pdf"' in pages.get("object", key="x.pdf").content.decode()
    response = pages.get("preview", key="x.pdf")
    assert response.content == pdf
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"] == "inline"
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    # Some browsers show no PDF in a sandbox.
    policy = response.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'self'"
    s3.put_object(Bucket=pages.bucket, Key="y.pdf", Body=b"<script>1</script>%PDF-")
    assert pages.get("preview", key="y.pdf").status_code == 404


def test_a_pdf_that_is_too_large_for_the_page_has_a_link(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "EMBED_LIMIT", 5)
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x.pdf", Body=b"%PDF-1")
    body = pages.get("object", key="x.pdf").content.decode()
    assert "<iframe" not in body
    assert "Open the PDF in a new tab" in body
    assert pages.get("preview", key="x.pdf").status_code == 404


def test_in_a_tab_of_its_own_a_pdf_comes_from_s3_itself(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket, Key="x.pdf", Body=b"%PDF-", ContentType="text/html"
    )
    response = pages.get("preview", key="x.pdf", **{"as": "pdf"})
    assert response.status_code == 302
    assert response.headers["Location"].startswith(aws.endpoint_url)
    with urllib.request.urlopen(response.headers["Location"]) as answer:
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"] == "inline"


@pytest.mark.parametrize(
    ("key", "stored_as", "tag", "played_as"),
    [
        ("song.mp3", "text/html", "audio", "audio/mpeg"),
        ("clip.mp4", "binary/octet-stream", "video", "video/mp4"),
        ("clip", "video/webm", "video", "video/webm"),
    ],
)
def test_what_is_played_comes_from_s3_itself_part_by_part(
    aws: LocalAWS,
    pages: Pages,
    calls: list[str],
    key: str,
    stored_as: str,
    tag: str,
    played_as: str,
) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket, Key=key, Body=b"0123456789", ContentType=stored_as
    )
    content = pages.get("object", key=key).content.decode()
    assert f'<{tag} class="aws-player" controls preload="none"' in content
    # Of its bytes nothing is read for the page.
    assert "GetObject" not in calls
    response = pages.get("preview", key=key, **{"as": "media"})
    assert response.status_code == 302
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Location"].startswith(aws.endpoint_url)
    part = urllib.request.Request(response.headers["Location"], headers={"Range": "bytes=2-4"})
    with urllib.request.urlopen(part) as answer:
        assert answer.read() == b"234"
        assert answer.headers["Content-Type"] == played_as
        assert answer.headers["Content-Disposition"] == "inline"


def test_nothing_else_is_sent_as_what_is_played(
    aws: LocalAWS, pages: Pages, staff: Callable[..., Client]
) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket, Key="x.html", Body=b"<script>", ContentType="text/html"
    )
    assert pages.get("preview", key="x.html", **{"as": "media"}).status_code == 404
    looking = staff("view_bucket", "list_objects")
    assert looking.get(pages.path("preview", key="a.mp4", **{"as": "media"})).status_code == 403


def test_what_nothing_is_known_of_can_be_shown_as_text(
    aws: LocalAWS,
    pages: Pages,
    calls: list[str],
    text_of: Callable[[Any], str],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="Makefile", Body=b"all:\n\t<b>echo\n" * 9_000)
    s3.put_object(Bucket=pages.bucket, Key="program", Body=b"\x7fELF\1\2\0")
    s3.put_object(Bucket=pages.bucket, Key="x.tar.gz", Body=b"\x1f\x8b")
    unasked = pages.get("object", key="Makefile")
    assert "GetObject" not in calls
    shown = pages.client.get(links_of(unasked)["Show it as text"])
    assert "&lt;b&gt;echo" in shown.content.decode()
    assert "Only the end" in text_of(pages.client.get(links_of(shown)["End"]))
    program = pages.client.get(links_of(pages.get("object", key="program"))["Show it as text"])
    assert "This is no text." in text_of(program)
    assert "Show it as text" not in links_of(pages.get("object", key="x.tar.gz"))


def test_markdown_is_shown_as_a_document_and_as_it_is(aws: LocalAWS, pages: Pages) -> None:
    body = "# Read me\n\n<script>alert(1)</script>\n\n[a](https://example.com) \u202eb".encode()
    aws.client("s3").put_object(Bucket=pages.bucket, Key="README.md", Body=body)
    content = pages.get("object", key="README.md").content.decode()
    assert "<h3>Read me</h3>" in content
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in content
    assert "<script>alert" not in content
    assert "\\u202eb" in content
    assert "# Read me\n" in content


def preview_of(aws: LocalAWS, pages: Pages, body: bytes, content_type: str) -> list[str]:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x", Body=body, ContentType=content_type)
    content = pages.get("object", key="x").content.decode()
    return [unescape(found) for found in re.findall(r"<pre[^>]*>(.*?)</pre>", content, re.DOTALL)]


@pytest.mark.parametrize("body", [b"[" * 65_000, b"[" * 90 + b"0," * 30_000, b'{"a":' * 12_000])
def test_nested_json_makes_no_larger_page(aws: LocalAWS, pages: Pages, body: bytes) -> None:
    [shown] = preview_of(aws, pages, body, "application/json")
    assert shown == body.decode()


def test_the_beginning_of_a_json_text_is_not_shown_as_a_whole_one(
    aws: LocalAWS, pages: Pages
) -> None:
    body = b'{"a":1}' + b" " * 70_000 + b"and more"
    [shown] = preview_of(aws, pages, body, "application/json")
    assert shown.rstrip() == '{"a":1}'


def test_json_is_shown_by_its_own_tokens_and_as_it_is(aws: LocalAWS, pages: Pages) -> None:
    body = b'{"n":1e400,"n":0.10,"s":"\\u0041"}'
    pretty, as_it_is = preview_of(aws, pages, body, "application/json")
    assert pretty == '{\n  "n": 1e400,\n  "n": 0.10,\n  "s": "\\u0041"\n}'
    assert as_it_is == body.decode()


def test_text_is_shown_in_its_own_encoding(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    assert preview_of(aws, pages, "Grüße".encode("latin-1"), "text/plain") == ["Grüße"]
    assert "Read as cp1252." in text_of(pages.get("object", key="x"))
    assert preview_of(aws, pages, "日本".encode("utf-16"), "text/plain") == ["日本"]
    assert preview_of(aws, pages, b"\x7fELF\x01\x01", "text/plain") == []
    assert preview_of(aws, pages, "a\u202eb\r\nc".encode(), "text/plain") == ["a\\u202eb\nc"]
    assert "Read as" not in text_of(pages.get("object", key="x"))


def test_only_the_beginning_of_a_long_text_is_fetched(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x.txt", Body=b"line\n" * 100_000)
    body = pages.get("object", key="x.txt").content.decode()
    assert "Only the beginning is shown." in body
    assert body.count("line\n") < 20_000


def test_of_a_log_the_end_is_shown_and_the_beginning_is_one_click_away(
    aws: LocalAWS,
    pages: Pages,
    calls: list[str],
    text_of: Callable[[Any], str],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    numbered = b"".join(b"line %d\n" % number for number in range(20_000))
    aws.client("s3").put_object(Bucket=pages.bucket, Key="app.log.1", Body=numbered)
    end = pages.get("object", key="app.log.1")
    assert len(calls) <= 4
    assert "Only the end is shown." in text_of(end)
    assert "line 19999 </pre>" in " ".join(end.content.decode().split())
    assert "line 0\n" not in end.content.decode()
    start = pages.client.get(links_of(end)["Beginning"])
    assert "Only the beginning is shown." in text_of(start)
    assert ">line 0\n" in start.content.decode()
    assert "line 19999" in pages.client.get(links_of(start)["End"]).content.decode()


def test_the_end_of_a_text_of_two_bytes_a_character_is_right(aws: LocalAWS, pages: Pages) -> None:
    body = "".join(f"Zeile {number} Grüße\r\n" for number in range(9_999)).encode("utf-16")
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x.log", Body=body)
    content = pages.get("object", key="x.log").content.decode()
    assert "Zeile 9998 Grüße\n</pre>" in content
    assert "\ufffd" not in content


def test_a_short_log_is_shown_whole(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x.log", Body=b"first\nlast\n")
    text = text_of(pages.get("object", key="x.log"))
    assert "first last" in text
    assert "Only the" not in text


def test_a_table_is_shown_as_one_and_as_it_is(
    aws: LocalAWS, pages: Pages, calls: list[str], text_of: Callable[[Any], str]
) -> None:
    body = 'Ware;Preis\n"<b>Brot</b>; dunkel";1,50\nKäse;3,00\n'.encode("latin-1")
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x.csv", Body=body)
    content = pages.get("object", key="x.csv").content.decode()
    assert len(calls) <= 4
    assert '<th scope="col"><bdi>Ware</bdi></th>' in content
    assert "<td><bdi>&lt;b&gt;Brot&lt;/b&gt;; dunkel</bdi></td><td><bdi>1,50</bdi></td>" in content
    assert "<b>" not in content
    assert "&quot;&lt;b&gt;Brot&lt;/b&gt;; dunkel&quot;;1,50" in content
    assert "2 rows , 2 columns" in text_of(pages.get("object", key="x.csv")).replace(",", " ,")


def test_a_large_table_says_that_it_is_cut(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    head = "\t".join(f"name {chr(65 + n % 26)}{n}" for n in range(40))
    line = "\t".join(["value"] * 40)
    body = "\n".join([head, *[line] * 2_000]).encode()
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x.tsv", Body=body)
    text = text_of(pages.get("object", key="x.tsv"))
    assert "only the first rows are shown" in text
    assert "only the first of 40 columns are shown" in text
    assert "Only the beginning is shown." in text
    assert "only the last rows are shown" in text_of(pages.get("object", key="x.tsv", part="end"))


def test_versions_are_listed_restored_and_deleted(
    aws: LocalAWS,
    versioned: str,
    pages: Pages,
    text_of: Callable[[Any], str],
    history: Callable[[str], list[str]],
) -> None:
    s3 = aws.client("s3")
    old = s3.put_object(Bucket=versioned, Key="a.txt", Body=b"old")["VersionId"]
    new = s3.put_object(Bucket=versioned, Key="a.txt", Body=b"newer")["VersionId"]
    s3.put_object(Bucket=versioned, Key="a.txt.bak", Body=b"other")
    text = text_of(pages.get("object", key="a.txt"))
    assert "2 versions, newest first" in text
    assert f"{new} Newest" in text
    assert "old" in text_of(pages.get("object", key="a.txt", version=old))

    asked = pages.get("restore", key="a.txt", version=old)
    assert old in text_of(asked)
    assert s3.get_object(Bucket=versioned, Key="a.txt")["Body"].read() == b"newer"
    done = pages.post("restore", key="a.txt", version=old)
    assert done.headers["Location"] == pages.path("object", key="a.txt")
    assert s3.get_object(Bucket=versioned, Key="a.txt")["Body"].read() == b"old"

    pages.post("delete-version", key="a.txt", version=new)
    left = s3.list_object_versions(Bucket=versioned, Prefix="a.txt")["Versions"]
    assert new not in [version["VersionId"] for version in left]
    assert history(versioned) == [
        f"Restored 'a.txt', version {old}.",
        f"Deleted version {new} of 'a.txt' for good.",
    ]


def test_a_deleted_object_is_found_and_undeleted(
    aws: LocalAWS,
    versioned: str,
    pages: Pages,
    text_of: Callable[[Any], str],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=versioned, Key="d/gone.txt", Body=b"content")
    s3.put_object(Bucket=versioned, Key="d/there.txt", Body=b"content")
    s3.delete_object(Bucket=versioned, Key="d/gone.txt")
    deleted = pages.get("deleted", prefix="d/")
    assert "gone.txt" in text_of(deleted)
    assert "there.txt" not in text_of(deleted)
    missing = pages.get("object", key="d/gone.txt")
    assert "This object was deleted. Older versions of it are kept." in text_of(missing)
    url = links_of(missing)["Undelete"]
    assert url == links_of(deleted)["Undelete"]
    pages.client.post(url, {"confirm": "yes"})
    assert s3.get_object(Bucket=versioned, Key="d/gone.txt")["Body"].read() == b"content"


def test_deleting_the_mark_of_a_deletion_is_refused(
    aws: LocalAWS, versioned: str, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=versioned, Key="a", Body=b"content")
    marker = s3.delete_object(Bucket=versioned, Key="a")["VersionId"]
    response = pages.post("delete-version", key="a", version=marker)
    assert "Restore it instead" in text_of(response)
    assert "DeleteMarkers" in s3.list_object_versions(Bucket=versioned)


def test_an_unknown_version_is_refused(
    aws: LocalAWS, versioned: str, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(Bucket=versioned, Key="a", Body=b"content")
    response = pages.post("restore", key="a", version="no-such")
    assert "There is no version 'no-such'" in text_of(response)


def test_an_object_that_never_was_offers_the_folder_of_that_name(
    pages: Pages, links_of: Callable[[Any], dict[str, str]], text_of: Callable[[Any], str]
) -> None:
    response = pages.get("object", key="reports")
    assert "There is no object 'reports'" in text_of(response)
    assert links_of(response)["Look for a folder of this name"] == pages.path(
        "change", prefix="reports/"
    )


def test_without_the_permission_to_read_there_is_no_preview(
    aws: LocalAWS, staff: Callable[..., Client], pages: Pages, text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a.txt", Body=b"secret words")
    client = staff("view_bucket", "list_objects")
    text = text_of(client.get(pages.path("object", key="a.txt")))
    assert "secret words" not in text
    assert "You may not read the content" in text


@pytest.mark.parametrize("key", ["", "x" * 1025])
def test_an_impossible_key_gives_a_message(
    pages: Pages, text_of: Callable[[Any], str], key: str
) -> None:
    response = pages.get("object", key=key)
    assert response.status_code == 200
    assert "The key is" in text_of(response)

from __future__ import annotations

import datetime
import time
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.exceptions import ServiceError
from philo_aws.s3 import listxml

MODIFIED = "2026-01-02T03:04:05.678Z"


def entry(
    key: str, *, size: int = 1, etag: str = '"e"', more: str = "", storage: str = "STANDARD"
) -> str:
    cls = f"<StorageClass>{storage}</StorageClass>" if storage else ""
    return (
        f"<Contents><Key>{key}</Key><LastModified>{MODIFIED}</LastModified>"
        f"<ETag>{escape(etag)}</ETag>{more}<Size>{size}</Size>{cls}</Contents>"
    )


def page(*entries: str, head: str = "", namespace: bool = True, encoded: bool = True) -> bytes:
    space = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"' if namespace else ""
    encoding = "<EncodingType>url</EncodingType>" if encoded else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult{space}><Name>b</Name>'
        f"<Prefix></Prefix>{encoding}{head}{''.join(entries)}</ListBucketResult>"
    ).encode()


KEYS = st.lists(st.text(min_size=1, max_size=10).filter(lambda key: "\0" not in key), max_size=5)


@given(KEYS, st.booleans(), st.integers(0, 5))
def test_every_key_comes_back(keys: list[str], uniform: bool, cut: int) -> None:
    keys = [key for key in keys if not any("\ud800" <= c <= "\udfff" for c in key)]
    more = "<Owner><ID>1</ID><DisplayName>n</DisplayName></Owner>"
    entries = [
        entry(quote(key, safe="/"), size=n, more="" if uniform or n % 2 else more)
        for n, key in enumerate(keys)
    ]
    assert [(o.key, o.size) for o in listxml.objects(page(*entries), cut)] == [
        (key[cut:], n) for n, key in enumerate(keys)
    ]
    assert [row["Key"] for row in listxml.contents(page(*entries))] == keys


@pytest.mark.parametrize("namespace", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_fields(namespace: bool, count: int) -> None:
    body = page(*[entry(f"k{n}", size=n) for n in range(count)], namespace=namespace)
    expected = [listxml.Object(f"k{n}", n, "e", MODIFIED, "STANDARD") for n in range(count)]
    assert list(listxml.objects(body)) == expected


@pytest.mark.parametrize("tail", ["Size", "e\x01Key", "Contents"])
def test_a_key_may_look_like_an_element(tail: str) -> None:
    body = page(entry("Key"), entry("Contents"), entry(quote(tail)))
    assert [o.key for o in listxml.objects(body)] == ["Key", "Contents", tail]


def test_keys_are_decoded_only_when_the_store_encoded_them() -> None:
    entries = [entry("a+b%20c"), entry("d")]
    assert next(iter(listxml.objects(page(*entries)))).key == "a b c"
    assert next(iter(listxml.objects(page(*entries, encoded=False)))).key == "a+b%20c"


@pytest.mark.parametrize(
    "entries",
    [
        [entry("a", storage=""), entry("b", storage="")],
        [entry("a", storage=""), entry("b", storage="GLACIER")],
        [entry("a", etag=""), entry("b")],
        [entry("a", more="<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"), entry("b")],
        [entry("a", more="<ChecksumAlgorithm></ChecksumAlgorithm>"), entry("b", more="<x>1</x>")],
        [
            "<Contents><Size>1</Size><Key>a</Key><LastModified>t</LastModified></Contents>",
            entry("b"),
        ],
    ],
)
def test_pages_whose_entries_differ(entries: list[str]) -> None:
    for body in (page(*entries), page(*entries, head="<MaxKeys>9</MaxKeys>")):
        found = list(listxml.objects(body))
        assert [(o.key, o.size) for o in found] == [("a", 1), ("b", 1)]
        assert all(o.storage_class for o in found)


def test_white_space_between_elements() -> None:
    body = page(entry("a"), entry("b")).replace(b"><", b">\n  <")
    assert [o.key for o in listxml.objects(body)] == ["a", "b"]


def test_botos_fields() -> None:
    more = (
        "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA1</ChecksumAlgorithm>"
        "<ChecksumType>FULL_OBJECT</ChecksumType><Owner><ID>1</ID></Owner><RestoreStatus>"
        "<IsRestoreInProgress>true</IsRestoreInProgress>"
        f"<RestoreExpiryDate>{MODIFIED}</RestoreExpiryDate></RestoreStatus>"
        "<Type>Normal</Type>"  # Ceph's own, which boto leaves out
    )
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC)
    assert listxml.contents(page(entry("a", more=more))) == [
        {
            "Key": "a",
            "LastModified": moment,
            "ETag": '"e"',
            "ChecksumAlgorithm": ["CRC32", "SHA1"],
            "ChecksumType": "FULL_OBJECT",
            "Owner": {"ID": "1"},
            "RestoreStatus": {"IsRestoreInProgress": True, "RestoreExpiryDate": moment},
            "Size": 1,
            "StorageClass": "STANDARD",
        }
    ]


def test_the_time_in_nanoseconds() -> None:
    [item] = listxml.objects(page(entry("a")))
    assert item.mtime_ns == 1_767_323_045_678_000_000


def test_a_time_without_a_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        [item] = listxml.objects(page(entry("a").replace("Z</LastModified>", "</LastModified>")))
        assert item.mtime_ns == 1_767_323_045_678_000_000
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("keys", [["a/1", "b"], ["A", "a/1"], ["a"]])
@pytest.mark.parametrize("more", ["", "<Owner><ID>1</ID></Owner>"])
def test_a_key_that_was_not_asked_for_is_an_error(keys: list[str], more: str) -> None:
    body = page(*[entry(key, more=more) for key in keys], entry("a/2"))
    with pytest.raises(ServiceError, match="keys that begin with 'a/' were asked for"):
        listxml.objects(body, 2, prefix="a/")
    assert len(list(listxml.objects(body))) == len(keys) + 1


def test_the_token_of_the_next_page() -> None:
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b==</NextContinuationToken>"
    assert listxml.next_token(page(head=more)) == "a&b=="
    assert listxml.next_token(page(head="<IsTruncated>false</IsTruncated>")) == ""
    with pytest.raises(ServiceError, match="more to list"):
        listxml.next_token(page(head="<IsTruncated>true</IsTruncated>"))


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", page(entry("a"))[:-30], page(entry("\x01"))]
)
def test_what_is_no_page_is_an_error(body: bytes) -> None:
    for read in (listxml.objects, listxml.contents):
        with pytest.raises(ServiceError):
            list(read(body))

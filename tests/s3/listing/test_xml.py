from __future__ import annotations

import datetime
import time
import timeit
from collections.abc import Callable
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.exceptions import ServiceError
from philo_aws.s3.listing import xml

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
    assert [(o.key, o.size) for o in xml.objects(page(*entries), cut)] == [
        (key[cut:], n) for n, key in enumerate(keys)
    ]
    assert [row["Key"] for row in xml.contents(page(*entries))] == keys
    assert xml.ends(page(*entries)) == ((keys[0], keys[-1]) if keys else ("", ""))


def test_the_ends_of_a_page_in_other_spellings() -> None:
    body = page(entry("a&amp;b+"), entry("c"), entry("&#x1f600;&lt;"), encoded=False)
    assert xml.ends(body) == ("a&b+", "\U0001f600<")
    assert xml.ends(page(entry("c"))) == ("c", "c")
    # What is written in another way still is no wrong end.
    assert xml.ends(b"<ListBucketResult><Key a='b'>c</Key></ListBucketResult>") == ("", "")


@pytest.mark.parametrize("namespace", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_fields(namespace: bool, count: int) -> None:
    body = page(*[entry(f"k{n}", size=n) for n in range(count)], namespace=namespace)
    expected = [xml.Object(f"k{n}", n, "e", MODIFIED, "STANDARD") for n in range(count)]
    assert list(xml.objects(body)) == expected


@pytest.mark.parametrize("tail", ["Size", "e\x01Key", "Contents"])
def test_a_key_may_look_like_an_element(tail: str) -> None:
    body = page(entry("Key"), entry("Contents"), entry(quote(tail)))
    assert [o.key for o in xml.objects(body)] == ["Key", "Contents", tail]


def test_keys_are_decoded_only_when_the_store_encoded_them() -> None:
    entries = [entry("a+b%20c"), entry("d")]
    assert next(iter(xml.objects(page(*entries)))).key == "a b c"
    assert next(iter(xml.objects(page(*entries, encoded=False)))).key == "a+b%20c"


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
        found = list(xml.objects(body))
        assert [(o.key, o.size) for o in found] == [("a", 1), ("b", 1)]
        assert all(o.storage_class for o in found)


def test_white_space_between_elements() -> None:
    body = page(entry("a"), entry("b")).replace(b"><", b">\n  <")
    assert [o.key for o in xml.objects(body)] == ["a", "b"]


def test_botos_fields() -> None:
    more = (
        "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA1</ChecksumAlgorithm>"
        "<ChecksumType>FULL_OBJECT</ChecksumType><Owner><ID>1</ID></Owner><RestoreStatus>"
        "<IsRestoreInProgress>true</IsRestoreInProgress>"
        f"<RestoreExpiryDate>{MODIFIED}</RestoreExpiryDate></RestoreStatus>"
        "<Type>Normal</Type>"  # Ceph's own, which boto leaves out
    )
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC)
    assert xml.contents(page(entry("a", more=more))) == [
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
    [item] = xml.objects(page(entry("a")))
    assert item.mtime_ns == 1_767_323_045_678_000_000


def test_a_time_without_a_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        [item] = xml.objects(page(entry("a").replace("Z</LastModified>", "</LastModified>")))
        assert item.mtime_ns == 1_767_323_045_678_000_000
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("keys", [["a/1", "b"], ["A", "a/1"], ["a"]])
@pytest.mark.parametrize("more", ["", "<Owner><ID>1</ID></Owner>"])
def test_a_key_that_was_not_asked_for_is_an_error(keys: list[str], more: str) -> None:
    body = page(*[entry(key, more=more) for key in keys], entry("a/2"))
    with pytest.raises(ServiceError, match="keys that begin with 'a/' were asked for"):
        xml.objects(body, 2, prefix="a/")
    assert len(list(xml.objects(body))) == len(keys) + 1


def test_the_token_of_the_next_page() -> None:
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b==</NextContinuationToken>"
    assert xml.next_token(page(head=more)) == "a&b=="
    assert xml.next_token(page(head="<IsTruncated>false</IsTruncated>")) == ""
    with pytest.raises(ServiceError, match="more to list"):
        xml.next_token(page(head="<IsTruncated>true</IsTruncated>"))


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", page(entry("a"))[:-30], page(entry("\x01"))]
)
def test_what_is_no_page_is_an_error(body: bytes) -> None:
    for read in (xml.objects, xml.contents):
        with pytest.raises(ServiceError):
            list(read(body))


# ------------------------------------------------------------- what stores write in other ways


@pytest.mark.parametrize("more", ["", "<Owner><ID>1</ID></Owner>"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' for the Size of 'a'"),
        ("many", "'many' for the Size of 'a'"),
        ("-1", "'-1' for the Size of 'a'"),
        ("1_0", "'1_0' for the Size of 'a'"),
        ("1.5", "for the Size of 'a'"),
        ("\u0661", "for the Size of 'a'"),
        ("9" * 5000, "for the Size of 'a'"),
    ],
)
def test_a_size_that_cannot_be_is_named(text: str, sentence: str, more: str) -> None:
    body = page(entry("a", more=more).replace("<Size>1<", f"<Size>{text}<"), entry("b"))
    for read in (xml.objects, xml.contents):
        with pytest.raises(ServiceError, match=sentence):
            list(read(body))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("key", ["<Key></Key>", "<Key/>", ""])
def test_an_object_without_a_key_is_an_error(key: str, count: int) -> None:
    body = page(*[entry("a").replace("<Key>a</Key>", key)] * count, entry("b"))
    for read in (xml.objects, xml.contents):
        with pytest.raises(ServiceError, match="without a Key"):
            list(read(body))


def test_a_key_that_is_no_utf8_is_an_error() -> None:
    with pytest.raises(ServiceError, match="no UTF-8: 'a%FF'"):
        xml.objects(page(entry("a%FF")))


@pytest.mark.parametrize(
    "date",
    [
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T03:04:05.678",
        "2026-01-02 03:04:05.678",
        "2026-01-02T04:04:05.678+01:00",
        "1767323045.678",
        " 2026-01-02T03:04:05.678Z ",
    ],
)
def test_times_in_other_forms(date: str) -> None:
    body = page(entry("a").replace(MODIFIED, date))
    [item] = xml.objects(body)
    assert item.mtime_ns == 1_767_323_045_678_000_000
    [row] = xml.contents(body)
    assert row["LastModified"].timestamp() == 1_767_323_045.678


def test_the_form_of_http_and_whole_seconds() -> None:
    for date in ("Fri, 02 Jan 2026 03:04:05 GMT", "1767323045", "Fri, 02 Jan 2026 04:04:05 +0100"):
        [item] = xml.objects(page(entry("a").replace(MODIFIED, date)))
        assert item.mtime_ns == 1_767_323_045_000_000_000


@pytest.mark.parametrize("date", ["", "soon", "2026-13-01T00:00:00Z", "9" * 400])
def test_a_time_that_cannot_be_read_is_named(date: str) -> None:
    body = page(entry("a").replace(MODIFIED, date))
    [item] = xml.objects(body)
    with pytest.raises(ServiceError, match=f"'{date[:40]}' for the LastModified of 'a'"):
        item.mtime_ns  # noqa: B018 - it is computed
    with pytest.raises(ServiceError, match="LastModified of 'a'"):
        xml.contents(body)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.500Z", -500_000_000),
        ("1969-12-31T23:59:58.000001Z", -1_999_999_000),
        ("1970-01-01T00:00:00.000001Z", 1_000),
        ("2026-01-02T03:04:05.123457Z", 1_767_323_045_123_457_000),
        ("2262-01-02T03:04:05.999999Z", 9_214_743_845_999_999_000),
        ("1601-01-01T00:00:00.000001Z", -11_644_473_599_999_999_000),
    ],
)
def test_times_are_exact_on_both_sides_of_1970(date: str, expected: int) -> None:
    [item] = xml.objects(page(entry("a").replace(MODIFIED, date)))
    assert item.mtime_ns == expected


MD5 = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "etag",
    [f'"{MD5}"', MD5, MD5.upper(), f'W/"{MD5}"', f"&quot;{MD5}&quot;", f"'{MD5}'", f' "{MD5}" '],
)
@pytest.mark.parametrize("suffix", ["", "-12"])
def test_etags_in_other_spellings(etag: str, suffix: str) -> None:
    for count in (1, 2):
        body = page(*[entry(f"k{n}", etag=etag.replace(MD5, MD5 + suffix)) for n in range(count)])
        body = body.replace(MD5.upper().encode(), (MD5.upper() + suffix).encode())
        body = body.replace((suffix + suffix).encode(), suffix.encode()) if suffix else body
        assert {o.etag for o in xml.objects(body)} == {MD5 + suffix}


def test_an_etag_that_is_no_md5_keeps_its_letters() -> None:
    assert [o.etag for o in xml.objects(page(entry("a", etag='"AbC-1"')))] == ["AbC-1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("True", True), ("1", True), (" TRUE ", True), ("false", False), ("0", False)],
)
def test_truths_in_other_spellings(text: str, expected: bool) -> None:
    assert xml.is_truncated(page(head=f"<IsTruncated>{text}</IsTruncated>")) is expected


def test_what_only_looks_like_an_element_is_none() -> None:
    lie = "<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>"
    for hidden in (f"<!-- {lie} -->", f"<?x {lie} ?>", entry(f"<![CDATA[{lie}]]>")):
        body = xml.plain(page(hidden, encoded=False))
        assert xml.next_token(body) == ""
    [item] = xml.objects(xml.plain(page(entry(f"<![CDATA[{lie}]]>"), encoded=False)))
    assert item.key == lie


def test_elements_may_have_a_prefix_and_attributes() -> None:
    body = (
        b'<s:ListBucketResult xmlns:s="x"><s:IsTruncated a="b">true</s:IsTruncated>'
        b"<s:NextContinuationToken >t</s:NextContinuationToken><s:Contents><s:Key>a</s:Key>"
        b"<s:Size>1</s:Size></s:Contents></s:ListBucketResult>"
    )
    body = xml.plain(body)
    assert xml.next_token(body) == "t"
    assert [o.key for o in xml.objects(body)] == ["a"]


def test_a_token_that_is_no_text_is_an_error() -> None:
    head = b"<NextContinuationToken>\xff</NextContinuationToken>"
    with pytest.raises(ServiceError, match="cannot be read"):
        xml.next_token(page(head="TOKEN").replace(b"TOKEN", head))


def test_bombs_of_entities_are_no_page() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    body = f'<!DOCTYPE x [<!ENTITY e0 "boom">{bomb}]>'.encode() + page(entry("&e8;"))[39:]
    for read in (xml.objects, xml.contents):
        with pytest.raises(ServiceError, match="something else"):
            list(read(body))


def test_prefixes_below_a_delimiter() -> None:
    body = page(entry("a"), head="<CommonPrefixes><Prefix>a%2Fb/</Prefix></CommonPrefixes>")
    assert xml.common_prefixes(body) == ["a/b/"]
    counted = page(
        entry("a"), head="<KeyCount>2</KeyCount><CommonPrefixes><Prefix>x</Prefix></CommonPrefixes>"
    )
    assert len(list(xml.objects(counted))) == 1


def test_columns_are_still_read_faster_than_a_tree() -> None:
    # When this fails, the columns have no reason any more: the tree says the same in fewer lines.
    body = page(*[entry(f"folder/{number:06}.txt") for number in range(1000)])
    assert xml._columns(xml._flatten(body)) == xml._columns_of_any(xml._tree(body))

    def once(work: Callable[[], object]) -> float:
        return timeit.timeit(work, timer=time.thread_time, number=1)

    # In turns: a processor has slow moments, which would be those of one of them.
    flat, tree = zip(
        *(
            (
                once(lambda: xml._columns(xml._flatten(body))),
                once(lambda: xml._columns_of_any(xml._tree(body))),
            )
            for _ in range(40)
        ),
        strict=True,
    )
    assert min(flat) < min(tree)

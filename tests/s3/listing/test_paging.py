"""Listings that contradict themselves, through every door, from a store over a socket."""

from __future__ import annotations

import itertools
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.clients import get_client
from philo_aws.exceptions import ObjectNotFoundError, ServiceError
from philo_aws.s3.listing import paging
from philo_aws.s3.listing.versions import list_versions
from philo_aws.s3.objects.versions import find_version
from philo_aws.s3.web.copysteps import Copier
from philo_aws.s3.web.page import iterate, list_page
from philo_aws.s3.web.steps import count_prefixes, delete_step
from philo_aws.s3.web.usage import scan_usage
from tests.running import Result
from tests.s3.scripted import ONCE, Answer, Request, by_token, page, scripted

Door = Callable[[], Any]
DOORS: dict[str, Door] = {
    "list_objects_v2": lambda: s3.list_objects_v2("bucket"),
    "iter_objects": lambda: list(s3.iter_objects("bucket")),
    "du": lambda: s3.du("bucket"),
    "delete_objects": lambda: s3.delete_objects("bucket", prefix=""),
    "scan_usage": lambda: scan_usage("bucket", seconds=300),
    "count_prefixes": lambda: count_prefixes("bucket", [""], seconds=300),
    "iterate": lambda: list(iterate("bucket")),
}


def sentences() -> dict[str, str]:
    """What each door says of the store that the settings point at; a listing that ends is ''."""
    said = {}
    for name, door in DOORS.items():
        said[name] = ""
        try:
            door()
        except ServiceError as error:
            said[name] = str(error)
    return said


@pytest.fixture
def keys_of(settings: Settings) -> Callable[..., list[str]]:
    def run(pages: dict[str, str]) -> list[str]:
        with scripted(settings, by_token(pages), **ONCE):
            found = [item.key for item in s3.iter_objects("bucket")]
            assert [row["Key"] for row in s3.list_objects_v2("bucket")["Contents"]] == found
            assert [entry.key for entry in iterate("bucket")] == found
            assert s3.du("bucket").objects == len(found)
        return found

    return run


@pytest.mark.parametrize("truncated", [None, "1", "True", "TRUE", " true ", "", "maybe"])
def test_a_token_is_followed(keys_of: Callable[..., list[str]], truncated: str | None) -> None:
    pages = {"": page("a", token="t", truncated=truncated), "t": page("b")}
    assert keys_of(pages) == ["a", "b"]


@pytest.mark.parametrize("truncated", [None, "1", "True"])
def test_what_is_on_later_pages_is_not_deleted_at_the_other_side(
    settings: Settings, tmp_path: Path, run: Callable[..., Result], truncated: str | None
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"x")
    (tmp_path / "c").write_bytes(b"x")
    pages = {"": page("a", token="t", truncated=truncated), "t": page("b")}
    with scripted(settings, by_token(pages), **ONCE):
        options = ["--bucket", "bucket", "--root_folder", str(tmp_path), "--direction", "down"]
        result = run("aws_s3", "sync", *options, "--delete", "--compare", "size")
    assert result.code == 0, result.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


CONTRADICTIONS = {
    "more, but not how": ({"": page("a", truncated="true")}, "not how to get it"),
    "more, in another spelling": ({"": page("a", truncated="1")}, "not how to get it"),
    "neither yes nor no": ({"": page("a", truncated="maybe")}, "IsTruncated is 'maybe'"),
    "the end, and how it goes on": (
        {"": page("a", token="t", truncated="false"), "t": page("b")},
        "ends here, and also how it goes on",
    ),
    "two tokens": (
        {
            "": page("a", token="t", truncated="true").replace(
                "<Contents>", "<NextContinuationToken>u</NextContinuationToken><Contents>", 1
            )
        },
        "2 values for NextContinuationToken",
    ),
    "the same token": (
        {"": page("a", token="t", truncated="true"), "t": page("b", token="t", truncated="true")},
        "same page of the listing again",
    ),
    "tokens in a circle": (
        {
            "": page("a", token="t", truncated="true"),
            "t": page("b", token="u", truncated="true"),
            "u": page("c", token="t", truncated="true"),
        },
        "goes back in the listing, from 'c' to 'b'|lists the same page twice",
    ),
    "a page twice": (
        {"": page("a", "b", token="t", truncated="true"), "t": page("a", "b")},
        "lists the same page twice",
    ),
    "a key twice": (
        {"": page("a", "b", token="t", truncated="true"), "t": page("b", "c")},
        "lists the same page twice",
    ),
    "a key twice in a page": ({"": page("a", "a")}, "lists the same page twice"),
    "an older page": (
        {
            "": page("a", "b", token="t", truncated="true"),
            "t": page("c", "d", token="u", truncated="true"),
            "u": page("a", "b"),
        },
        "goes back in the listing, from 'd' to 'a'",
    ),
    "no order, and a circle": (
        {
            "": page("b", "a", token="t", truncated="true"),
            "t": page("d", "c", token="u", truncated="true"),
            "u": page("f", "e", token="", truncated="true").replace(
                "<Contents>", "<NextContinuationToken></NextContinuationToken><Contents>", 1
            ),
        },
        "not how to get it",
    ),
    "fewer keys than it says": (
        {"": page("a", more="<KeyCount>3</KeyCount>")},
        "should hold 3 keys, as it says itself, and holds 1",
    ),
    "no number of keys": ({"": page("a", more="<KeyCount>x</KeyCount>")}, "'x' for the KeyCount"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_listing_that_contradicts_itself_is_an_error(settings: Settings, name: str) -> None:
    pages, sentence = CONTRADICTIONS[name]
    with scripted(settings, by_token(pages), **ONCE) as store:
        for door, said in sentences().items():
            assert re.search(sentence, said), door
        assert not [request for request in store.requests if request.method != "GET"]


def fresh(make: Callable[[int], tuple[str, ...]]) -> Callable[[Request], Answer]:
    """Return what gives ever fresh tokens; the page of each number holds what ``make`` says."""

    def answer(request: Request) -> Answer:
        number = int(request.query.get("continuation-token", "0"))
        return 200, page(*make(number), token=str(number + 1), truncated="true")

    return answer


ENDLESS = {
    "the same page": lambda number: ("a", "b"),
    "two pages in turn": lambda number: (("a", "b"), ("c", "d"))[number % 2],
    "a circle of seven": lambda number: (f"k{number % 7}",),
    "a circle of seven, in no order": lambda number: (f"k{number % 7}b", f"k{number % 7}a"),
    "a circle that is reached late": lambda number: (
        (f"x{number}b", f"x{number}a") if number < 9 else (f"y{number % 5}b", f"y{number % 5}a")
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_listing_that_does_not_end_is_an_error(settings: Settings, name: str) -> None:
    with scripted(settings, fresh(ENDLESS[name]), **ONCE) as store:
        for door, said in sentences().items():
            assert "nothing it lists can be relied on" in said, door
        assert len(store.requests) < 40 * len(DOORS)


def test_empty_pages_without_end_are_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MAX_EMPTY_PAGES", 5)
    with scripted(settings, fresh(lambda number: ()), **ONCE):
        for door, said in sentences().items():
            assert "6 empty pages of the listing in a row" in said, door
    # A few are none, and those before the last item count no more after it.
    pages = {
        str(number or ""): page(
            *((f"k{number:02}",) if number % 4 == 3 else ()), token=str(number + 1)
        )
        for number in range(12)
    }
    pages = {token: text.replace(">false<", ">true<") for token, text in pages.items()}
    with scripted(settings, by_token({**pages, "12": page()}), **ONCE):
        assert [item.key for item in s3.iter_objects("bucket")] == ["k03", "k07", "k11"]


def test_stores_that_list_in_no_order_are_listed(keys_of: Callable[..., list[str]]) -> None:
    pages = {
        "": page("n", "m", token="t", truncated="true"),
        "t": page("a", "z", token="u", truncated="true"),
        "u": page("c", "b"),
    }
    assert keys_of(pages) == ["n", "m", "a", "z", "c", "b"]
    # Neither does a page go back that lies before all others.
    assert keys_of({"": page("m", "n", token="t", truncated="true"), "t": page("a", "b")}) == [
        "m",
        "n",
        "a",
        "b",
    ]


def test_the_order_is_that_of_bytes(keys_of: Callable[..., list[str]]) -> None:
    # In UTF-16 the second one comes first.
    pages = {"": page("\uff5e", token="t", truncated="true"), "t": page("\U0001f600")}
    assert keys_of(pages) == ["\uff5e", "\U0001f600"]


def test_memory_stays_flat() -> None:
    def feed(progress: paging.Progress, pages: range) -> None:
        for number in pages:
            keys = [f"{number:08}/{place:03}" for place in range(100)]
            progress.see(keys[::-1])  # in no order

    progress = paging.Progress()
    feed(progress, range(100))
    tracemalloc.start()
    feed(progress, range(100, 120))
    before = tracemalloc.get_traced_memory()[0]
    feed(progress, range(120, 1000))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 10_000


@pytest.mark.parametrize("length", range(1, 20))
def test_every_circle_is_found_out(length: int) -> None:
    progress = paging.Progress()

    def feed() -> None:
        for number in itertools.islice(itertools.cycle(range(length)), 5 * length + 5):
            progress.see([f"{number}b", f"{number}a"])

    with pytest.raises(ServiceError, match="twice"):
        feed()


def test_the_page_of_the_admin(settings: Settings) -> None:
    # It follows no tokens by itself, but says whether there is more, and shows nothing foreign.
    folder = "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>"
    pages = {"": page("a", token="t", truncated=None, more=folder), "t": page("b", token="t")}
    with scripted(settings, by_token(pages), **ONCE):
        first = list_page("bucket")
        assert (first.prefixes, [entry.key for entry in first.entries]) == (("d/",), ["a"])
        assert first.next_token == "t"
        with pytest.raises(ServiceError, match="ends here, and also how it goes on"):
            list_page("bucket", token="t")
        with pytest.raises(ServiceError, match="begin with 'x/' were asked for"):
            list_page("bucket", prefix="x/")
    pages = {"": page(more=folder), "t": page("b", token="t", truncated="true")}
    with scripted(settings, by_token(pages), **ONCE):
        with pytest.raises(ServiceError, match="'d/' for what lies below 'x/'"):
            list_page("bucket", prefix="x/")
        with pytest.raises(ServiceError, match="same page"):
            list_page("bucket", token="t")


# ------------------------------------------------------------------- steps of deleting by prefix


class Deletes:
    """A store of some keys, that lists two a page and deletes what it is asked to."""

    def __init__(self, *keys: str, ignores_start: bool = False, empties: int = 0) -> None:
        self.keys = list(keys)
        self.ignores_start = ignores_start
        self.empties = empties
        self.refuses: set[str] = set()

    def __call__(self, request: Request) -> Answer:
        if request.method == "POST":
            asked = [key for key in self.keys if f"<Key>{key}</Key>".encode() in request.body]
            gone = [key for key in asked if key not in self.refuses]
            self.keys = [key for key in self.keys if key not in gone]
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in gone)
            told += "".join(
                f"<Error><Key>{key}</Key><Code>AccessDenied</Code></Error>"
                for key in self.refuses & set(asked)
            )
            return 200, f"<DeleteResult>{told}</DeleteResult>"
        token = request.query.get("continuation-token", "")
        if self.empties:
            self.empties -= 1
            return 200, page(token=f"{token}.", truncated="true")
        after = "" if self.ignores_start else request.query.get("start-after", "")
        after = token.strip(".") or after
        found = [key for key in self.keys if key > after]
        more = found[1] if len(found) > 2 else ""
        return 200, page(*found[:2], token=more, truncated="true" if more else "false")


def test_empty_pages_do_not_end_a_step(settings: Settings) -> None:
    store = Deletes("d/1", "d/2", "d/3", empties=3)
    with scripted(settings, store, **ONCE):
        step = delete_step("bucket", "d/")
    assert (step.done, step.after, store.keys) == (3, "", [])


def test_a_store_that_begins_anew_at_each_step_is_an_error(settings: Settings) -> None:
    store = Deletes("d/1", "d/2", "d/3", ignores_start=True)
    store.refuses = {"d/1"}
    with scripted(settings, store, **ONCE):
        first = delete_step("bucket", "d/", seconds=0)
        assert (first.done, first.after, set(first.refused)) == (1, "d/2", {"d/1"})
        with pytest.raises(ServiceError, match="what comes after 'd/2' was asked for"):
            delete_step("bucket", "d/", after=first.after, seconds=0)


class Copies(Deletes):
    """A store that also copies its keys; of each it notes the target."""

    def __init__(self, *keys: str, ignores_start: bool = False, empties: int = 0) -> None:
        super().__init__(*keys, ignores_start=ignores_start, empties=empties)
        self.targets: list[str] = []
        self.lists = 0

    def __call__(self, request: Request) -> Answer:
        if request.method == "HEAD":
            return (200, '"e"') if request.key in self.keys else (404, "")
        if request.method == "PUT":
            self.targets.append(request.key)
            return 200, "<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>"
        self.lists += 1
        return super().__call__(request)


def copier(seconds: float) -> Copier:
    return Copier("bucket", "other", overwrite=True, seconds=seconds)


@pytest.mark.parametrize("seconds", [0.0, 300.0])
def test_empty_pages_end_no_step_of_a_copy(settings: Settings, seconds: float) -> None:
    store = Copies("d/1", "d/2", "d/3", empties=3)
    after, done, steps = "", 0, 0
    with scripted(settings, store, **ONCE):
        while steps < 10:
            step = copier(seconds).copy_prefix("d/", "n/", after)
            steps, done, after = steps + 1, done + step.done, step.after
            if not after:
                break
    assert step.refused == {}
    # The keys of a page are copied side by side.
    assert (done, after, sorted(store.targets)) == (3, "", ["n/1", "n/2", "n/3"])
    # Each empty page once, and not again and again from the beginning.
    assert store.lists <= 3 + 2 + steps


def test_a_copy_of_nothing_but_empty_pages_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each page is a request of boto's, and a thousand of them take most of a minute.
    monkeypatch.setattr(paging, "MAX_EMPTY_PAGES", 50)
    with (
        scripted(settings, Copies(empties=200), **ONCE),
        pytest.raises(ServiceError, match="empty pages"),
    ):
        copier(0).copy_prefix("d/", "n/", "")


def test_a_store_that_begins_anew_copies_nothing_twice(settings: Settings) -> None:
    store = Copies("d/1", "d/2", "d/3", ignores_start=True)
    with scripted(settings, store, **ONCE):
        whole = copier(300).copy_prefix("d/", "n/", "")
        assert (whole.done, whole.after) == (3, "")
        first = copier(0).copy_prefix("d/", "m/", "")
        assert (first.done, first.after) == (2, "d/2")
        with pytest.raises(ServiceError, match="what comes after 'd/2' was asked for"):
            copier(0).copy_prefix("d/", "m/", first.after)
    assert sorted(store.targets) == ["m/1", "m/2", "n/1", "n/2", "n/3"]


# ------------------------------------------------------------------------- the other listings

NOTHING = "<IsTruncated>true</IsTruncated>"


def version(key: str, number: object) -> str:
    return (
        f"<Version><Key>{key}</Key><VersionId>{number}</VersionId><IsLatest>false</IsLatest>"
        "<LastModified>2026-01-02T03:04:05Z</LastModified><Size>1</Size></Version>"
    )


def upload(key: str, number: object) -> str:
    return (
        f"<Upload><Key>{key}</Key><UploadId>{number}</UploadId>"
        "<Initiated>2026-01-02T03:04:05Z</Initiated></Upload>"
    )


OTHERS: dict[str, tuple[str, str, Callable[[object], str], str, Door]] = {
    "versions": (
        "ListVersionsResult",
        "version-id-marker",
        lambda number: version("k", number),
        "<NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>{}</NextVersionIdMarker>",
        lambda: find_version("bucket", "k", "none"),
    ),
    "uploads": (
        "ListMultipartUploadsResult",
        "upload-id-marker",
        lambda number: upload("k", number),
        "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>{}</NextUploadIdMarker>",
        lambda: s3.list_multipart_uploads("bucket")["Uploads"],
    ),
    "parts": (
        "ListPartsResult",
        "part-number-marker",
        lambda number: f"<Part><PartNumber>{number}</PartNumber><Size>1</Size></Part>",
        "<NextPartNumberMarker>{}</NextPartNumberMarker>",
        lambda: [
            part
            for page in paging.pages(
                get_client("s3"),
                "ListParts",
                {"Bucket": "bucket", "Key": "k", "UploadId": "u"},
            )
            for part in page.get("Parts", [])
        ],
    ),
    "buckets": (
        "ListAllMyBucketsResult",
        "continuation-token",
        lambda number: f"<Buckets><Bucket><Name>b{number}</Name></Bucket></Buckets>",
        "<ContinuationToken>{}</ContinuationToken>",
        lambda: s3.list_buckets()["Buckets"],
    ),
}


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def numbered(other: str, make: Callable[[int], tuple[object, str, object]]) -> Any:
    """Return what answers the page of a number with the item, the words and the marker of it."""
    root, parameter, item, marker, _ = OTHERS[other]

    def answer(request: Request) -> Answer:
        number, words, following = make(int(request.query.get(parameter) or 0))
        items = item(number) if number is not None else "<Buckets/>" if other == "buckets" else ""
        follows = marker.format(following) if following else ""
        return 200, f"<{root}>{words}{follows}{items}</{root}>"

    return answer


@pytest.mark.parametrize("truncated", ["true", "1", "True", None])
def test_the_others_follow_their_markers(
    settings: Settings, other: str, truncated: str | None
) -> None:
    words = "" if truncated is None else f"<IsTruncated>{truncated}</IsTruncated>"

    def make(number: int) -> tuple[object, str, object]:
        return (number + 1, words, number + 1) if number < 2 else (3, "", "")

    with scripted(settings, numbered(other, make), **ONCE) as store:
        if other == "versions":
            with pytest.raises(ObjectNotFoundError):
                OTHERS[other][-1]()
        else:
            assert len(OTHERS[other][-1]()) == 3
        assert len(store.requests) == 3


def test_the_others_do_not_run_in_circles(settings: Settings, other: str) -> None:
    door = OTHERS[other][-1]
    makes: list[Callable[[int], tuple[object, str, object]]] = [
        lambda number: (number % 3 + 1, NOTHING, number % 3 + 1),
        lambda number: (1, NOTHING, number + 1),
        lambda number: (5, NOTHING, 7),
    ]
    for make in makes:
        with scripted(settings, numbered(other, make), **ONCE) as store:
            with pytest.raises(ServiceError, match=r"relied on|same page"):
                door()
            assert len(store.requests) < 15


def test_the_others_do_not_list_nothing_for_ever(
    settings: Settings, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MAX_EMPTY_PAGES", 5)
    with (
        scripted(settings, numbered(other, lambda n: (None, NOTHING, n + 1)), **ONCE),
        pytest.raises(ServiceError, match="6 empty pages"),
    ):
        OTHERS[other][-1]()


def test_the_others_are_not_whole_where_there_is_more(settings: Settings, other: str) -> None:
    with (
        scripted(settings, numbered(other, lambda number: (1, NOTHING, "")), **ONCE),
        pytest.raises(ServiceError, match="not how to get it"),
    ):
        OTHERS[other][-1]()


@pytest.mark.parametrize("other", ["uploads", "parts"], indirect=True)
def test_a_marker_on_the_last_page_is_none(settings: Settings, other: str) -> None:
    end = "<IsTruncated>false</IsTruncated>"
    with scripted(settings, numbered(other, lambda number: (1, end, 1)), **ONCE):
        assert len(OTHERS[other][-1]()) == 1


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ("<Version><VersionId>1</VersionId></Version>", "without a Key"),
        (version("k", 1).replace("2026-01-02T03:04:05Z", "soon"), "'soon' for a LastModified"),
        (version("k", 1).replace("2026-01-02T03:04:05Z", ""), "'' for a LastModified"),
        (version("k", 1).replace("<Size>1", "<Size>many"), "'many' for a Size"),
        ("<Version><Key>k</Key></Version>", "no LastModified of a version of 'k'"),
    ],
)
def test_values_that_cannot_be_are_named(settings: Settings, item: str, sentence: str) -> None:
    text = f"<ListVersionsResult>{item}</ListVersionsResult>"
    with (
        scripted(settings, lambda request: (200, text), **ONCE),
        pytest.raises(ServiceError, match=sentence),
    ):
        list_versions("bucket")


def test_times_of_any_form_can_be_compared(settings: Settings) -> None:
    forms = ["2026-01-02T03:04:05", "Fri, 02 Jan 2026 03:04:05 GMT", "1767323045"]
    items = "".join(
        upload("k", number).replace("2026-01-02T03:04:05Z", form)
        for number, form in enumerate(forms)
    )
    undated = "<Upload><Key>k</Key><UploadId>9</UploadId></Upload>"
    text = f"<ListMultipartUploadsResult>{items}{undated}</ListMultipartUploadsResult>"
    with scripted(settings, lambda request: (200, text), **ONCE):
        found = s3.list_multipart_uploads("bucket")["Uploads"]
        assert len({row["Initiated"] for row in found if "Initiated" in row}) == 1
        report = s3.abort_multipart_uploads("bucket", dry_run=True)
    assert (report.aborted, report.skipped) == (3, 1)
    assert list(report.skipped_by_reason) == ["the store does not say when it was begun"]


def test_uploads_in_no_order_are_listed(settings: Settings) -> None:
    """As directory buckets list them."""

    def answer(request: Request) -> Answer:
        last = "key-marker" in request.query
        items = upload("c", 1) + upload("a", 2) if last else upload("z", 3) + upload("b", 4)
        end = "false" if last else "true"
        follows = "" if last else "<NextKeyMarker>b</NextKeyMarker>"
        text = f"<IsTruncated>{end}</IsTruncated>{follows}{items}"
        return 200, f"<ListMultipartUploadsResult>{text}</ListMultipartUploadsResult>"

    with scripted(settings, answer, **ONCE):
        found = s3.list_multipart_uploads("bucket")["Uploads"]
    assert [row["Key"] for row in found] == ["z", "b", "c", "a"]

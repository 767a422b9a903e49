"""A prefix as it was at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import BucketNotFoundError, ConflictError, IncompleteError, UsageError
from philo_aws.s3 import rewinding
from philo_aws.s3.listing.versions import Version
from philo_aws.s3.objects import restoring
from philo_aws.s3.objects.restoring import current_at, way_back
from tests.s3.transfer.test_folders import Recorder
from tests.s3.versioned import Versioned, versioned_bucket
from tests.servers import LocalAWS

START = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def kept(ministack: LocalAWS) -> Versioned:
    # moto gives versions written within the same second in any order.
    return versioned_bucket(ministack)


def moment(kept: Versioned) -> datetime:
    """A moment after all that was written so far, before what follows: the time of a last one."""
    return kept.written("zz-clock", kept.put("zz-clock"))


def told(watcher: Recorder) -> dict[str, tuple[str, str]]:
    return {o.key: (o.action, o.status) for o in watcher.outcomes}


@pytest.fixture
def history(kept: Versioned) -> tuple[dict[str, bytes], datetime]:
    """What there was, when, and after it all that can happen to a key."""
    for key in ("same", "changed", "deleted", "deleted twice", "changed, deleted", "again"):
        kept.put(f"d/{key}", key.encode())
    kept.put("d/gone before")
    kept.delete("d/gone before")
    kept.put("other", b"1")
    before = kept.contents()
    then = moment(kept)
    kept.put("d/changed", b"2")
    kept.put("d/changed", b"33")
    kept.delete("d/deleted")
    kept.delete("d/deleted twice")
    kept.delete("d/deleted twice")
    kept.put("d/changed, deleted", b"2")
    kept.delete("d/changed, deleted")
    kept.delete("d/again")
    kept.put("d/again", b"again")
    kept.put("d/new", b"new")
    kept.put("d/new, gone", b"new")
    kept.delete("d/new, gone")
    kept.put("other", b"2")
    return before, then


def test_each_key_is_what_it_was(
    kept: Versioned, history: tuple[dict[str, bytes], datetime]
) -> None:
    before, then = history
    watcher = Recorder()
    report = s3.restore_prefix(kept.bucket, prefix="d/", as_of=then, watcher=watcher)
    after = kept.contents()
    assert after.pop("d/new") == b"new"
    assert {key: after[key] for key in after if key.startswith("d/")} == {
        key: before[key] for key in before if key.startswith("d/")
    }
    assert after["other"] == b"2"
    restored = ("restore", "done")
    assert told(watcher) == {
        "d/again": ("restore", "skipped"),
        "d/same": ("restore", "skipped"),
        "d/changed": restored,
        "d/changed, deleted": restored,
        "d/deleted": restored,
        "d/deleted twice": restored,
        "d/new": ("delete", "skipped"),
    }
    assert (report.restored, report.skipped, report.deleted, report.failed) == (4, 3, 0, 0)
    assert report.bytes == len("changed") + len("changed, deleted")


def test_what_was_not_there_goes_where_that_is_said(
    kept: Versioned, history: tuple[dict[str, bytes], datetime]
) -> None:
    before, then = history
    report = s3.restore_prefix(kept.bucket, prefix="", as_of=then, delete=True, max_delete=1)
    after = kept.contents()
    del after["zz-clock"]
    assert after == before
    assert report.deleted == 1
    assert kept.ids("d/new")  # it is hidden, and not lost
    again = s3.restore_prefix(kept.bucket, prefix="", as_of=then, delete=True)
    assert (again.done, again.failed) == (0, 0)


def test_another_moment_undoes_it_but_for_delete_markers(
    kept: Versioned, history: tuple[dict[str, bytes], datetime]
) -> None:
    _, then = history
    now, latest = kept.contents(), moment(kept)
    s3.restore_prefix(kept.bucket, prefix="", as_of=then, delete=True)
    s3.restore_prefix(kept.bucket, prefix="", as_of=latest, delete=True)
    after = kept.contents()
    del now["zz-clock"], after["zz-clock"]
    # That these were deleted is told by nothing any more.
    assert after == now | {key: key[2:].encode() for key in ("d/deleted", "d/deleted twice")}


def test_nothing_is_done_above_max_delete(
    kept: Versioned, history: tuple[dict[str, bytes], datetime]
) -> None:
    _, then = history
    now = kept.contents()
    with pytest.raises(IncompleteError, match="Nothing was deleted: 1 would go"):
        s3.restore_prefix(kept.bucket, prefix="d/", as_of=then, delete=True, max_delete=0)
    assert kept.contents() == now


def test_a_dry_run_tells_the_same_and_does_nothing(
    kept: Versioned, history: tuple[dict[str, bytes], datetime]
) -> None:
    _, then = history
    now = kept.contents()
    watcher, done = Recorder(), Recorder()
    options: dict[str, Any] = {"prefix": "d/", "as_of": then, "delete": True}
    s3.restore_prefix(kept.bucket, dry_run=True, watcher=watcher, **options)
    assert kept.contents() == now
    s3.restore_prefix(kept.bucket, watcher=done, **options)
    assert told(watcher) == told(done)
    assert told(watcher)["d/new"] == ("delete", "done")


def test_rules_choose_among_the_keys(
    kept: Versioned, history: tuple[dict[str, bytes], datetime]
) -> None:
    _, then = history
    rules = [s3.Rule(keep=True, pattern="deleted")]
    report = s3.restore_prefix(kept.bucket, prefix="d/", as_of=then, rules=rules)
    assert (report.planned, report.restored) == (1, 1)


def test_one_failure_does_not_stop_the_others_and_nothing_is_deleted_then(
    kept: Versioned, history: tuple[dict[str, bytes], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes between the look and the copy, which no server does by itself."""
    _, then = history
    real = restoring.bring_back

    def late(remote: Any, way: Any, **options: Any) -> Any:
        if way.key == "d/changed":
            kept.put("d/changed", b"somebody else's")
        return real(remote, way, **options)

    monkeypatch.setattr(rewinding, "bring_back", late)
    report = s3.restore_prefix(kept.bucket, prefix="d/", as_of=then, delete=True)
    assert (report.restored, report.failed, report.deleted) == (3, 1, 0)
    assert isinstance(report.failures[0].error, ConflictError)
    assert kept.read("d/changed") == b"somebody else's"
    assert kept.read("d/new") == b"new"


def test_on_a_server_that_tells_whole_seconds(aws: LocalAWS) -> None:
    kept = versioned_bucket(aws)
    old = kept.put("a", b"1")
    then = kept.written("a", old)
    kept.delete("a")
    # What was deleted within the same second was not there at its end.
    gone = kept.written("a", next(id_ for id_ in kept.ids("a") if id_ != old))
    report = s3.restore_prefix(kept.bucket, prefix="", as_of=then)
    if gone > then:
        assert (report.restored, kept.contents()) == (1, {"a": b"1"})


def test_a_bucket_that_does_not_keep_versions_is_refused(kept: Versioned, bucket: str) -> None:
    kept.client.put_object(Bucket=bucket, Key="k", Body=b"1")
    with pytest.raises(ConflictError, match="does not keep"):
        s3.restore_prefix(bucket, prefix="", as_of=START, delete=True)
    kept.client.put_bucket_versioning(
        Bucket=kept.bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    with pytest.raises(ConflictError, match="does not keep"):
        s3.restore_prefix(kept.bucket, prefix="", as_of=START, delete=True)
    with pytest.raises(BucketNotFoundError):
        s3.restore_prefix("no-such-bucket", prefix="", as_of=START)


@pytest.mark.parametrize(
    "options",
    [
        {"as_of": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is what is refused
        {"as_of": datetime.now(UTC) + timedelta(days=1)},
        {"as_of": timedelta(hours=2)},
        {"prefix": None},
        {"delete": "no"},
        {"max_delete": -1},
        {"rules": ["*.css"]},
    ],
)
def test_arguments_that_cannot_be(settings: Settings, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        s3.restore_prefix("bucket", **{"prefix": "", "as_of": START, **options})


# ------------------------------------------------------------------ the decision alone


def versions(kinds: str) -> list[Version]:
    """The versions of a key, oldest first in ``kinds``: ``v`` a version, ``d`` a delete marker."""
    return [
        Version(
            key="k",
            version_id=str(number),
            is_latest=number == len(kinds),
            is_delete_marker=kind == "d",
            last_modified=START + timedelta(seconds=number),
            size=number,
        )
        for number, kind in enumerate(kinds, 1)
    ][::-1]


@pytest.mark.parametrize(
    ("kinds", "second", "then"),
    [("v", 0, None), ("v", 1, "1"), ("vv", 1, "1"), ("vd", 2, None), ("vdv", 9, "3")],
)
def test_what_a_key_meant(kinds: str, second: int, then: str | None) -> None:
    found = current_at(versions(kinds), START + timedelta(seconds=second))
    assert (found and found.version_id) == then


@pytest.mark.parametrize(
    ("kinds", "wanted", "markers"),
    [("vdd", 1, ("3", "2")), ("vv", 1, ()), ("vvd", 1, ()), ("vdvd", 1, ())],
)
def test_delete_markers_go_only_where_nothing_else_hides_it(
    kinds: str, wanted: int, markers: Sequence[str]
) -> None:
    every = versions(kinds)
    way = way_back(every, next(v for v in every if v.version_id == str(wanted)))
    assert way is not None
    assert way.markers == markers
    assert way_back(every, every[0]) is None

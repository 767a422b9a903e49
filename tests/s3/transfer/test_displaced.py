"""Files in the places of folders and folders in the places of files, by syncs that delete."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from philo_aws import s3
from philo_aws.exceptions import IncompleteError, LocalFileError
from philo_aws.s3.files.places import OccupiedError
from philo_aws.s3.files.tree import File
from philo_aws.s3.filters import Rule
from philo_aws.s3.listing.xml import Object
from philo_aws.s3.transfer.displaced import Displaced
from philo_aws.s3.transfer.plan import NEW, PlanStep, Verdict
from tests.s3.transfer.test_folders import Recorder, local
from tests.s3.transfer.test_plan import KEYS
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

Tree = dict[str, bytes]


def put(aws: LocalAWS, bucket: str, tree: Tree, prefix: str = "") -> None:
    for key, body in tree.items():
        aws.client("s3").put_object(Bucket=bucket, Key=prefix + key, Body=body)


def plant(root: Path, tree: Tree) -> None:
    for key, body in tree.items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(body)


def as_files(tree: Tree) -> Tree:
    """What of ``tree`` can be files: no key is the folder of another."""
    return {
        key: body
        for key, body in tree.items()
        if not any(key.startswith(other + "/") for other in tree)
    }


TREES = st.dictionaries(KEYS.map("/".join), st.sampled_from([b"", b"x", b"y"]), max_size=6).map(
    as_files
)


@given(source=TREES, target=TREES)
# What begins like both comes between a name and what lies in a folder of that name.
@example({"a": b"", "a-": b""}, {"a/a": b"", "a-/a": b""})
@example({"a": b"", "a-": b"x", "a.b": b"x"}, {"a/a": b"", "a-": b"", "a.b/c/d": b"", "a/z": b""})
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_one_sync_makes_any_two_trees_equal(
    aws: LocalAWS, bucket: str, source: Tree, target: Tree
) -> None:
    prefix = f"{uuid.uuid4().hex}/"
    put(aws, bucket, source, prefix)
    options: Any = {"direction": "down", "prefix": prefix, "delete": True, "allow_empty": True}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        plant(root, target)
        pretended = s3.sync(root, bucket, dry_run=True, **options)
        assert local(root) == target
        report = s3.sync(root, bucket, **options)
        assert local(root) == source
        assert report.complete
        for one in (pretended, report):
            assert (one.planned, one.failed) == (one.done + one.skipped, 0)
        assert (pretended.downloaded, pretended.deleted, pretended.bytes) == (
            report.downloaded,
            report.deleted,
            report.bytes,
        )
        again = s3.sync(root, bucket, **options)
        assert (again.skipped, again.done, again.failed) == (len(source), 0, 0)


@pytest.fixture
def crossed(aws: LocalAWS, bucket: str, tmp_path: Path) -> Path:
    """A folder and a bucket with ``a`` and ``b``, each a file where the other has a folder."""
    put(aws, bucket, {"a": b"new", "b/y": b"new"})
    plant(tmp_path / "in", {"a/x": b"old", "b": b"old"})
    return tmp_path / "in"


def test_what_goes_in_their_place_comes_after_the_deleting(bucket: str, crossed: Path) -> None:
    (crossed / "a" / "deep" / "empty").mkdir(parents=True)
    watcher = Recorder()
    report = s3.sync(crossed, bucket, direction="down", delete=True, watcher=watcher)
    assert local(crossed) == {"a": b"new", "b/y": b"new"}
    assert (report.deleted, report.downloaded, report.failed) == (2, 2, 0)
    assert [o.action for o in watcher.outcomes] == ["delete"] * 2 + ["download"] * 2


def test_an_empty_folder_is_in_nobodys_way(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    put(aws, bucket, {"a": b"new"})
    (tmp_path / "a" / "empty").mkdir(parents=True)
    assert s3.sync(tmp_path, bucket, direction="down", delete=True).downloaded == 1
    assert local(tmp_path) == {"a": b"new"}


@pytest.mark.parametrize("guard", ["nothing deleted", "max_delete", "failure"])
def test_where_nothing_may_be_deleted_they_are_failures(
    aws: LocalAWS, bucket: str, crossed: Path, guard: str
) -> None:
    options: dict[str, Any] = {"delete": True}
    if guard == "nothing deleted":
        options = {}
    elif guard == "max_delete":
        options["max_delete"] = 1
    elif guard == "failure":
        put(aws, bucket, {"c//d": b"no file name"})
    before = local(crossed)
    watcher = Recorder()
    if guard == "max_delete":
        with pytest.raises(IncompleteError, match="Nothing was deleted"):
            s3.sync(crossed, bucket, direction="down", watcher=watcher, **options)
    else:
        s3.sync(crossed, bucket, direction="down", watcher=watcher, **options)
    failed = {o.key: str(o.error) for o in watcher.outcomes if o.status == "failed"}
    assert local(crossed) == before
    assert failed.keys() - {"c//d"} == {"a", "b/y"}
    said = "use sync with --delete" if guard == "nothing deleted" else "was not deleted"
    assert said in failed["a"]
    assert said in failed["b/y"]


@pytest.mark.parametrize("staying", ["excluded", "link", "unchanged"])
def test_a_folder_with_what_stays_keeps_everything(
    aws: LocalAWS, bucket: str, crossed: Path, staying: str
) -> None:
    if staying == "excluded":
        plant(crossed, {"a/mine.txt": b"mine"})
    elif staying == "link":
        (crossed / "a" / "link").symlink_to("nowhere")
    else:
        put(aws, bucket, {"a/same": b"same"})
        plant(crossed, {"a/same": b"same"})
    before = local(crossed)
    rules = [Rule(keep=False, pattern="*.txt")]
    for dry_run in (True, False):
        report = s3.sync(
            crossed, bucket, direction="down", delete=True, rules=rules, dry_run=dry_run
        )
        assert local(crossed) == before
        assert (report.deleted, report.downloaded) == (0, 0)
        [error] = [str(o.error) for o in report.failures if o.key == "a"]
        assert "holds what stays. Move it away" in error


def test_a_file_that_stays_keeps_everything(aws: LocalAWS, bucket: str, crossed: Path) -> None:
    put(aws, bucket, {"b": b"old"})
    before = local(crossed)
    report = s3.sync(crossed, bucket, direction="down", delete=True)
    assert local(crossed) == before
    assert (report.deleted, report.downloaded, report.failed) == (0, 0, 2)


def extra(key: str) -> PlanStep:
    return PlanStep(Verdict.EXTRA, key, None, File(key, key, 1, 0))


def move(key: str) -> PlanStep:
    return PlanStep(Verdict.MOVE, key, Object(key, 3, "e", "2026-01-01T00:00:00Z", ""), None, NEW)


def test_the_record_can_be_asked_at_any_time() -> None:
    with Displaced() as displaced:
        assert not list(displaced.folders())
        assert not list(displaced.steps())
        assert displaced.take(move("a"), OccupiedError("a", "/a", ""))
        for key in ("a.txt", "a/x", "a/y/z", "b"):
            displaced.note_extra(extra(key))
        for _ in range(2):
            assert list(displaced.folders()) == [("a", 2)]
        assert displaced.take(move("b/y"), OccupiedError("b/y", "/b", "b"))
        assert [step.key for step in displaced.steps()] == ["a", "b/y"]
        assert next(displaced.steps()) == move("a")
        assert len(displaced) == 2


def test_only_what_is_to_be_deleted_displaces() -> None:
    with Displaced() as displaced:
        displaced.note_extra(extra("b"))
        assert not displaced.take(move("c/y"), OccupiedError("c/y", "/c", "c"))
        assert not displaced.take(move("d"), LocalFileError("no"))
        assert len(displaced) == 0

"""Whatever two trees are: nothing outside the folder is touched, and a second sync does nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from philo_aws import s3
from philo_aws.s3.report import Report
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

SECRET = b"what is outside"
# Names that differ in case or in the form of an accent alone, bytes that are no UTF-8, line breaks.
NAMES = ("a", "A", "b", "a-b", "a.b", "caf\xe9", "cafe\u0301", "x\ny", " ", "\udcff", "\U0001f600")
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
ODD_KEYS = ("a//b", "a/../b", "/a", "a/./b", "../outside/f", "b/", "a/b/", "x" * 300, "-")
BODIES = st.sampled_from([b"", b"x", b"y", b"longer"])
# None to a file that may go: a link that is broken by that is told of.
LINKS = ("{outside}", "{outside}/f", "..", ".", "nowhere", "self")
LOCAL = st.dictionaries(
    PATHS,
    st.one_of(BODIES, BODIES, BODIES, st.sampled_from(LINKS), st.just("pipe"), st.just("folder")),
    max_size=7,
)
REMOTE = st.dictionaries(
    st.one_of(PATHS.filter(lambda path: "\udcff" not in path), st.sampled_from(ODD_KEYS)),
    BODIES,
    max_size=6,
)
Seen = dict[str, Any]


@contextlib.contextmanager
def planted(tree: dict[str, bytes | str]) -> Iterator[tuple[Path, Path]]:
    """A folder with the tree, and one beside it."""
    with tempfile.TemporaryDirectory() as name:
        root, outside = Path(name, "root"), Path(name, "outside")
        root.mkdir()
        (outside / "sub").mkdir(parents=True)
        (outside / "f").write_bytes(SECRET)
        (outside / "sub/a").write_bytes(SECRET)
        for path, what in tree.items():
            with contextlib.suppress(OSError):  # what is below a file, or there already
                place = root / path
                place.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(what, bytes):
                    place.write_bytes(what) if not place.is_symlink() else None
                elif what == "pipe":
                    os.mkfifo(place)
                elif what == "folder":
                    place.mkdir()
                else:
                    place.symlink_to(what.format(outside=outside))
        # What was planted through a link is part of what must stay as it is.
        yield root, outside


def seen(folder: Path) -> Seen:
    """Everything below a folder, as it is without following a link."""
    found: Seen = {}
    for place, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(place, name)
            status = os.lstat(path)
            what: Any = os.readlink(path) if os.path.islink(path) else status.st_mode
            if os.path.isfile(path) and not os.path.islink(path):
                what = (Path(path).read_bytes(), status.st_mtime_ns, status.st_ino)
            found[os.path.relpath(path, folder)] = what
    return found


def files(tree: Seen) -> dict[str, bytes]:
    return {name: what[0] for name, what in tree.items() if isinstance(what, tuple)}


def put(aws: LocalAWS, bucket: str, prefix: str, tree: dict[str, bytes]) -> None:
    for key, body in tree.items():
        aws.client("s3").put_object(Bucket=bucket, Key=prefix + key, Body=body)


def kept(aws: LocalAWS, bucket: str, prefix: str) -> dict[str, bytes]:
    client: Any = aws.client("s3")
    rows = client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {
        row["Key"].removeprefix(prefix): client.get_object(Bucket=bucket, Key=row["Key"])[
            "Body"
        ].read()
        for row in rows
    }


def is_marker(key: str, body: bytes) -> bool:
    return key.endswith("/") and not body


def counted(report: Report) -> None:
    assert report.planned == report.done + report.skipped + report.failed


several = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# What stands in the way of one file leaves another as it was, though it should be replaced.
@example(local={"A": "pipe", "a/a": b"x"}, remote={"a": b"", "a/a": b""})
@given(local=LOCAL, remote=REMOTE)
@several
def test_down(
    aws: LocalAWS, bucket: str, local: dict[str, bytes | str], remote: dict[str, bytes]
) -> None:
    prefix = f"{uuid.uuid4().hex}/"
    put(aws, bucket, prefix, remote)
    options: Any = {"direction": "down", "prefix": prefix, "delete": True, "allow_empty": True}
    with planted(local) as (root, outside):
        before, beside = seen(root), seen(outside)
        report = s3.sync(root, bucket, **options)
        after = seen(root)
        counted(report)
        assert seen(outside) == beside
        assert kept(aws, bucket, prefix) == remote
        wanted = {key: body for key, body in remote.items() if not is_marker(key, body)}
        if report.complete:
            assert files(after) == wanted
        else:
            assert files(after).items() <= files(before).items() | wanted.items()
            assert files(before).keys() <= files(after).keys(), "so nothing may be deleted"
        links = {name: what for name, what in before.items() if isinstance(what, str)}
        assert links.items() <= after.items()
        again = s3.sync(root, bucket, **options)
        assert (again.done, again.failed) == (0, report.failed)
        assert seen(root) == after


@given(local=LOCAL, remote=REMOTE)
@several
def test_up(
    aws: LocalAWS, bucket: str, local: dict[str, bytes | str], remote: dict[str, bytes]
) -> None:
    prefix = f"{uuid.uuid4().hex}/"
    put(aws, bucket, prefix, remote)
    options: Any = {"prefix": prefix, "delete": True, "allow_empty": True}
    with planted(local) as (root, outside):
        before, beside = seen(root), seen(outside)
        report = s3.sync(root, bucket, **options)
        counted(report)
        assert (seen(root), seen(outside)) == (before, beside)
        stored = kept(aws, bucket, prefix)
        assert SECRET not in stored.values()
        sendable = {key: body for key, body in files(before).items() if "\udcff" not in key}
        assert sendable.items() <= stored.items()
        if not report.complete:
            assert remote.keys() <= stored.keys(), "so nothing may be deleted"
        else:
            links = [name for name, what in before.items() if isinstance(what, str)]
            for key in stored.keys() - sendable.keys():
                behind = any(key == link or key.startswith(f"{link}/") for link in links)
                assert behind or is_marker(key, remote[key])
        again = s3.sync(root, bucket, **options)
        assert (again.done, again.failed) == (0, report.failed)
        assert kept(aws, bucket, prefix) == stored

from __future__ import annotations

from philo_aws.s3.files.tree import File
from philo_aws.s3.listing.xml import Object
from philo_aws.s3.transfer.comparisons import STRATEGIES
from philo_aws.s3.transfer.plan import UNDECIDED


def file(size: int = 1, mtime_ns: int = 0) -> File:
    return File("k", "", size, mtime_ns)


def item(size: int = 1, modified: str = "2026-01-01T00:00:00Z") -> Object:
    return Object("k", size, "", modified, "STANDARD")


NEW_YEAR = 1_767_225_600_000_000_000


def test_by_size_and_time_up() -> None:
    changed = STRATEGIES["size_mtime"].up
    assert changed(file(2), item(1)) == "size"
    assert changed(file(1, NEW_YEAR + 1), item(1)) == "mtime"
    assert changed(file(1, NEW_YEAR), item(1)) == ""


def test_by_size_and_time_down() -> None:
    changed = STRATEGIES["size_mtime"].down
    assert changed(item(1), file(2)) == "size"
    assert changed(item(1), file(1, NEW_YEAR)) == ""
    assert (
        changed(item(1), file(1, NEW_YEAR - 1))
        == changed(item(1), file(1, NEW_YEAR + 1))
        == "mtime"
    )


def test_by_size_alone_always_and_by_content() -> None:
    assert STRATEGIES["size"].up(file(1, NEW_YEAR + 1), item(1)) == ""
    assert STRATEGIES["always"].up(file(1), item(1)) == "always"
    assert STRATEGIES["checksum"].up(file(1), item(2)) == "size"
    assert STRATEGIES["checksum"].up(file(1), item(1)) == UNDECIDED


def test_what_is_undecided_is_settled_by_the_content() -> None:
    for how in STRATEGIES.values():
        for decide, pair in ((how.up, (file(), item())), (how.down, (item(), file()))):
            assert (decide(*pair) == UNDECIDED) == how.by_content

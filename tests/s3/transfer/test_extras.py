from __future__ import annotations

import pytest

from philo_aws.exceptions import IncompleteError, LocalFileError
from philo_aws.s3.deleting import ABOVE_LIMIT
from philo_aws.s3.files.tree import File
from philo_aws.s3.listing.xml import Object
from philo_aws.s3.report import Outcome, Report
from philo_aws.s3.transfer.extras import EMPTY_SOURCE, NOT_DELETED, Extras, Guards
from philo_aws.s3.transfer.plan import PlanStep, Verdict
from tests.s3.transfer.test_folders import Recorder

OLD = PlanStep(Verdict.EXTRA, "old", None, File("old", "/old", 3, 5))


@pytest.mark.parametrize("what", ["failed", "unfinished"])
def test_nothing_is_deleted_where_anything_failed_or_is_not_known(what: str) -> None:
    watcher = Recorder()
    report = Report(watcher=watcher)
    with Extras("p/") as extras:
        extras.note(OLD)
        assert extras.may_go(Guards(), report, sources=1)
        report.plan()
        if what == "failed":
            error = LocalFileError("no")
            report.add(Outcome(action="download", status="failed", key="k", error=error))
        assert not extras.may_go(Guards(), report, sources=1)
    assert watcher.by_key()["p/old"].reason == NOT_DELETED
    assert watcher.by_key()["p/old"].path == "/old"


@pytest.mark.parametrize("failed", [False, True])
def test_where_nothing_is_too_much_only_a_failure_is_in_the_way(failed: bool) -> None:
    report = Report()
    if failed:
        report.fail("download", "k", "", LocalFileError("no"))
    with Extras("") as extras:
        assert extras.may_go(Guards(max_delete=0), report, sources=0) is not failed


@pytest.mark.parametrize(
    ("guards", "sources", "reason"),
    [
        (Guards(), 0, EMPTY_SOURCE),
        (Guards(max_delete=0), 1, ABOVE_LIMIT),
        (Guards(max_delete=0, allow_empty=True), 0, ABOVE_LIMIT),
    ],
)
def test_a_guard_names_what_a_dry_run_would_keep(guards: Guards, sources: int, reason: str) -> None:
    watcher = Recorder()
    report = Report(dry_run=True, watcher=watcher)
    with Extras("p/") as extras:
        extras.note(OLD)
        with pytest.raises(IncompleteError, match="Nothing would be deleted"):
            extras.may_go(guards, report, sources=sources)
    assert [(o.key, o.reason) for o in watcher.outcomes] == [("p/old", reason)]


def test_a_file_is_noted_with_what_tells_whether_it_changed() -> None:
    with Extras("p/") as extras:
        extras.note(OLD)
        extras.note(PlanStep(Verdict.EXTRA, "z", None, Object("z", 1, "", "", "")))
        assert list(extras.rows()) == [["old", "/old", 3, 5, OLD.target.inode], ["z", ""]]
        assert list(extras.keys()) == ["p/old", "p/z"]

"""What only the target of a sync has: noted as the plan goes by, deleted last and with guards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..deleting import check_limit, refuse
from ..files import tree
from ..report import Report
from ..spool import Spool
from .plan import PlanStep

NOT_DELETED = "not deleted, because something failed"
EMPTY_SOURCE = "the source is empty"


@dataclass(frozen=True, kw_only=True)
class Guards:
    """What has to hold where anything is to be deleted."""

    max_delete: int | None = None
    """Nothing is deleted where there is more than this; ``None`` sets no limit."""
    allow_empty: bool = False
    """Whether all of the target may go because the source is empty."""


class Extras(Spool):
    """The keys that are too much, relative to ``prefix``, in flat memory."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def note(self, step: PlanStep) -> None:
        """Take note of what only the target has; of a file also which one it is."""
        found = step.target
        if isinstance(found, tree.File):
            self.add(step.key, found.path, found.size, found.mtime_ns, found.inode)
        else:
            self.add(step.key)

    def keys(self) -> Iterator[str]:
        """Yield the keys with the prefix."""
        for key, _ in self:
            yield self._prefix + key

    def may_go(self, guards: Guards, report: Report, *, sources: int) -> bool:
        """Say whether the deleting may begin, for a source in which so many items were seen.

        After a failure it may not, and each is counted as skipped. Raises
        :exc:`~philo_aws.exceptions.IncompleteError` where the user has to decide.
        """
        if not len(self):
            return not report.failed
        if report.failed or report.unfinished:
            for key, path in self:
                report.skip("delete", self._prefix + key, path, NOT_DELETED)
            return False
        if not sources and not guards.allow_empty:
            refuse(
                f"the source is empty, and all {len(self):,} of the target would go. If that is "
                "meant, say so with --allow_empty.",
                self,
                self._prefix,
                report,
                reason=EMPTY_SOURCE,
                code="EmptySource",
            )
        check_limit(self, self._prefix, guards.max_delete, report)
        return True

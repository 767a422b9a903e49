"""The transport of a run: what it needs of awscrt, or of boto3 in threads, to move the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, Self

from ...exceptions import AWSError
from .base import Task
from .failure import Failure
from .size_class import SizeClass, Transfer

if TYPE_CHECKING:
    from .run import Run


class Transport(Protocol):
    """See the module."""

    generation: int
    """How often it was renewed."""

    def __enter__(self) -> Self:
        """Make ready what a run needs."""

    def __exit__(self, *exc: object) -> None:
        """Let it go."""

    def size_classes(self) -> Sequence[SizeClass]:
        """Return fresh size classes for one run."""

    def size_class_of(self, task: Task) -> int:
        """Return the number of the size class for ``task``."""

    def start(self, run: Run, transfer: Transfer) -> None:
        """Begin one attempt, which is the transfer's until its end.

        That calls ``run.succeeded`` or ``run.failed``, where this does not raise.
        """

    def failure_of(self, error: BaseException, task: Task) -> Failure:
        """Return what an exception of :meth:`start` means."""

    def renew(self, failure: Failure) -> None:
        """Fetch new credentials, or turn to the region that the failure names."""

    def trouble(self) -> AWSError | None:
        """Return why nothing can ever get through, where that can be found out; may take long."""

    def silence(self) -> float:
        """Return the seconds for which an attempt may stand still."""

    def unseen(self, transfer: Transfer) -> int:
        """Return the bytes of an attempt that may be on their way without being seen to move."""

    def through(self) -> int | None:
        """Return the bytes that got through since the last call; ``None`` where nobody knows."""

    def tune_connections(self) -> float:
        """Set what new connections need, and return the seconds after which to look again."""

"""One failed attempt of a transfer: what it means, and the error that the user sees."""

from __future__ import annotations

from dataclasses import dataclass

from ...exceptions import AWSError, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """One failed attempt."""

    kind: Kind
    """What it means."""
    error: AWSError
    """The error as a user sees it when the task is given up."""
    region: str = ""
    """The region that the store named, where it did."""

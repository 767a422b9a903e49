"""How many requests may fly at once: fewer when the store asks to slow down, then more again."""

from __future__ import annotations

from ...patience import FIRST_DELAY, delay

SHORTEST_GAP = 0.05


class Window:
    """A number of requests that halves when the store asks to slow down and grows by success.

    Answers that come back together, as the many of one burst do, count as one. It grows quickly up
    to half of where it was when it was slowed down, and from there by one for each windowful of
    successes. All that comes before the next success is one slowing down.
    """

    __slots__ = ("_credit", "_knee", "_quiet_until", "_slowed", "_strikes", "limit", "resume_at",
                 "size")  # fmt: skip

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = limit
        self.resume_at = 0.0
        """No request before this time (of the monotonic clock)."""
        self._knee = limit
        self._credit = 0
        self._slowed = False
        self._strikes = 0
        self._quiet_until = 0.0

    def succeeded(self) -> None:
        """Note one success."""
        self._slowed = False
        self._strikes = 0
        if self.size >= self.limit:
            return
        self._credit += 1
        if self.size < self._knee or self._credit >= self.size:
            self.size += 1
            self._credit = 0

    def throttled(self, now: float) -> None:
        """Note that the store asked to slow down: half as many from now on, and a pause first."""
        if now < self._quiet_until:
            return
        self._shrink(self.size // 2)
        self._strikes += 1
        self.resume_at = self._quiet_until = now + delay(self._strikes)

    def failed(self, now: float) -> None:
        """Note a failure that may be due to load: a few less from now on."""
        if now < self._quiet_until:
            return
        self._shrink(self.size - max(1, self.size // 8))
        self._quiet_until = now + SHORTEST_GAP

    def stalled(self, now: float) -> None:
        """Note that many stand still at once: half as many from now on."""
        if now < self._quiet_until:
            return
        self._shrink(self.size // 2)
        self._quiet_until = now + FIRST_DELAY

    def _shrink(self, size: int) -> None:
        if not self._slowed:
            self._knee = max(1, self.size // 2)
            self._slowed = True
        self.size = max(1, size)
        self._credit = 0

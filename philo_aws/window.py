"""How many requests may be in flight at once: a number that finds itself.

Pure: no clock, no thread. Who sends tells what ended and when, and asks :attr:`Window.size`.

Of a store that answers after ``L`` seconds, ``n`` requests in flight get ``n / L`` answers a second
(Little's law), until something else is the limit: this process, the link, the store. So there
are more of them as long as more are answered. Time is cut into rounds, one windowful of answers
each:

- A few requests *probe* how far away the store is.
- Where it is not near it *climbs*, twice as many each round, until twice as many in flight no
  longer bring a quarter more answers. Then it takes what the best rate needs at the least time to
  answer, which mostly is that of the probe, and half as much again. It climbs no further while this
  process has no more time.
- It *holds*, and now and then *tries* half as many more: are those answered too, it climbs on. A
  rate that falls to less than two thirds makes it climb anew, as the time to answer has changed.
- Asked to slow down, it falls to a little less than what was answered, or to half where hardly
  anything was, and pauses; then it tries an eighth more at a time.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from .patience import FIRST_DELAY, delay

PROBE = 8
"""Requests in flight at first: so few that they hardly wait for each other."""
NEAR = 0.005
"""Seconds of the fastest of their answers up to which a store is near."""
FIRST = 64
"""Requests in flight then: as many as keep two cores busy where a store is near. Where it is not,
it is at once:"""
FAR = 4
"""times as many."""
MOST = 512
"""Requests in flight at most, where nothing else is wanted: each has a connection and a file."""
SHORTEST_ROUND = 0.05
"""Seconds of a round at least; over less a rate is chance."""
SHORTEST_GAP = 0.05
"""Seconds in which failures are one failure."""
WORTH = 1.25
"""How many times as many answers a round of climbing must bring, of twice as many requests."""
SPARE = 1.5
"""How many times as many are in flight as the best rate needs at the least time to answer."""
TRIED = 1.5
"""How many times as many a trial sends, and after a store asked to slow down:"""
TRIED_GENTLY = 1.125
QUEUING = 1.4
"""How many times the least time to answer says that requests wait for each other."""
BUSY = 0.95
"""Processor seconds in a second of this process, from where on it is the limit itself."""
CHANGED = 0.67
"""The part of the rate below which the time to answer must have changed."""
ENOUGH = 8
"""Answers that tell a rate."""
BELOW = 0.92
"""The part of what a store answered that is sent after it asked to slow down."""
TRIAL_AFTER = 0.5
"""Seconds before a trial; doubled by each one in vain up to:"""
LONGEST_TRIAL_AFTER = 4.0


class Phase(enum.Enum):
    """What a window is about."""

    PROBE = enum.auto()
    CLIMB = enum.auto()
    HOLD = enum.auto()
    TRY = enum.auto()


class Window:
    """See the module."""

    __slots__ = (
        "_answered",
        "_before",
        "_begun",
        "_best",
        "_busy",
        "_cap",
        "_ended",
        "_fastest",
        "_first",
        "_flat",
        "_gently",
        "_goal",
        "_held",
        "_knee",
        "_least",
        "_next_trial",
        "_phase",
        "_queues",
        "_quiet_until",
        "_rate",
        "_seconds",
        "_short",
        "_slowed",
        "_spent",
        "_strikes",
        "_trial_after",
        "limit",
        "resume_at",
        "size",
    )

    def __init__(
        self, limit: int, first: int = FIRST, *, spent: Callable[[], float] | None = None
    ) -> None:
        """Never more than ``limit``; ``first`` once it is known that the store is near.

        ``spent`` tells the processor seconds that this process has used.
        """
        self.limit = limit
        self._first = max(1, min(first, limit))
        self.size = min(PROBE, self._first)
        self.resume_at = 0.0
        """No request before this time (of the monotonic clock)."""
        self._phase = Phase.PROBE
        self._cap = self.size
        """Up to where each success adds one."""
        self._best = self._rate = 0.0
        """Answers a second: the most while it climbed, and those while it holds."""
        self._least = 0.0
        """Seconds to answer, in the round in which that took least."""
        self._fastest = float("inf")
        """Seconds of the fastest answer."""
        self._queues = False
        """Whether the requests of the last round waited for each other."""
        self._flat = 0
        """Rounds in a row that said the same."""
        self._held = self.size
        """Where a trial began."""
        self._trial_after, self._next_trial = TRIAL_AFTER, 0.0
        self._gently = False
        """Whether the store has asked to slow down."""
        self._knee = 0
        """Up to where it grows back quickly."""
        self._slowed, self._strikes = False, 0
        self._quiet_until = 0.0
        self._spent = spent
        self._before = 0.0
        """What was spent when the round began."""
        self._busy = 0
        """Rounds of climbing in a row in which this process was busy."""
        self._begin(0.0)

    def _begin(self, now: float) -> None:
        """Begin a round."""
        self._begun = now
        if self._spent and self._phase is Phase.CLIMB:
            self._before = self._spent()
        self._answered = self._ended = self._short = 0
        self._seconds = 0.0
        self._goal = self.size

    # --------------------------------------------------------------------- what is told

    def succeeded(self, now: float, in_flight: int, seconds: float) -> None:
        """Note one success, after ``seconds``, when so many requests were ``in_flight``."""
        self._slowed = False
        self._strikes = 0
        self._answered += 1
        self._seconds += seconds
        self._fastest = min(self._fastest, seconds)
        if not self._begun:
            self._begun = now - seconds
        if in_flight < self.size // 2:
            self._short += 1
        if self.size < self._cap:
            self.size += 1
        self._end(now)

    def throttled(self, now: float) -> None:
        """Note that the store asked to slow down: fewer from now on, and a pause first.

        Answers that come back together, as the many of one burst do, count as one.
        """
        self._ended += 1
        if now < self._quiet_until:
            return
        self._shrink(self._fitting(now))
        self._strikes += 1
        self.resume_at = self._quiet_until = now + delay(self._strikes)
        self._begin(self.resume_at)

    def failed(self, now: float) -> None:
        """Note a failure that may be due to load: a few less, until others succeed."""
        self._ended += 1
        if now < self._quiet_until or self._phase is Phase.PROBE:
            return
        self._cap = max(self._cap, self.size)
        self.size = max(1, self.size - max(1, self.size // 8))
        self._quiet_until = now + SHORTEST_GAP

    def stalled(self, now: float) -> None:
        """Note that many stand still at once: half as many from now on."""
        if now < self._quiet_until:
            return
        self._shrink(self.size // 2)
        self._quiet_until = now + FIRST_DELAY

    # ------------------------------------------------------------------------- the rule

    def _fitting(self, now: float) -> int:
        """Return how many the store takes, by how many it answered just now; else half."""
        seconds = now - self._begun
        if self._strikes or not self._least:
            return self.size // 2
        if self._answered < ENOUGH or seconds <= self._least:
            return 3 * self.size // 4 if self._gently else self.size // 2
        return int(BELOW * self._answered / seconds * self._least)

    def _shrink(self, size: int) -> None:
        if not self._slowed:
            # From further below it grows back quickly.
            self._knee = max(1, min(size, self.size - 1))
            self._slowed = True
        if self._phase is Phase.TRY:
            self._trial_in_vain()
        else:
            self._trial_after = TRIAL_AFTER
        self.size = max(1, min(size, self.size - 1))
        self._held = self.size
        self._gently = True
        self._phase = Phase.HOLD
        self._cap = self._knee
        self._rate = 0.0
        self._next_trial = 0.0

    def _end(self, now: float) -> None:
        self._ended += 1
        if self._ended < self._goal:
            return
        seconds = now - self._begun
        if self._phase is Phase.PROBE:
            self._on_probe(now)
            self._begin(now)
            return
        if seconds < SHORTEST_ROUND:
            return
        rate, least = self._answered / seconds, self._seconds / self._answered
        filled = self._short * 4 < self._ended
        if filled:
            self._least = min(self._least, least) if self._least else least
            # Connections that were just opened answer late too, but soon no more.
            self._queues = QUEUING * self._least < least < seconds / 1.5
            self._judge(now, rate)
        elif self._phase is Phase.CLIMB:
            # There was too little to send, which says nothing of the store.
            self._cap = self.size
        self._begin(now)

    def _judge(self, now: float, rate: float) -> None:
        if self._phase is Phase.CLIMB:
            self._on_climb(now, rate)
        elif self._phase is Phase.TRY:
            self._on_trial(now, rate)
        else:
            self._on_hold(now, rate)

    def _on_probe(self, now: float) -> None:
        self._least = self._seconds / self._answered
        if self._fastest < NEAR:
            self.size = self._first
            self._hold(now)
        else:
            self.size = min(self.limit, FAR * self._first)
            self._climb()

    def _climb(self) -> None:
        self._phase = Phase.CLIMB
        self._best = 0.0
        self._flat = self._busy = 0
        self._cap = min(self.limit, 2 * self.size)

    def _on_climb(self, now: float, rate: float) -> None:
        if self._spent:
            used = self._spent() - self._before
            self._busy = self._busy + 1 if used >= BUSY * (now - self._begun) else 0
        self._flat = 0 if rate >= WORTH * self._best else self._flat + 1
        self._best = max(self._best, rate)
        if self._flat >= 2 or (self._flat and self._queues):
            fitting = int(SPARE * self._best * self._least)
            self.size = max(min(self._first, self.size), min(fitting, self.size))
            self._hold(now)
        elif self._busy > 1:
            self._hold(now)
        else:
            # Opening connections takes time of this process too, but only once.
            self._cap = self.size if self._busy else min(self.limit, 2 * self.size)

    def _hold(self, now: float) -> None:
        self._phase = Phase.HOLD
        self._held = self._cap = self.size
        self._rate = 0.0
        self._next_trial = now + self._trial_after

    def _on_hold(self, now: float, rate: float) -> None:
        if self.size < self._cap:
            return  # it still grows back
        if self._rate and rate < CHANGED * self._rate:
            self._flat += 1
            if self._flat >= 2:
                self._least = 0.0
                self._gently = False
                self._climb()
            return
        self._flat = 0
        self._rate = 0.75 * self._rate + 0.25 * rate if self._rate else rate
        if not self._next_trial:
            self._next_trial = now + self._trial_after
        if now >= self._next_trial and self.size < self.limit:
            self._held = self.size
            more = TRIED_GENTLY if self._gently else TRIED
            self.size = self._cap = min(self.limit, max(self.size + 1, int(self.size * more)))
            self._phase = Phase.TRY
            self._flat = 0

    def _on_trial(self, now: float, rate: float) -> None:
        self._flat += 1
        if self._flat < 2:
            return  # what ended in the first round was sent before
        self._flat = 0
        gain = self.size / self._held - 1
        if rate >= self._rate * (1 + 0.4 * gain):
            self._trial_after = TRIAL_AFTER
            if self._gently:
                self._hold(now)
                self._next_trial = now
            else:
                self._climb()
            return
        self.size = self._held
        self._trial_in_vain()
        self._hold(now)

    def _trial_in_vain(self) -> None:
        self._trial_after = min(2 * self._trial_after, LONGEST_TRIAL_AFTER)

"""A store, its link and this process as a clock sees them: to try a number of requests.

Everything is simulated, the clock too, since a test that depends on the machine's speed proves
nothing of a rule.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from philo_aws.patience import delay


class Number(Protocol):
    """What says how many requests may be in flight."""

    size: int
    resume_at: float

    def succeeded(self, now: float, in_flight: int, seconds: float) -> None: ...

    def throttled(self, now: float) -> None: ...

    def failed(self, now: float) -> None: ...


class Fixed:
    """A number that stays, and pauses as every other after it was asked to slow down."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.resume_at = 0.0

    def succeeded(self, now: float, in_flight: int, seconds: float) -> None:
        """Do nothing."""

    def throttled(self, now: float) -> None:
        """Do nothing."""

    def failed(self, now: float) -> None:
        """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class SimulatedStore:
    """What answers."""

    seconds: Callable[[float], float]
    """The time that each answer takes, by the time of the clock."""
    most: float = 0.0
    """Requests a second that it takes; 0 for any number. Others are asked to slow down."""
    link: float = 0.0
    """Bytes a second that get there; 0 for any number."""
    fails: float = 0.0
    """The part of the requests whose connection breaks off."""
    client: float = 10_000.0
    """Requests a second that this process can make."""
    size: int = 4096
    """Bytes of a request."""

    def capacity(self) -> float:
        """The requests a second that there can be at most."""
        limits = [self.client, self.most, self.link / self.size]
        return min(limit for limit in limits if limit)


@dataclass
class Seen:
    """What came of it."""

    seconds: float = 0.0
    refused: int = 0
    failed: int = 0
    most_at_once: int = 0
    sizes: list[int] = field(default_factory=list)
    """What the number was, every 50 ms."""

    def reached(self, size: int) -> float:
        """The time at which the number was `size` at last."""
        return next(at for at, each in enumerate(self.sizes) if each >= size) * 0.05


@dataclass
class _Run:
    number: Number
    store: SimulatedStore
    left: int
    seed: int
    seen: Seen = field(default_factory=Seen)
    now: float = 0.0
    in_flight: int = 0
    opened: int = 0
    busy_until: float = 0.0
    link_until: float = 0.0
    tokens: float = 0.0
    filled_at: float = 0.0
    coming: list[tuple[float, int, float, int]] = field(default_factory=list)
    due: list[tuple[float, int]] = field(default_factory=list)
    order: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.tokens = self.store.most / 10

    def send(self, attempt: int) -> None:
        store, self.in_flight = self.store, self.in_flight + 1
        self.seen.most_at_once = max(self.seen.most_at_once, self.in_flight)
        # Beyond some hundreds in flight each costs a little more.
        cost = (1 + max(0, self.in_flight - 256) / 4000) / store.client
        self.busy_until = at = max(self.busy_until, self.now) + cost
        if self.in_flight > self.opened:
            self.opened = self.in_flight
            at += store.seconds(at)  # a connection is opened first
        if store.link:
            self.link_until = at = max(self.link_until, at) + store.size / store.link
        at += store.seconds(at) * (1 + self.chance.random() / 10) + 0.0003
        self.order += 1
        heapq.heappush(self.coming, (at, self.order, self.now, attempt))

    def fill(self) -> None:
        while self.in_flight < self.number.size and self.now >= self.number.resume_at:
            if self.due and self.due[0][0] <= self.now:
                self.send(heapq.heappop(self.due)[1] + 1)
            elif self.left:
                self.left -= 1
                self.send(1)
            else:
                return

    def takes(self) -> bool:
        """Whether the store takes the request that is answered now."""
        if not self.store.most:
            return True
        more = (self.now - self.filled_at) * self.store.most
        self.tokens = min(self.store.most / 10 + 1, self.tokens + more)
        self.filled_at = self.now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def wakes_at(self) -> float:
        """When something may be sent that could not be sent before."""
        times = [self.due[0][0]] if self.due else []
        times += [self.now] if self.left else []
        return max(min(times), self.number.resume_at) if times else float("inf")

    def step(self) -> bool:
        """Go on to what happens next; true if a request succeeded."""
        wakes = self.wakes_at()
        if self.in_flight < self.number.size and (not self.coming or wakes < self.coming[0][0]):
            self.now = max(self.now, wakes)
            self.fill()
            return False
        self.now, _, begun, attempt = heapq.heappop(self.coming)
        in_flight, self.in_flight = self.in_flight, self.in_flight - 1
        done = self.takes()
        if done and self.chance.random() < self.store.fails:
            done = False
            self.seen.failed += 1
            self.number.failed(self.now)
            heapq.heappush(self.due, (self.now + delay(attempt), attempt))
        elif done:
            self.number.succeeded(self.now, in_flight, self.now - begun)
        else:
            self.seen.refused += 1
            self.number.throttled(self.now)
            again = max(self.now + delay(attempt), self.number.resume_at)
            heapq.heappush(self.due, (again, attempt))
        while len(self.seen.sizes) * 0.05 <= self.now:
            self.seen.sizes.append(self.number.size)
        self.fill()
        return done


def simulate(number: Number, store: SimulatedStore, count: int, *, seed: int = 0) -> Seen:
    """Send `count` requests until each of them succeeded."""
    run = _Run(number, store, count, seed)
    run.seen.sizes.append(number.size)
    run.fill()
    while count:
        count -= run.step()
    run.seen.seconds = run.now
    return run.seen

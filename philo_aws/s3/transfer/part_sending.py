"""An object that is sent in parts, several at a time, and that nothing is left of if it fails."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from ...daemons import Daemons
from ...exceptions import AWSError, InvalidRequestError
from ...limits import MAX_PART_SIZE, MAX_PARTS, MIB
from ..objects.writing import Body, ObjectRequests, Part

AT_ONCE = 8
"""Parts in flight at most."""
IN_MEMORY = 16 * MIB
"""Bytes of the largest part that is held in memory; larger ones are read from a file."""
MEMORY = 40 * MIB
"""Bytes of one object that are held in memory at most, where its parts are."""
DISK = 512 * MIB
"""Bytes of larger parts that are on their way at most, one part always."""
LAST_WORD = 3.0
"""Seconds for which parts on their way are waited for where the upload is given up."""
PARTS_AT_FIRST = 1000
"""Parts of the first size, of an object whose size is not known."""
PARTS_OF_A_SIZE = 50
"""Parts of each size that follows, twice as large as the one before."""


def part_size_of(number: int, first: int) -> int:
    """Return the bytes of a part of an object of unknown size; the first part has number 1.

    A thousand parts have ``first`` bytes, then each fifty are twice as large as those before, up to
    5 GiB. So parts of 8 MiB do for 7.8 GiB, and 10,000 parts hold 42 TiB.
    """
    doublings = 1 + (number - 1 - PARTS_AT_FIRST) // PARTS_OF_A_SIZE
    return min(first << min(max(doublings, 0), 12), MAX_PART_SIZE)


class Piece(Protocol):
    """The bytes of one part."""

    def content(self) -> Body:
        """Return them, in the thread that sends them."""

    def close(self) -> None:
        """Let go of them: they were sent, or will not be."""


class PartSending:
    """Sends parts in threads; whoever gives them waits only for room.

    What fails gives the upload up before it is raised, and so does an interrupt.
    """

    def __init__(self, requests: ObjectRequests, at_once: int | None = None) -> None:
        """Begin the upload, of which ``at_once`` parts may be in flight at most."""
        self._requests = requests
        self._at_once = min(at_once or AT_ONCE, AT_ONCE)
        self._running: dict[Future[Part], int] = {}
        self._parts: list[Part] = []
        self._number = 0
        self._size = 0
        self._over = threading.Event()
        self._late = threading.Event()
        self._upload_id = requests.begin()
        self._pool = Daemons(self._at_once, "philo-aws-parts")

    def send(self, piece: Piece, size: int, *, budget: int) -> None:
        """Have a part of ``size`` bytes sent, with as many in flight as make ``budget`` bytes.

        Raises what has gone wrong with those before.
        """
        with self._given_up_on_error():
            if self._number >= MAX_PARTS:
                raise InvalidRequestError(
                    f"The object has more bytes than {MAX_PARTS:,} parts hold. Send it in pieces.",
                    code="EntityTooLarge",
                )
            self._collect()
            while self._running and not self._has_room(budget - size):
                wait(self._running, return_when=FIRST_COMPLETED)
                self._collect()
            self._number += 1
            self._size += size
            future = self._pool.submit(self._send, self._number, piece)
            self._running[future] = size
            future.add_done_callback(lambda future: piece.close())

    def wait(self) -> None:
        """Wait for all parts."""
        with self._given_up_on_error():
            while self._running:
                wait(self._running, return_when=FIRST_COMPLETED)
                self._collect()

    def finish(self) -> str:
        """Make the object of its parts, and return its ETag."""
        self.wait()
        with self._given_up_on_error():
            etag = self._requests.complete(self._upload_id, self._parts, self._size)
        self._pool.shutdown(wait=False)
        return etag

    def abort(self) -> None:
        """Give the upload up. What is on its way and does not end soon is thrown away later."""
        if self._over.is_set():
            return
        self._over.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(self._running, LAST_WORD)
        self._late.set()
        self._abort()

    def abandon(self) -> None:
        """Give the upload up in a thread, where nobody can wait."""
        if not self._over.is_set():
            # Python may be at its end, and then begins no thread.
            with contextlib.suppress(RuntimeError):
                self._pool.submit(self.abort)

    def _has_room(self, left: int) -> bool:
        running = self._running
        return len(running) < self._at_once and sum(running.values()) <= left

    def _collect(self) -> None:
        for future in [future for future in self._running if future.done()]:
            del self._running[future]
            self._parts.append(future.result())

    def _send(self, number: int, piece: Piece) -> Part:
        try:
            return self._requests.send_part(self._upload_id, number, piece.content())
        finally:
            if self._late.is_set():
                # A part that comes after its upload was given up would stay for ever.
                self._abort()

    def _abort(self) -> None:
        with contextlib.suppress(AWSError):
            self._requests.abort(self._upload_id)

    @contextlib.contextmanager
    def _given_up_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.abort()
            raise

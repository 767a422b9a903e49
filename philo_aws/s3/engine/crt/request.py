"""awscrt's request, without what only somebody who waits for one needs."""

from __future__ import annotations

import functools
import threading
import types
from collections.abc import Callable
from typing import Any, cast


class _Nobody:
    """In the place of a future and of an event that nobody waits for."""

    __slots__ = ()

    def set(self) -> None:
        """Tell nobody."""

    def set_result(self, result: object) -> None:
        """Tell nobody; ``on_done`` is called."""

    def set_exception(self, error: BaseException | None) -> None:
        """Tell nobody; ``on_done`` is called."""


@functools.cache
def request_maker() -> Callable[..., Any]:
    """Return awscrt's ``S3Client.make_request``, or one whose requests have no future and no event.

    What is done is told by callbacks here. The locks of a future and of an event for each request
    are several microseconds of Python, and awscrt has no way to leave them out: so its own
    constructor is run with other names for the two. Where it does not ask for both by these names,
    as another version may not, it is taken as it is.
    """
    from awscrt import s3

    make, init = s3.S3Client.make_request, s3.S3Request.__init__
    if not (_uses(make, "S3Request") and _uses(init, "Future", "threading")):
        return cast("Callable[..., Any]", make)
    without_event = types.SimpleNamespace(**{**vars(threading), "Event": _Nobody})
    quiet = _with(init, Future=_Nobody, threading=without_event)
    request = type("S3Request", (s3.S3Request,), {"__slots__": (), "__init__": quiet})
    return cast("Callable[..., Any]", _with(make, S3Request=request))


def _uses(function: Any, *names: str) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and all(
        name in code.co_names and name in function.__globals__ for name in names
    )


def _with(function: Any, **names: Any) -> Any:
    """Return the function with other values for some of its global names."""
    made = types.FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made

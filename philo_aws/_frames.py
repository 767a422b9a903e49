"""Keeps the variables of other libraries' functions out of the tracebacks of this package's errors.

Django shows the variables of every frame on its debug page and in mails to the admins: those of
botocore hold signed requests, with the session token in their headers, and credentials.
"""

from __future__ import annotations

from types import TracebackType

LIBRARIES = ("awscrt", "boto3", "botocore", "s3transfer", "urllib3")


def cut(error: BaseException) -> None:
    """Take the libraries' frames, and all that they called, from ``error`` and its causes."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = _ours(one.__traceback__)
        waiting += [one.__cause__, one.__context__]


def passed(error: BaseException, module: str) -> bool:
    """Say whether ``error`` came through a function of ``module``."""
    here = error.__traceback__
    while here is not None:
        if here.tb_frame.f_globals.get("__name__") == module:
            return True
        here = here.tb_next
    return False


def _ours(first: TracebackType | None) -> TracebackType | None:
    last, here = None, first
    while here is not None:
        if str(here.tb_frame.f_globals.get("__name__")).partition(".")[0] in LIBRARIES:
            if last is None:
                return None
            last.tb_next = None
            break
        last, here = here, here.tb_next
    return first

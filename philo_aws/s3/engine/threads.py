"""awscrt's threads, as Python sees them."""

from __future__ import annotations

import ctypes
from threading import get_ident

_kept: set[int] = set()


def keep_state() -> None:
    """Let Python keep its state of the calling thread, which is one of awscrt's, to its end.

    Otherwise every callback begins with a fresh one, whose stack is mapped and unmapped each time:
    a fifth of all the processor time of a transfer of small objects. A state is kept by an
    unbalanced ``PyGILState_Ensure``: https://docs.python.org/3/c-api/init.html.
    """
    thread = get_ident()
    if thread not in _kept:
        _kept.add(thread)
        ctypes.pythonapi.PyGILState_Ensure()

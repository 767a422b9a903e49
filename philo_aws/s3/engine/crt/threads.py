"""awscrt's threads, as Python sees them."""

from __future__ import annotations

import ctypes
import threading

_kept = threading.local()


def keep_state() -> None:
    """Let Python keep its state of the calling thread, which is one of awscrt's, to its end.

    Otherwise every callback begins with a fresh one, whose stack is mapped and unmapped each time:
    a fifth of all the processor time of a transfer of small objects. A state is kept by an
    unbalanced ``PyGILState_Ensure``: https://docs.python.org/3/c-api/init.html.
    """
    if not hasattr(_kept, "state"):
        _kept.state = True  # goes with the state, and not with a thread's number
        ctypes.pythonapi.PyGILState_Ensure()

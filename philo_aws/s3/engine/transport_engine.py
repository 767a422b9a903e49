"""What both engines are: runs over a transport of their own."""

from __future__ import annotations

from collections.abc import Iterable

from .base import Callbacks, OnBytes, OnResult, Options, Task
from .run import Run
from .transport import Transport


class TransportEngine:
    """See :class:`philo_aws.s3.engine.base.Engine`."""

    def __init__(self, transport: Transport, options: Options, reason: str) -> None:
        """``transport`` is entered for each run."""
        self.reason = reason
        self._options = options
        self._transport = transport

    def run(
        self, tasks: Iterable[Task], *, on_result: OnResult, on_bytes: OnBytes | None = None
    ) -> None:
        callbacks = Callbacks(on_result=on_result, on_bytes=on_bytes)
        with self._transport:
            Run(self._transport, callbacks, purpose=self._options.purpose).do_all(tasks)

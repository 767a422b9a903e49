"""What both engines are: runs over a transport of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .base import Callbacks, OnBytes, OnResult, Options, Task
from .run import Run


class Driven:
    """See :class:`philo_aws.s3.engine.base.Engine`."""

    def __init__(self, carrier: Any, options: Options, reason: str) -> None:
        """``carrier``, a :class:`~philo_aws.s3.engine.transport.Transport`, is entered in each run."""
        self.reason = reason
        self._options = options
        self._carrier = carrier

    def run(
        self, tasks: Iterable[Task], *, on_result: OnResult, on_bytes: OnBytes | None = None
    ) -> None:
        callbacks = Callbacks(on_result=on_result, on_bytes=on_bytes)
        with self._carrier:
            Run(self._carrier, callbacks, purpose=self._options.purpose).drive(tasks)

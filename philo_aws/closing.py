"""What is closed at the end of a block."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """Can be used in ``with``, whose end calls :meth:`close`."""

    def close(self) -> None:
        """Let go of what is held."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

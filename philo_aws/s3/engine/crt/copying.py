"""One attempt at a copy of a whole object over awscrt: a request without a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .. import copies, errors
from ..base import Copy
from ..failure import Failure
from ..run import Run
from ..size_class import Transfer
from .attempts import CrtAttempt, Headers
from .threads import keep_state

if TYPE_CHECKING:
    from .engine import CrtTransport


ANSWER = 1024
"""Bytes that most answers do not have."""


class CopyAttempt(CrtAttempt):
    """See the module."""

    __slots__ = ("answer", "body", "task")

    def __init__(self, transport: CrtTransport, run: Run, transfer: Transfer) -> None:
        super().__init__(transport, run, transfer)
        self.task = cast("Copy", transfer.task)
        self.answer: Headers = []
        self.body = b""

    def on_headers(self, status_code: int, headers: Headers, **kwargs: Any) -> None:
        keep_state()
        self.answer = headers

    def on_body(self, chunk: bytes, offset: int, **kwargs: Any) -> None:
        keep_state()
        # AWS sends blanks while it copies, and the answer after them.
        if len(self.body) > ANSWER:
            self.body = self.body.rstrip()
        if len(self.body) < copies.MOST_ANSWERED:
            self.body += bytes(chunk)

    def finish(self, answer: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.answer}
        self.transfer.request_id = headers.get("x-amz-request-id", "")
        if copies.is_error(self.body):
            failure = errors.from_answer(
                status=200,
                headers=self.answer,
                body=self.body,
                where=errors.context_of(self.task, self.transport.bucket),
                region=self.region,
            )
            self.run.failed(self.transfer, copies.explained(failure, self.task))
            return
        self.transfer.etag = copies.etag_of(self.task, self.body, headers)
        self.run.succeeded(self.transfer, self.task.size)

    def failure_of(self, error: BaseException) -> Failure:
        return copies.explained(super().failure_of(error), self.task)

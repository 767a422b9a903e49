"""The queues whose failed messages end in this one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext_noop

from ...exceptions import AWSError, InvalidRequestError, NotSupportedError
from ...models import Queue
from ...sentences import Sentence
from ...sqs import directory
from ...sqs.directory import QueueName, queue_of_url
from ...sqs.figures import Figures, read_figures
from ...sqs.redrive import list_dead_letter_source_queues
from .base import QueueView

SCANNED_LIMIT = 100
"""Queues asked one by one where the endpoint cannot tell the sources."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The source queues of a dead-letter queue."""

    queues: Sequence[QueueName] = ()
    """The queues found."""
    error: AWSError | None = None
    """Why they could not be found out."""
    scanned: int = 0
    """How many queues were asked one by one, because the endpoint lacks the operation."""
    partial: bool = False
    """Whether some queues were not asked, or did not answer."""


class SourcesMixin(QueueView):
    """A page that tells the source queues."""

    def ask_sources(self) -> Sources:
        """Return the queues whose dead-letter queue this is, those the person may see."""
        try:
            answer = self.ask_aws(list_dead_letter_source_queues, self.queue_url, self.queue.region)
        except NotSupportedError:
            return self._scan()
        except AWSError as error:
            return Sources(error=error)
        found = (queue_of_url(url, self.queue.region) for url in answer["queueUrls"])
        return Sources(queues=sorted(q for q in found if q and self.may_view(q)))

    def check_sources(self, codenames: Iterable[str]) -> None:
        """Refuse to give messages back to queues where the person may not do this.

        Raises :exc:`~philo_aws.exceptions.InvalidRequestError`; and what AWS answers where it does
        not tell the queues, and rules limit the person.
        """
        try:
            answer = self.ask_aws(list_dead_letter_source_queues, self.queue_url, self.queue.region)
        except AWSError:
            if self.model_admin.get_access(self.request).is_limited:
                raise
            return
        found = (queue_of_url(url, self.queue.region) for url in answer["queueUrls"])
        if not all(
            queue and self.model_admin.may(self.request, codenames, Queue(pk=str(queue)))
            for queue in found
        ):
            raise InvalidRequestError(
                Sentence(
                    gettext_noop(
                        "Messages here may come from a queue that is not open to you. Name one to "
                        "move them to."
                    )
                )
            )

    def _scan(self) -> Sources:
        try:
            queues = self.ask_aws(directory.queues_of_region, self.queue.region)
        except AWSError as error:
            return Sources(error=error)
        asked = queues[:SCANNED_LIMIT]
        answers = self.ask_aws_together({queue: partial(read_figures, queue) for queue in asked})
        found = [
            queue
            for queue, answer in answers.items()
            if isinstance(answer, Figures)
            and answer.dead_letter_queue == self.queue
            and self.may_view(queue)
        ]
        failed = any(isinstance(answer, AWSError) for answer in answers.values())
        return Sources(
            queues=sorted(found), scanned=len(asked), partial=failed or len(asked) < len(queues)
        )

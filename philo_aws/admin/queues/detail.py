"""The page of one queue: figures, attributes, dead-letter queues, tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ...exceptions import AWSError
from ...sqs.access import queue_client
from ...sqs.directory import QueueName, queue_of_arn
from ...sqs.figures import Age, figures_of, oldest_message_age, redrive_policy_of
from ...sqs.queues import get_queue_attributes
from ..text import visible
from .presentation import Fact, attribute_facts, duration
from .sources import Sources, SourcesMixin

if TYPE_CHECKING:
    from django.http import HttpResponse

    from ...conf import Purpose
    from ..base import Place


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """Where failed messages go."""

    queue: QueueName | None
    """The queue, when it is one of this account and region."""
    url: str
    """Its page; empty where the person may not see it."""
    arn: str
    """Its ARN, made fit to read."""
    max_receive_count: int
    """Receives after which a message goes there."""


class DetailView(SourcesMixin):
    """One queue."""

    route = "<str:object_id>/change/"
    template_name = "admin/philo_aws/queue/detail.html"
    leads_to_history = True
    scripts = ("philo_aws/queues/live.js",)

    sources = Sources()

    def get_title(self) -> str:
        return self.queue.name

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        sources = self.sources
        # Where they could not be found out it may be one.
        is_target = sources.queues or sources.error or sources.partial
        return {"queue": {}, "dead_letter_queue": {}} if is_target else {"queue": {}}

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        url, region = self.queue_url, self.queue.region
        calls: dict[str, Callable[..., Any]] = {
            "attributes": partial(get_queue_attributes, url, region),
            "age": partial(oldest_message_age, self.queue),
            "tags": partial(_tags, url, region),
        }
        answers = self.ask_aws_together(calls)
        if isinstance(answers["attributes"], AWSError):
            raise answers["attributes"]
        attributes = answers["attributes"]["Attributes"]
        self.sources = self.ask_sources()
        return self.render(
            queue=self.queue,
            queue_url_text=visible(url),
            figures=figures_of(attributes),
            figures_url=self.link("figures"),
            facts=attribute_facts(attributes),
            dead_letter=self._dead_letter(attributes),
            sources=self.sources,
            **_age(answers["age"]),
            **_tag_facts(answers["tags"]),
        )

    def _dead_letter(self, attributes: dict[str, str]) -> DeadLetter | None:
        policy = redrive_policy_of(attributes)
        if not policy:
            return None
        queue = queue_of_arn(policy.target_arn, attributes.get("QueueArn", ""))
        return DeadLetter(
            queue=queue,
            url=self.queue_link(queue) if queue else "",
            arn=visible(policy.target_arn),
            max_receive_count=policy.max_receive_count,
        )


def _tags(url: str, region: str, *, purpose: Purpose = "web") -> dict[str, str]:
    with queue_client(url, region, purpose) as client:
        return dict(client.list_queue_tags(QueueUrl=url).get("Tags", {}))


def _age(answer: Age | AWSError | None) -> dict[str, Any]:
    if isinstance(answer, AWSError):
        return {"age_error": answer}
    if answer is None:
        return {}
    return {"age": duration(answer.seconds), "age_measured": answer.measured}


def _tag_facts(answer: dict[str, str] | AWSError) -> dict[str, Any]:
    if isinstance(answer, AWSError):
        return {"tags_error": answer}
    return {
        "tags": [
            Fact(label=visible(name), value=visible(value))
            for name, value in sorted(answer.items())
        ]
    }

"""The list of all queues in all regions, and their figures in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError, InvalidRequestError
from ...sentences import localized
from ...sqs import directory
from ...sqs.directory import QueueName
from ...sqs.figures import Figures, read_figures
from ..numbers import grouped
from ..posted import read_json
from .base import QueueView

if TYPE_CHECKING:
    from django.http import HttpResponse

    from ..base import Place

PAGE_SIZE = 100
BATCH_LIMIT = 200
"""Queues that one request for figures may name."""
MAX_JSON = 64 * 1024
"""Bytes of such a request."""
MEASURED_LIMIT = 1000
"""Queues that are asked for their figures to sort them by backlog."""
ORDERS = ("name", "region", "backlog")


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One queue of the list."""

    queue: QueueName
    """The queue."""
    url: str
    """Its page."""
    figures: Figures | None = None
    """Its figures, where the page itself asked for them."""
    dead_letter_url: str = ""
    """The page of its dead-letter queue."""


@dataclass(frozen=True, kw_only=True)
class RegionFailure:
    """Regions that did not answer, for one and the same reason."""

    regions: Sequence[str]
    """Their names; none where not even the regions are known."""
    error: AWSError
    """The reason."""


@dataclass(frozen=True, kw_only=True)
class QueueListing:
    """What the regions answered."""

    queues: Sequence[QueueName]
    """All queues found, and those of the settings that could not be looked for."""
    failures: Sequence[RegionFailure]
    """The regions that did not answer."""
    regions: Sequence[str]
    """All regions asked."""
    from_settings: bool = False
    """Whether names of ``AWS["queues"]`` stand in for a listing."""


class FiguresOfQueues(QueueView):
    """A page that can read the figures of many queues at once."""

    def read(self, queues: Iterable[QueueName]) -> dict[QueueName, Figures | AWSError]:
        """Return the figures, or the reason why not, of each queue."""
        calls = {queue: partial(read_figures, queue) for queue in queues}
        return self.ask_aws_together(calls)


class ListView(FiguresOfQueues):
    """All queues of all regions: names at once, figures when the page asks for them."""

    title = _("Queues")
    template_name = "admin/philo_aws/queue/list.html"
    scripts = ("philo_aws/queues/live.js",)

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        return {"queues": {}}

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        parameters = self.request.GET
        query = parameters.get("q", "").strip()
        order = parameters.get("o", "name")
        key, descending = order.lstrip("-"), order.startswith("-")
        if key not in ORDERS:
            key, descending = "name", False
        listing = self._list()
        queues = [queue for queue in listing.queues if _matches(queue, query)]
        figures: Mapping[QueueName, Figures | AWSError] = {}
        if key == "backlog":
            figures = self.read(queues[:MEASURED_LIMIT])
        queues.sort(key=_ORDER[key](figures), reverse=descending)
        page = Paginator(queues, PAGE_SIZE).get_page(parameters.get("p"))
        if key != "backlog" and "figures" in parameters:
            figures = self.read(page.object_list)
        return self.render(
            rows=[self._row(queue, figures.get(queue)) for queue in page.object_list],
            listing=listing,
            page=page,
            columns=_columns(key, query, descending=descending),
            query=query,
            order=order,
            measured_limit=MEASURED_LIMIT
            if key == "backlog" and page.paginator.count > MEASURED_LIMIT
            else 0,
            figures_url=self.link("figures"),
        )

    def _list(self) -> QueueListing:
        try:
            regions = self.wait_for(directory.allowed_regions)
        except AWSError as error:
            failures = [RegionFailure(regions=(), error=error)]
            known = [queue for queue in self._configured() if self.may_view(queue)]
            return QueueListing(
                queues=known, failures=failures, regions=(), from_settings=bool(known)
            )
        answers = self.ask_aws_together(
            {region: partial(directory.queues_of_region, region) for region in regions}
        )
        found: set[QueueName] = set()
        failed: dict[str, AWSError] = {}
        for region, answer in answers.items():
            if isinstance(answer, AWSError):
                failed[region] = answer
            else:
                found.update(answer)
        # A URL may be of another account, whose queues no listing tells.
        stand_ins = {
            queue
            for queue, url in self._configured().items()
            if (url or queue.region in failed) and queue not in found
        }
        return QueueListing(
            queues=[queue for queue in sorted(found | stand_ins) if self.may_view(queue)],
            failures=_by_reason(failed),
            regions=regions,
            from_settings=bool(stand_ins),
        )

    @staticmethod
    def _configured() -> dict[QueueName, str]:
        try:
            return directory.configured_queues()
        except AWSError:
            return {}

    def _row(self, queue: QueueName, figures: Figures | AWSError | None) -> QueueRow:
        known = figures if isinstance(figures, Figures) else None
        target = known.dead_letter_queue if known else None
        return QueueRow(
            queue=queue,
            url=self.queue_link(queue),
            figures=known,
            dead_letter_url=self.queue_link(target) if target else "",
        )


class FiguresView(FiguresOfQueues):
    """The figures of the queues that a page shows, for its script; POST because they are many."""

    route = "figures/"
    answers_json = True
    http_method_names = ("post", "options")

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            queues = self._asked_for()
        except InvalidRequestError as error:
            return self.json({"error": localized(error.message), "code": error.code}, status=400)
        answers = self.read(queue for queue in queues if self.may_view(queue))
        errors = [answer for answer in answers.values() if isinstance(answer, AWSError)]
        if errors and len(errors) == len(answers):
            return self.render_error(errors[0])
        return self.json(
            {"queues": {str(queue): self._data(answer) for queue, answer in answers.items()}}
        )

    def _asked_for(self) -> list[QueueName]:
        names = read_json(self.request, MAX_JSON).get("queues")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidRequestError(str(_("“queues” is not a list of names.")))
        if len(names) > BATCH_LIMIT:
            raise InvalidRequestError(
                _("The request names %(count)s queues, more than %(most)s.")
                % {"count": grouped(len(names)), "most": grouped(BATCH_LIMIT)}
            )
        return [QueueName.parse(name) for name in dict.fromkeys(names)]

    def _data(self, answer: Figures | AWSError) -> dict[str, object]:
        if isinstance(answer, AWSError):
            return {"error": localized(answer.message)}
        target = answer.dead_letter_queue
        if target and not self.may_view(target):
            target = None
        return {
            "available": answer.available,
            "in_flight": answer.in_flight,
            "delayed": answer.delayed,
            "dead_letter_queue": (
                {"name": target.name, "url": self.queue_link(target)} if target else None
            ),
        }


def _matches(queue: QueueName, query: str) -> bool:
    return query.casefold() in str(queue).casefold()


def _backlog(figures: Mapping[QueueName, Figures | AWSError], queue: QueueName) -> int:
    known = figures.get(queue)
    return known.available + known.in_flight + known.delayed if isinstance(known, Figures) else -1


_ORDER: Mapping[str, Any] = {
    "name": lambda figures: lambda queue: (queue.name, queue.region),
    "region": lambda figures: lambda queue: (queue.region, queue.name),
    "backlog": lambda figures: lambda queue: (_backlog(figures, queue), queue.name),
}


def _by_reason(failed: Mapping[str, AWSError]) -> list[RegionFailure]:
    """Put regions that failed alike together: a dead network is one failure and not thirty."""
    groups: dict[tuple[type, str], list[str]] = {}
    for region, error in failed.items():
        groups.setdefault((type(error), error.message.replace(region, "")), []).append(region)
    return [
        RegionFailure(regions=sorted(regions), error=failed[regions[0]])
        for regions in groups.values()
    ]


def _columns(current: str, query: str, *, descending: bool) -> dict[str, dict[str, str]]:
    """Return for each sortable column its next order and what it is sorted by now."""
    columns = {}
    for key in ORDERS:
        # The largest backlog is what people look for first.
        first_descending = key == "backlog"
        turn = not descending if key == current else first_descending
        order = f"-{key}" if turn else key
        state = ("descending" if descending else "ascending") if key == current else ""
        columns[key] = {
            "url": "?" + urlencode({"o": order, **({"q": query} if query else {})}),
            "sort": state,
        }
    return columns

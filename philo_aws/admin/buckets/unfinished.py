"""Uploads that were begun and not ended: see them, and give them up."""

from __future__ import annotations

import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError, NotFoundError
from ...s3.web import browser_uploads
from ...s3.web.unfinished import list_unfinished
from ...sentences import localized
from ..base import Button
from ..numbers import grouped
from ..operations import OperationOutcome, OperationView
from ..posted import most_ticked
from ..text import visible
from .base import BucketView, pack, unpack
from .stepwise import named

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_SIZE = 100
YOUNG = datetime.timedelta(hours=1)
"""What was begun so short a time ago is probably still being sent."""


class UnfinishedView(BucketView):
    """The unfinished uploads of a folder and all below it, by one request to S3."""

    route = "<str:object_id>/unfinished/"
    about = "folder"
    permissions = ("list_objects", "upload_object")
    title = _("Unfinished uploads")
    buttons = (Button(at=("contents",), order=45),)
    template_name = "admin/philo_aws/bucket/unfinished.html"
    scripts = ("philo_aws/select.js",)

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        page = self.ask_aws(
            list_unfinished,
            self.bucket,
            prefix=self.folder,
            key_marker=self.parameter("after_key"),
            upload_id_marker=self.parameter("after_upload"),
            limit=most_ticked(PAGE_SIZE),
        )
        now = timezone.now()
        rows = [
            {
                "upload": upload,
                "value": f"{pack(upload.key)} {pack(upload.upload_id)}",
                "name": visible(upload.key[len(self.folder) :]) or visible(upload.key),
                "young": upload.begun is not None and now - upload.begun < YOUNG,
            }
            for upload in page.uploads
        ]
        more = {"after_key": page.next_key, "after_upload": page.next_upload_id}
        return self.render(
            rows=rows,
            give_up_url=self.link("give_up_uploads", prefix=self.folder),
            next_url=self.link("unfinished", prefix=self.folder, **more) if page.next_key else "",
        )


class GiveUpUploadsView(OperationView, BucketView):
    """Gives up the uploads that were selected, so that S3 deletes their parts."""

    route = "<str:object_id>/give-up-uploads/"
    about = "folder"
    permissions = ("list_objects", "upload_object")
    title = _("Give up uploads")
    submit_label = _("Give up")
    destructive = True

    @property
    def uploads(self) -> list[tuple[str, str]]:
        """The keys and ids that were selected, each once and no more than a page has."""
        values = dict.fromkeys(self.request.POST.getlist("select_upload"))
        pairs = [value.partition(" ") for value in values]
        found = [(unpack(key), unpack(upload_id)) for key, _space, upload_id in pairs]
        return [pair for pair in found if all(pair)][:PAGE_SIZE]

    def get_keys(self) -> Sequence[str | None]:
        # Each of them, and the folder whose page is shown afterwards.
        return [self.folder, *(key for key, _upload_id in self.uploads)]

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._nothing()

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(*args, **kwargs) if self.uploads else self._nothing()

    def get_summary(self) -> list[Any]:
        count = len(self.uploads)
        return [
            ngettext(
                "%(count)s unfinished upload is given up.",
                "%(count)s unfinished uploads are given up.",
                count,
            )
            % {"count": grouped(count)},
            _(
                "What was sent is deleted. Who is still sending has to begin anew. Objects that "
                "are there stay as they are."
            ),
        ]

    def get_items(self) -> list[str]:
        return [key for key, _upload_id in self.uploads]

    def get_hidden(self) -> dict[str, list[str]]:
        pairs = self.uploads
        return {"select_upload": [f"{pack(key)} {pack(upload_id)}" for key, upload_id in pairs]}

    def get_success_url(self) -> str:
        return self.link("unfinished", prefix=self.folder) or self.folder_url()

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        answers = self.ask_aws_together(
            {pair: partial(browser_uploads.abort, self.bucket, *pair) for pair in self.uploads}
        )
        # What ended meanwhile is no longer unfinished, which was wanted; nobody here did it.
        refused = {pair: error for pair, error in answers.items() if isinstance(error, AWSError)}
        failed = {
            pair: error for pair, error in refused.items() if not isinstance(error, NotFoundError)
        }
        done = [pair[0] for pair in answers if pair not in refused]
        unknown = [pair[0] for pair, error in failed.items() if error.may_be_done]
        gone = len(refused) - len(failed)
        if done:
            self.audit(f"Gave up {_count(done)}: {named(done)}.")
        if unknown:
            self.audit(
                f"Gave up, or not: AWS did not say whether it was done to {_count(unknown)}: "
                f"{named(unknown)}."
            )
        message = ngettext(
            "%(count)s unfinished upload was given up.",
            "%(count)s unfinished uploads were given up.",
            len(done),
        ) % {"count": grouped(len(done))}
        if gone:
            message += " " + ngettext(
                "%(count)s was not there any more.", "%(count)s were not there any more.", gone
            ) % {"count": grouped(gone)}
        if not failed:
            return OperationOutcome(message=message)
        reason = localized(next(iter(failed.values())).message)
        message += " " + ngettext(
            "%(count)s was not: %(reason)s", "%(count)s were not: %(reason)s", len(failed)
        ) % {"count": grouped(len(failed)), "reason": visible(reason)}
        return OperationOutcome(message=message, level=messages.WARNING)

    def _nothing(self) -> HttpResponse:
        messages.warning(self.request, gettext("Nothing was selected."))
        return HttpResponseRedirect(self.get_success_url())


def _count(keys: Sequence[str]) -> str:
    """Return how many uploads these are, for the history."""
    return f"{len(keys):,} unfinished upload{'' if len(keys) == 1 else 's'}"

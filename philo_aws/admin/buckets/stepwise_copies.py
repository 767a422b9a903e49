"""Copies of large objects, which go on from page to page until they are done or given up."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec

from django.contrib import messages
from django.core import signing
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from ...exceptions import AWSError
from ...s3.objects import partcopy
from ...s3.objects.partcopy import PartCopy
from ...s3.web.copysteps import Copier
from ...s3.web.steps import STEP_SECONDS
from ..numbers import binary_size
from ..operations import OperationOutcome, OperationView
from ..text import visible
from .base import BucketView, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...s3.objects.copying import Copy
    from ...s3.web.copysteps import CopyStep

P = ParamSpec("P")

SALT = "philo_aws.admin.partial"
STOP = "stop"


class PartialCopyView(OperationView, BucketView):
    """An operation that copies; a copy that was begun travels, signed, in the page's form."""

    permissions_at_target: ClassVar[tuple[str, ...]] = ("upload_object",)
    """What a person needs at the bucket that the copy goes to."""

    @cached_property
    def part(self) -> PartCopy | None:
        """The copy that a step before this one began."""
        text = self.request.POST.get("part", "")
        if not text:
            return None
        try:
            part = PartCopy(**signing.loads(text, salt=self.salt))
        except (signing.BadSignature, TypeError) as error:
            raise SuspiciousOperation("The copy that was begun is not one of this site.") from error
        if not self.is_own(part):
            raise SuspiciousOperation("The copy that was begun is another one.")
        return part

    def is_own(self, part: PartCopy) -> bool:
        """Say whether a copy can have been begun by this page."""
        return part.source_bucket == self.bucket

    def get_stop_name(self) -> str:
        return STOP if self.part else ""

    def get_hidden(self) -> Mapping[str, str | Sequence[str]]:
        return self.carry_part(self.part)

    def carry_part(self, part: PartCopy | None) -> dict[str, str]:
        """Return the hidden field that takes the copy to the next step."""
        if part is None:
            return {}
        return {"part": signing.dumps(dataclasses.asdict(part), salt=self.salt)}

    @property
    def salt(self) -> str:
        """What makes the signature one of this page and this person, and of no other."""
        return f"{SALT}:{self.route}:{self.request.user.pk}"

    def describe_part(self, step: CopyStep) -> str:
        """Return how far the copy is that was begun."""
        if step.part is None:
            return ""
        return _("“%(name)s”: %(done)s of %(total)s copied.") % {
            "name": name_of(step.part.source_key),
            "done": binary_size(step.part_bytes),
            "total": binary_size(step.part.size),
        }

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.part and STOP in self.request.POST:
            return self.stop(self.part)
        return super().post(*args, **kwargs)

    def stop(self, part: PartCopy) -> HttpResponse:
        """Give up what was begun, so that no parts of it are left to be paid for."""
        # The copy is signed, and not that it is the one of what was selected.
        self.require(set(self.permissions) - set(self.permissions_elsewhere), key=part.source_key)
        self.require(self.permissions_at_target, part.bucket, key=part.key)
        self.writing = True
        try:
            stopped = self.ask_aws(partcopy.abort, part)
        except AWSError as error:
            return self.ask(self.get_form(bound=True), error=error)
        name = name_of(part.source_key)
        if stopped:
            if not self.job.add(given_up=True):
                self.audit(f"Gave up copying {visible(part.source_key)!r}.")
            told = _("The copying of “%(name)s” was stopped. Nothing of it is left.")
        else:
            # The step before was still at it, and was faster.
            told = _("The copying of “%(name)s” had ended already.")
        messages.warning(self.request, told % {"name": name})
        return HttpResponseRedirect(self.get_success_url())


class RewriteView(PartialCopyView):
    """A change of one object that S3 makes by writing it anew, a large one step by step."""

    step_seconds: ClassVar[float] = STEP_SECONDS
    """How long a step begins anything new."""

    def is_own(self, part: PartCopy) -> bool:
        about = (part.source_bucket, part.source_key, part.bucket, part.key)
        return about == (self.bucket, self.key, self.bucket, self.key)

    def rewrite(
        self, prepared: Callable[P, Copy], *args: P.args, **kwargs: P.kwargs
    ) -> OperationOutcome | None:
        """Copy the object onto itself as ``prepared``, which is called as a service, says.

        Returns ``None`` when that is done, and the next step when there is more to do.
        """
        part = self.part
        copier = Copier(self.bucket, self.bucket, seconds=self.step_seconds)
        copy = None if part else self.ask_aws(prepared, *args, **kwargs)
        step = self.wait_for(copier.copy_one, copy, part)
        if step.refused:
            self.part = None
            raise next(iter(step.refused.values()))
        if step.part is None:
            return None
        fields = self.form_class.base_fields if self.form_class else ()
        carried = {name: self.request.POST.get(name, "") for name in (*fields, "seen")}
        return OperationOutcome(
            message=self.describe_part(step),
            carry=carried | self.carry_part(step.part),
            stop_name=STOP,
            progress=(step.part_bytes, step.part.size),
        )

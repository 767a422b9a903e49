"""Create a folder; change an object's properties and tags."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import ConflictError
from ...s3.objects.copying import prepare
from ...s3.objects.properties import HEADERS, head_object, state_of
from ...s3.objects.tags import get_object_tags, put_object_tags
from ...s3.web.content import create_folder
from ..base import Button
from ..operations import OperationOutcome, OperationView
from ..text import visible
from .base import BucketView, ObjectOperationView
from .forms import FolderForm, MetadataForm, TagsForm
from .stepwise_copies import RewriteView

if TYPE_CHECKING:
    from ...conf import Purpose
    from ...s3.objects.copying import Copy


class CreateFolderView(OperationView, BucketView):
    """Makes an empty folder."""

    route = "<str:object_id>/folder/"
    about = "folder"
    permissions = ("upload_object",)
    title = _("Create folder")
    buttons = (Button(at=("contents",), order=20),)
    submit_label = _("Create folder")
    form_class = FolderForm

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        folder = f"{self.folder}{data['name']}/"
        self.require(self.permissions, key=folder)
        self.ask_aws(create_folder, self.bucket, folder)
        return OperationOutcome(
            message=gettext("The folder “%(name)s” was created.") % {"name": visible(data["name"])},
            audit=f"Created folder {visible(folder)!r}.",
            url=self.folder_url(folder),
        )

    def get_success_url(self) -> str:
        return self.folder_url() or super().get_success_url()


class ObjectChangeView(ObjectOperationView):
    """A change of one object, as the person saw it: what was changed meanwhile is left alone."""

    permissions = ("change_object",)
    submit_label = _("Save")
    seen: str = ""
    """What the form was made from, by a few characters; it travels in the form."""

    def get_hidden(self) -> dict[str, Any]:
        seen = self.request.POST.get("seen", "") or self.seen
        return {**super().get_hidden(), "seen": seen}

    def check_seen(self, now: str) -> None:
        """Raise :exc:`~philo_aws.exceptions.ConflictError` unless it still is what was seen."""
        if self.request.POST.get("seen", "") != now:
            raise ConflictError(
                gettext(
                    "The object was changed by somebody else after this page was opened, so "
                    "nothing was saved. Open the page anew and look at it first."
                ),
                code="PreconditionFailed",
            )


class MetadataView(ObjectChangeView, RewriteView):
    """Changes headers, metadata and storage class, which S3 does by writing the object anew."""

    route = "<str:object_id>/metadata/"
    title = _("Edit properties")
    buttons = (Button(at=("object",), order=50),)
    form_class = MetadataForm
    permissions_at_target = ("change_object",)

    def get_initial(self) -> dict[str, Any]:
        head = self.ask_aws(head_object, self.bucket, self.key)
        self.seen = _short(state_of(head))
        return {
            **{name: head.get(name, "") for name in HEADERS},
            "metadata": dict(head.get("Metadata", {})),
            "storage_class": head.get("StorageClass", "STANDARD"),
        }

    def get_summary(self) -> list[Any]:
        return [
            _(
                "S3 writes the object anew: its date changes, a version is added where the bucket "
                "keeps them, and its access list (ACL) becomes the default again."
            )
        ]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        return self.rewrite(self.prepared, data) or OperationOutcome(
            message=gettext("The properties were saved."),
            audit=f"Changed the properties of {visible(self.key)!r}.",
        )

    def prepared(self, data: dict[str, Any], *, purpose: Purpose = "web") -> Copy:
        """Return the copy onto itself that writes the properties, of the object that was seen."""
        copy = prepare(
            self.bucket,
            self.key,
            self.bucket,
            self.key,
            headers={name: data[name] for name in HEADERS},
            metadata=data["metadata"],
            storage_class=data["storage_class"],
            purpose=purpose,
        )
        self.check_seen(_short(state_of(copy.head)))
        return copy


class TagsView(ObjectChangeView):
    """Changes an object's tags."""

    route = "<str:object_id>/tags/"
    title = _("Edit tags")
    buttons = (Button(at=("object",), order=60),)
    form_class = TagsForm

    def get_initial(self) -> dict[str, Any]:
        tags = self.ask_aws(get_object_tags, self.bucket, self.key)
        self.seen = _short(json.dumps(tags, sort_keys=True))
        return {"tags": tags}

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        # S3 has no condition for tags: what is changed after this is not noticed.
        tags = self.ask_aws(get_object_tags, self.bucket, self.key)
        self.check_seen(_short(json.dumps(tags, sort_keys=True)))
        self.ask_aws(put_object_tags, self.bucket, self.key, data["tags"])
        return OperationOutcome(
            message=gettext("The tags were saved."),
            audit=f"Changed the tags of {visible(self.key)!r}.",
        )


def _short(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()[:32]

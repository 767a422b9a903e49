"""The page of one object."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError, ObjectNotFoundError
from ...s3.listing.versions import VersionPage, list_versions
from ...s3.objects.properties import CHECKSUMS, head_object
from ...s3.objects.tags import get_object_tags
from ..text import visible
from .base import BucketView, name_of
from .preview import Preview, make_preview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpResponse

    from ...conf import Purpose
    from ..base import Place

VERSIONS_SHOWN = 50
_HEADER_LABELS = {
    "ContentType": _("Content type"),
    "CacheControl": _("Cache control"),
    "ContentDisposition": _("Content disposition"),
    "ContentEncoding": _("Content encoding"),
    "ContentLanguage": _("Content language"),
}


class ObjectView(BucketView):
    """An object: properties, tags, versions and a preview, by at most four requests."""

    route = "<str:object_id>/object/"
    about = "key"
    permissions = ("list_objects",)
    template_name = "admin/philo_aws/bucket/object.html"
    scripts = ("philo_aws/copy.js", "philo_aws/player.js")

    def get_title(self) -> str:
        return name_of(self.key)

    def is_page_of_target(self) -> bool:
        return True

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        if self.version:
            return {"version": {"key": self.key, "version": self.version}}
        return {"object": {"key": self.key}}

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        version = self.version or None
        try:
            head = self.ask_aws(head_object, self.bucket, self.key, version_id=version)
        except ObjectNotFoundError as error:
            return self.render_missing(error)
        may_read = self.model_admin.may(self.request, ("download_object",), self.obj, key=self.key)
        questions: dict[str, Callable[..., Any]] = {
            "tags": partial(get_object_tags, self.bucket, self.key, version_id=version),
            "versions": self._list_versions,
        }
        if may_read:
            questions["preview"] = partial(
                make_preview,
                self.bucket,
                self.key,
                head,
                version=self.version,
                part=self.parameter("part"),
                as_text=self.parameter("as") == "text",
            )
        found = self.ask_aws_together(questions)
        errors = {name: value for name, value in found.items() if isinstance(value, AWSError)}
        answers: dict[str, Any] = {
            name: value for name, value in found.items() if name not in errors
        }
        query = {"key": self.key, "version": self.version}
        preview: Preview = answers.get("preview") or Preview(kind="none")
        return self.render(
            head=head,
            facts=self.get_facts(head),
            metadata=sorted(dict(head.get("Metadata", {})).items()),
            tags=sorted((answers.get("tags") or {}).items()),
            versions=self._rows(answers.get("versions")),
            more_versions=bool((answers.get("versions") or VersionPage()).next_key == self.key),
            preview=preview,
            preview_url=self.link("preview", key=self.key, version=self.version),
            parts={
                part: self.link("object", **query, **{"as": self.parameter("as")}, part=part)
                for part in ("start", "end")
            },
            text_url=self.link("object", **query, **{"as": "text"}),
            is_asked_as_text=self.parameter("as") == "text",
            may_read=may_read,
            errors=errors,
        )

    def render_missing(self, error: AWSError) -> HttpResponse:
        """Return the page of an object that is not there, or is deleted with versions left."""
        versions = self._rows(self.ask_aws(self._list_versions))
        return self.render(
            "admin/philo_aws/bucket/missing.html",
            error=error,
            versions=versions,
            tools=[],
            folder_url=self.link("change", prefix=f"{self.key}/"),
        )

    def get_facts(self, head: Mapping[str, Any]) -> list[tuple[Any, Any]]:
        """Return what AWS keeps about the object, as labels and values."""
        facts: list[tuple[Any, Any]] = [
            (label, visible(str(head[name])))
            for name, label in _HEADER_LABELS.items()
            if head.get(name)
        ]
        facts.append((_("Storage class"), head.get("StorageClass", "STANDARD")))
        facts.append(("ETag", head.get("ETag", "").strip('"')))
        facts += [(name.removeprefix("Checksum"), head[name]) for name in CHECKSUMS if name in head]
        for name, label in (
            ("VersionId", _("Version")),
            ("ServerSideEncryption", _("Encryption")),
            ("Restore", _("Restore from archive")),
            ("ReplicationStatus", _("Replication")),
            ("ObjectLockMode", _("Lock")),
            ("ObjectLockRetainUntilDate", _("Locked until")),
            ("WebsiteRedirectLocation", _("Website redirect")),
        ):
            if head.get(name):
                facts.append((label, visible(str(head[name]))))
        return facts

    def _list_versions(self, *, purpose: Purpose = "web") -> VersionPage:
        return list_versions(
            self.bucket, prefix=self.key, delimiter="", limit=VERSIONS_SHOWN, purpose=purpose
        )

    def _rows(self, page: VersionPage | None) -> list[dict[str, Any]]:
        rows = []
        for version in (page or VersionPage()).versions:
            # A listing by prefix also finds the versions of longer keys.
            if version.key != self.key or version.version_id == "null":
                continue
            query = {"key": self.key, "version": version.version_id}
            marks_deleted = version.is_delete_marker and version.is_latest
            restorable = version.is_latest == version.is_delete_marker
            rows.append(
                {
                    "version": version,
                    "url": "" if version.is_delete_marker else self.link("object", **query),
                    "restore_url": self.link("restore", **query) if restorable else "",
                    # Deleting the newest marker is undeleting, which has its own permission.
                    "delete_url": "" if marks_deleted else self.link("delete_version", **query),
                }
            )
        return rows

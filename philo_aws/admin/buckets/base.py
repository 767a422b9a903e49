"""What the pages about a bucket share: the key and prefix of the query, and the way there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from django.core.exceptions import PermissionDenied

from ...s3.objects.presigning import presign
from ...s3.request.addresses import format_address
from ..addresses import pack, read_parameter, unpack
from ..base import AWSView, Crumb
from ..operations import OperationView
from ..text import visible

if TYPE_CHECKING:
    from ...s3.objects.presigning import PresignedURL

__all__ = [
    "BucketView",
    "ObjectOperationView",
    "ancestors_of",
    "folder_of",
    "name_of",
    "pack",
    "parent_of",
    "unpack",
]

LINK_SECONDS = 300
"""How long a browser has to begin what a page sends it to S3 for."""
MOST_CRUMBS = 18
"""Folders of the breadcrumbs; those between the first and the last are left out."""


About = Literal["bucket", "prefix", "folder", "key", "selection", "body"]


class BucketView(AWSView):
    """A page about a bucket, a folder (``?prefix=``) or an object (``?key=``) of it."""

    about: ClassVar[About] = "bucket"
    """What the person must be allowed to come to, before the page answers: the whole
    ``"bucket"``; what the query names, a ``"prefix"`` or a ``"key"``; the ``"folder"`` of that
    (:attr:`folder`), in which something is made; all of a ``"selection"``. Where it is named in
    the ``"body"`` of the request, the page asks by itself (:meth:`require`), before anything."""

    def get_keys(self) -> Sequence[str | None]:
        return (self.key_of({"key": self.key, "prefix": self.prefix}),)

    @classmethod
    def key_of(cls, query: Mapping[str, Any]) -> str | None:
        if cls.about == "body":
            return None
        key, prefix = str(query.get("key") or ""), str(query.get("prefix") or "")
        if cls.about == "selection":
            return unpack(str(query.get("select_folder") or "")) or key or prefix
        if cls.about == "folder":
            return folder_of(key, prefix)
        return {"key": key, "prefix": prefix}.get(cls.about, "")

    def require(
        self, codenames: Iterable[str], bucket: str | None = None, *, key: str | None = ""
    ) -> None:
        """Raise ``PermissionDenied`` unless the person may do this there too.

        ``bucket`` is that of the page where none is given; ``key`` as for
        :meth:`~philo_aws.admin.model_admin.AWSAdmin.may`.
        """
        obj = self.obj if bucket is None else self.model_admin.model(pk=bucket)
        if not self.model_admin.may(self.request, codenames, obj, key=key):
            raise PermissionDenied

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return str(self.obj.name)

    @property
    def prefix(self) -> str:
        """The folder, as a prefix; empty for the whole bucket."""
        return self.parameter("prefix")

    @property
    def key(self) -> str:
        """The object's key."""
        return self.parameter("key")

    @property
    def version(self) -> str:
        """The object's version; empty for the newest."""
        return self.parameter("version")

    def parameter(self, name: str) -> str:
        """Return a value of the query string, which the address keeps while forms are sent.

        Keys are not read from form fields: browsers turn a line feed there into two characters.
        """
        return read_parameter(self.request.GET, name)

    @property
    def folder(self) -> str:
        """The folder that this page's object or prefix lies in."""
        return folder_of(self.key, self.prefix)

    def folder_url(self, prefix: str | None = None) -> str:
        """Return the address of the page of a folder; default the one that this page is about."""
        return self.link("change", prefix=self.folder if prefix is None else prefix)

    def presigned(
        self,
        *,
        content_disposition: str,
        content_type: str | None = None,
        expires_in: int = LINK_SECONDS,
    ) -> PresignedURL:
        """Return a link to this page's object, in its version where the query names one."""
        return self.ask_aws(
            presign,
            self.bucket,
            self.key,
            expires_in=expires_in,
            version_id=self.version or None,
            content_type=content_type,
            content_disposition=content_disposition,
        )

    def get_breadcrumbs(self) -> list[Crumb]:
        crumbs = super().get_breadcrumbs()
        trail = [(prefix, "change", "prefix") for prefix in ancestors_of(self.folder)]
        if self.key:
            trail.append((self.key, "object", "key"))
        if self.is_page_of_target():
            trail = trail[:-1]
        if len(trail) > MOST_CRUMBS:
            # A key of 1,024 bytes can have 512 folders.
            first = trail[: MOST_CRUMBS // 3]
            rest = trail[len(first) - MOST_CRUMBS :]
            trail = [*first, ("", "", ""), *rest]
        for text, view_name, name in trail:
            if not view_name:
                crumbs.append(Crumb(label="…"))
                continue
            url = self.link(view_name, **{name: text})
            crumbs.append(Crumb(label=name_of(text), url=url))
        return crumbs

    def is_page_of_target(self) -> bool:
        """Say whether this is the page of the folder or object itself, whose title is its name."""
        return False

    def get_context(self, **context: Any) -> dict[str, Any]:
        return super().get_context(
            **{
                "prefix": self.prefix,
                "key": self.key,
                "address": format_address(self.bucket, self.key or self.prefix) if self.obj else "",
                **context,
            }
        )


class ObjectOperationView(OperationView, BucketView):
    """An operation on one object, after which the object's page is shown."""

    about = "key"

    def get_subjects(self) -> Sequence[str]:
        return [self.key]

    def get_success_url(self) -> str:
        return self.link("object", key=self.key) or super().get_success_url()


def parent_of(key: str) -> str:
    """Return the prefix that a key or a prefix lies in; empty at the top."""
    head, slash, _tail = key.removesuffix("/").rpartition("/")
    return head + slash


def folder_of(key: str, prefix: str) -> str:
    """Return the folder that a key, or else a prefix, lies in."""
    if key:
        return parent_of(key)
    return prefix if prefix.endswith("/") else parent_of(prefix)


def name_of(key: str) -> str:
    """Return the last part of a key or prefix, a prefix with its slash, fit to read."""
    return visible(key[len(parent_of(key)) :]) or "/"


def ancestors_of(prefix: str) -> Sequence[str]:
    """Return every folder on the way to ``prefix``, itself included: ``a/``, ``a/b/``."""
    found: list[str] = []
    position = prefix.find("/")
    while position != -1:
        found.append(prefix[: position + 1])
        position = prefix.find("/", position + 1)
    return found

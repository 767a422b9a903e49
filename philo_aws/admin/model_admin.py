"""The model admin of buckets and of queues: a table of pages, and who may see which.

A page says itself which permissions it needs and where its buttons are, so a new one is its class,
its template, and its line in the table; a permission of its own is one of the model, from which
:func:`asks_permissions` makes the hook.

An admin is a table of pages, ``{url name: view class}``; a subclass hides or replaces one by
changing the table::

    class MyBucketAdmin(BucketAdmin):
        views = {name: view for name, view in BucketAdmin.views.items() if name != "share"}

        def has_bucket_permission(self, request, bucket, action, *, key=""):
            allowed = super().has_bucket_permission(request, bucket, action, key=key)
            return allowed and bucket in ("media", "reports")

        def has_delete_object_permission(self, request, obj=None):
            allowed = super().has_delete_object_permission(request, obj)
            return allowed and not (obj and obj.name.startswith("prod-"))

Every page about a bucket or a queue first asks one hook for each permission that it names,
``has_bucket_permission(request, bucket, action, key=…)`` or ``has_queue_permission(request, queue,
action)``. Unless they are overridden these ask three things: :meth:`AWSAdmin.has_access`, the rules
of ``AWS["access"]``, and ``has_<codename>_permission(request, obj)``, where ``obj`` is an unsaved
model instance of which only ``name`` is known, or ``None`` for "any at all". What a person may not
do has no link (the view's ``link()`` is empty) and answers 403.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.views.generic import RedirectView

from ..access import Access, access_of
from ..arguments import one_of
from ..conf import FaultySettingError, get_config
from .addresses import query_string
from .entries import shown_entry
from .posted import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from django.db import models
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from .base import AWSView

    ModelAdmin = admin.ModelAdmin[models.Model]
else:
    ModelAdmin = admin.ModelAdmin


A = TypeVar("A", bound="type[AWSAdmin]")

WORDS = ("add", "change", "delete", "view")
"""The permissions that Django names itself, which end in the name of the model."""
_CACHE = "_philo_aws_access"


def asks_permissions(model: type[models.Model]) -> Callable[[A], A]:
    """Give an admin ``has_<codename>_permission(request, obj=None)`` for what is the model's own.

    They are methods of the class that is decorated, so that a site overrides them and calls
    ``super()``. They come from the model and not from the pages, which are not imported before one
    of them is asked for.
    """

    def give(admin_class: A) -> A:
        # Django documents it, underscore and all.
        for codename, sentence in model._meta.permissions:  # noqa: SLF001
            name = f"has_{codename}_permission"
            if name not in vars(admin_class):
                setattr(admin_class, name, _hook(name, codename, sentence))
        return admin_class

    return give


def _hook(name: str, codename: str, sentence: str) -> Callable[[AWSAdmin, HttpRequest, Any], bool]:
    def hook(self: AWSAdmin, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_codename(request, codename)

    hook.__name__ = hook.__qualname__ = name
    hook.__doc__ = f"Say whether the person has the permission “{sentence}”."
    return hook


class AWSAdmin(ModelAdmin):
    """A model admin whose pages are :attr:`views` and whose objects are only names."""

    views: ClassVar[Mapping[str, type[AWSView]]] = {}
    """The pages, by the last part of their URL name: ``admin:philo_aws_bucket_<name>``."""
    actions = None

    @property
    def media(self) -> forms.Media:
        """The style sheets of every page; a page adds its own scripts."""
        sheets = ["admin/css/forms.css", "philo_aws/themes.css", "philo_aws/admin.css"]
        return forms.Media(css={"all": sheets})

    def get_views(self) -> Mapping[str, type[AWSView]]:
        """Return the pages of this admin; override to decide at run time."""
        return self.views

    def get_urls(self) -> list[URLPattern]:
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        urls = [
            path(
                view.route,
                self._wrapped(bounded(view.as_view(model_admin=self))),
                name=f"{prefix}_{name}",
            )
            for name, view in self.get_views().items()
        ]
        history = self._wrapped(self.history_view)
        urls.append(path("<path:object_id>/history/", history, name=f"{prefix}_history"))
        if "change" in self.get_views():
            to_change = RedirectView.as_view(pattern_name=f"{self.admin_site.name}:{prefix}_change")
            urls.append(path("<str:object_id>/", self._wrapped(to_change)))
        return urls

    def url(self, view_name: str, obj: models.Model | None = None, **query: Any) -> str:
        """Return the address of a page, or an empty string where this admin does not have it.

        ``query`` becomes the query string; empty values are left out, long ones shortened by
        :mod:`~philo_aws.admin.addresses`.
        """
        name = f"{self.opts.app_label}_{self.opts.model_name}_{view_name}"
        arguments = [quote(obj.pk)] if obj is not None else []
        try:
            found = reverse(f"admin:{name}", args=arguments, current_app=self.admin_site.name)
        except NoReverseMatch:
            return ""
        given = query_string(query)
        return f"{found}?{given}" if given else found

    def may(
        self,
        request: HttpRequest,
        codenames: Iterable[str],
        obj: models.Model | None = None,
        *,
        key: str | None = "",
    ) -> bool:
        """Say whether the person may do all of this with a bucket or queue, or with any at all.

        ``key`` is an object of a bucket, or a prefix for all below it, so that ``""`` is the whole
        bucket; ``None`` asks whether it may be done anywhere in it. Who names no permission asks
        for ``view``.
        """
        asked = tuple(codenames) or ("view",)
        if obj is None:
            return all(
                self.is_open_anywhere(request, self.action_of(codename))
                and self.has_codename_hook(request, codename, None)
                for codename in asked
            )
        return all(
            self.is_permitted(request, obj, self.action_of(codename), key) for codename in asked
        )

    def is_permitted(
        self, request: HttpRequest, obj: models.Model, action: str, key: str | None
    ) -> bool:
        """Ask the hook of this admin, which is about buckets or about queues."""
        raise NotImplementedError

    def is_open_anywhere(self, request: HttpRequest, action: str) -> bool:
        """Say whether ``AWS["access"]`` opens an action anywhere to the person."""
        raise NotImplementedError

    def decide(
        self, request: HttpRequest, obj: models.Model, action: str, *, is_open: bool
    ) -> bool:
        """Return what the hooks answer by default, where the rules have been looked at."""
        return (
            is_open
            and self.has_access(request, obj)
            and self.has_codename_hook(request, self.codename_of(action), obj)
        )

    def action_of(self, codename: str) -> str:
        """Return a permission by its whole codename: ``view`` is ``view_bucket``."""
        return f"{codename}_{self.opts.model_name}" if codename in WORDS else codename

    def codename_of(self, action: str) -> str:
        """Return what a permission is called in the name of its hook: ``view_bucket`` is ``view``.

        Raises :exc:`~philo_aws.exceptions.UsageError` for what is no permission of this model.
        """
        codenames = {self.action_of(word): word for word in WORDS}
        codenames |= {codename: codename for codename, _sentence in self.opts.permissions}
        return codenames[one_of("action", action, codenames)]

    def has_codename_hook(
        self, request: HttpRequest, codename: str, obj: models.Model | None
    ) -> bool:
        """Ask ``has_<codename>_permission``."""
        hook = getattr(self, f"has_{codename}_permission")
        # Django's hook for "add" is the one that is not about an object.
        return bool(hook(request) if codename == "add" else hook(request, obj))

    def get_access(self, request: HttpRequest) -> Access:
        """Return what ``AWS["access"]`` opens to the person; groups are asked for once a request.

        Superusers need no rule.
        """
        user: Any = request.user
        if user.is_active and user.is_superuser:
            return Access()
        try:
            rules = get_config().access
        except FaultySettingError:
            # The page will say so; what the rules say nobody knows.
            value = settings.AWS
            rules = () if isinstance(value, Mapping) and value.get("access") is not None else None
        if rules is None:
            return Access()
        known: dict[Any, Access] = request.__dict__.setdefault(_CACHE, {})
        # One for buckets and queues, where both have the same groups.
        asked = (type(self).get_groups, user.pk, rules)
        if asked not in known:
            known[asked] = access_of(rules, self.get_groups(request))
        return known[asked]

    def get_groups(self, request: HttpRequest) -> Collection[str]:
        """Return the names of the person's groups, as the rules of ``AWS["access"]`` have them.

        Override it where a site's groups are not those of Django.
        """
        groups: Any = getattr(request.user, "groups", None)
        return () if groups is None else frozenset(groups.values_list("name", flat=True))

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Return what the admin's index asks for: nothing where nothing is open."""
        return {
            word: allowed and self.is_open_anywhere(request, self.action_of(word))
            for word, allowed in super().get_model_perms(request).items()
        }

    def has_access(self, request: HttpRequest, obj: models.Model) -> bool:
        """Say whether this bucket or queue is there for the person at all.

        Asked by every page, script's request, list and link about it, and of every destination,
        with every permission; override it to hide some. ``obj.name`` is the name of the address,
        which for a bucket may also be the ARN or the alias of an access point: name what is open,
        not what is hidden. By default it is what :meth:`has_view_permission` says, where that was
        overridden.
        """
        if type(self).has_view_permission is AWSAdmin.has_view_permission:
            return True
        return self.has_view_permission(request, obj)

    def has_codename(self, request: HttpRequest, codename: str) -> bool:
        """Say whether the person has a permission of this app; what every hook does by default."""
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def audit(
        self, request: HttpRequest, obj: models.Model, message: str, *, flag: int = CHANGE
    ) -> int | None:
        """Write an entry of the admin's history; never give it a body or a secret.

        Returns the number of the entry of a change.
        """
        if flag == DELETION:
            self.log_deletions(request, [obj])  # type: ignore[arg-type]
        elif flag == ADDITION:
            self.log_addition(request, obj, message)
        else:
            # A site's own may return nothing.
            return getattr(self.log_change(request, obj, message), "pk", None)
        return None

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> models.Model:
        """Return the name as an instance; whether AWS has it is found out by the page."""
        if not object_id.isprintable():
            # No name has such characters, and not every database can be asked for them.
            raise Http404
        return self.model(pk=object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # It tells of all that is in it, also to who sees only a folder.
        if not self.may(request, ("view",), self.get_object(request, unquote(object_id))):
            raise PermissionDenied
        context = {"media": self.media, **(extra_context or {})}
        response = super().history_view(request, object_id, context)
        for entry in (getattr(response, "context_data", None) or {}).get("action_list", ()):
            entry.change_message = shown_entry(entry.get_change_message())
        return response

    def _wrapped(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        wrapped = self.admin_site.admin_view(view)
        wrapped.model_admin = self  # type: ignore[attr-defined]
        return wrapped

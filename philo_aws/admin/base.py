"""What the bucket and the queue pages share: the model admin and the view every page is made of.

An admin is a table of pages, ``{url name: view class}``; a subclass hides or replaces one by
changing the table::

    class MyBucketAdmin(BucketAdmin):
        views = {name: view for name, view in BucketAdmin.views.items() if name != "share"}

        def has_delete_object_permission(self, request, obj=None):
            allowed = super().has_delete_object_permission(request, obj)
            return allowed and not (obj and obj.name.startswith("prod-"))

Every page names the permissions it needs; each is asked by ``has_<codename>_permission(request,
obj)``, where ``obj`` is an unsaved model instance of which only ``name`` is known, or ``None`` for
"any at all". What a person may not do has no link (:meth:`AWSView.link` is empty) and answers 403.

Pages that write are in ``operations.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView, View

from ..exceptions import AWSError
from .navigation import Crumb, Tool
from .text import visible
from .waiting import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from django.db import models
    from django.http.response import HttpResponseBase
    from django.utils.functional import _StrPromise as StrPromise

    ModelAdmin = admin.ModelAdmin[models.Model]
else:
    ModelAdmin = admin.ModelAdmin

__all__ = ["AWSAdmin", "AWSView", "Crumb", "Tool"]

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")


class AWSAdmin(ModelAdmin):
    """A model admin whose pages are :attr:`views` and whose objects are only names."""

    views: ClassVar[Mapping[str, type[AWSView]]] = {}
    """The pages, by the last part of their URL name: ``admin:philo_aws_bucket_<name>``."""
    actions = None

    @property
    def media(self) -> forms.Media:
        """The style sheet of every page; a page adds its own scripts."""
        return forms.Media(css={"all": ["admin/css/forms.css", "philo_aws/admin.css"]})

    def get_views(self) -> Mapping[str, type[AWSView]]:
        """Return the pages of this admin; override to decide at run time."""
        return self.views

    def get_urls(self) -> list[URLPattern]:
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        urls = [
            path(
                view.route,
                self._wrapped(view.as_view(model_admin=self)),
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

        ``query`` becomes the query string; empty values are left out.
        """
        name = f"{self.opts.app_label}_{self.opts.model_name}_{view_name}"
        arguments = [quote(obj.pk)] if obj is not None else []
        try:
            found = reverse(f"admin:{name}", args=arguments, current_app=self.admin_site.name)
        except NoReverseMatch:
            return ""
        given = {key: value for key, value in query.items() if value not in (None, "")}
        return f"{found}?{urlencode(given, doseq=True)}" if given else found

    def may(
        self, request: HttpRequest, codenames: Iterable[str], obj: models.Model | None = None
    ) -> bool:
        """Say whether every ``has_<codename>_permission`` hook agrees."""
        # Django's hook for "add" is the one that is not about an object.
        return all(
            getattr(self, f"has_{codename}_permission")(
                request, *([] if codename == "add" else [obj])
            )
            for codename in codenames
        )

    def has_codename(self, request: HttpRequest, codename: str) -> bool:
        """Say whether the person has a permission of this app; what every hook does by default."""
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def audit(
        self, request: HttpRequest, obj: models.Model, message: str, *, flag: int = CHANGE
    ) -> None:
        """Write an entry of the admin's history; never give it a body or a secret."""
        if flag == DELETION:
            self.log_deletions(request, [obj])  # type: ignore[arg-type]
        elif flag == ADDITION:
            self.log_addition(request, obj, message)
        else:
            self.log_change(request, obj, message)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> models.Model:
        """Return the name as an instance; whether AWS has it is found out by the page."""
        return self.model(pk=object_id)

    def _wrapped(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        wrapped = self.admin_site.admin_view(view)
        wrapped.model_admin = self  # type: ignore[attr-defined]
        return wrapped


class AWSView(View):
    """One page: its route, what it needs, its title and its template.

    Subclasses write ``get`` and/or ``post`` and return ``self.render(**context)`` or
    ``self.json(…)``. An :class:`~philo_aws.exceptions.AWSError` that leaves them becomes a page in
    the admin's style with status 200, or JSON with status 502 where :attr:`answers_json`.
    """

    route: ClassVar[str] = ""
    """The URL below the admin's; ``<str:object_id>`` stands for the quoted name."""
    permissions: ClassVar[tuple[str, ...]] = ("view",)
    """The codenames needed; the four of Django's are ``add``, ``change``, ``delete``, ``view``."""
    title: ClassVar[str | StrPromise] = ""
    """The heading, and the last of the breadcrumbs."""
    template_name: ClassVar[str] = ""
    """The template; extend ``admin/philo_aws/base.html``."""
    scripts: ClassVar[tuple[str, ...]] = ()
    """Static paths of the scripts that make the page nicer; it must work without them."""
    answers_json: ClassVar[bool] = False
    """Whether scripts ask, not people."""

    model_admin: AWSAdmin = None  # type: ignore[assignment]
    obj: Any = None
    """The bucket or queue of the URL, or ``None`` on pages about all of them."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.patience = Patience()
        object_id = kwargs.get("object_id")
        if object_id is not None:
            self.obj = self.model_admin.get_object(request, unquote(object_id))

    @classmethod
    def permitted(
        cls, model_admin: AWSAdmin, request: HttpRequest, obj: models.Model | None
    ) -> bool:
        """Say whether the person may see this page; asked before it answers or is linked."""
        return model_admin.may(request, cls.permissions, obj)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.permitted(self.model_admin, request, self.obj):
            raise PermissionDenied
        try:
            return super().dispatch(request, *args, **kwargs)
        except AWSError as error:
            return self.render_error(error)

    # AWS

    def ask_aws(self, function: Callable[[], T]) -> T:
        """Make one call; raises its error, or that AWS took too long for a page."""
        return self.patience.call(function)

    def ask_aws_together(self, calls: Mapping[K, Callable[[], T]]) -> dict[K, T | AWSError]:
        """Make calls side by side; each has its value or its error."""
        return self.patience.together(calls)

    # Addresses

    def link(self, view_name: str, obj: Any = None, **query: object) -> str:
        """Return the address of a page of this admin, about ``obj`` or this page's own object.

        Empty where the page was taken away or the person may not see it, so that templates can
        write ``{% if … %}``.
        """
        view = self.model_admin.get_views().get(view_name)
        target = obj or self.obj
        if view is None or not view.permitted(self.model_admin, self.request, target):
            return ""
        about = target if "<" in view.route else None
        return self.model_admin.url(view_name, about, **query)

    def tool(
        self, label: str | StrPromise, view_name: str, kind: str = "", **query: object
    ) -> list[Tool]:
        """Return a list of one button, or of none where :meth:`link` is empty."""
        url = self.link(view_name, **query)
        return [Tool(label=label, url=url, kind=kind)] if url else []

    # What the page shows

    def get_title(self) -> str | StrPromise:
        """Return the heading."""
        return self.title

    def get_tools(self) -> list[Tool]:
        """Return the buttons at the top."""
        return []

    def get_breadcrumbs(self) -> list[Crumb]:
        """Return the steps above this page; the page itself, by its title, is added after them."""
        opts = self.model_admin.opts
        site = self.model_admin.admin_site.name
        crumbs = [
            Crumb(label=_("Home"), url=reverse("admin:index", current_app=site)),
            Crumb(
                label=opts.app_config.verbose_name,
                url=reverse("admin:app_list", args=[opts.app_label], current_app=site),
            ),
        ]
        if type(self) is not self.model_admin.get_views().get("changelist"):
            crumbs.append(
                Crumb(label=capfirst(str(opts.verbose_name_plural)), url=self.link("changelist"))
            )
        if self.obj is not None and not self.is_page_of_object():
            crumbs.append(Crumb(label=visible(str(self.obj)), url=self.link("change")))
        return crumbs

    def is_page_of_object(self) -> bool:
        """Say whether this is the bucket's or queue's own page, which its breadcrumb leads to."""
        return type(self) is self.model_admin.get_views().get("change")

    def get_media(self) -> forms.Media:
        """Return the admin's style sheet and this page's scripts."""
        scripts: list[Any] = [Script(script, defer=True) for script in self.scripts]
        return self.model_admin.media + forms.Media(js=scripts)

    def get_context(self, **context: Any) -> dict[str, Any]:
        """Return what every template of this package gets, and ``context``."""
        title: Any = context.pop("title", "") or self.get_title()
        return {
            **self.model_admin.admin_site.each_context(self.request),
            "title": title,
            "crumbs": [*self.get_breadcrumbs(), Crumb(label=title)],
            "tools": self.get_tools(),
            "opts": self.model_admin.opts,
            "media": self.get_media(),
            "obj": self.obj,
            "view": self,
            # change_list.html writes an inline <style> without it.
            "actions_on_top": True,
            **context,
        }

    # Answers

    def render(self, template_name: str = "", *, status: int = 200, **context: Any) -> HttpResponse:
        """Return the page."""
        self.request.current_app = self.model_admin.admin_site.name
        return TemplateResponse(
            self.request,
            template_name or self.template_name,
            self.get_context(**context),
            status=status,
        )

    def json(self, data: Mapping[str, Any], *, status: int = 200) -> JsonResponse:
        """Return JSON for a script."""
        return JsonResponse(dict(data), status=status)

    def render_error(self, error: AWSError) -> HttpResponse:
        """Return the page, or the JSON, that says what AWS refused."""
        if self.answers_json:
            return self.json({"error": error.message, "code": error.code}, status=502)
        return self.render("admin/philo_aws/error.html", error=error, tools=[])

    def audit(self, message: str, *, flag: int = CHANGE) -> None:
        """Write into the history of this page's bucket or queue."""
        self.model_admin.audit(self.request, self.obj, message, flag=flag)

"""The view that every page about buckets and queues is made of.

Pages that write are in ``operations.py``; what the pages belong to is in ``model_admin.py``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

from django import forms
from django.contrib.admin.models import CHANGE
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from ..conf import FaultySettingError
from ..exceptions import AWSError
from ..sentences import localized
from .navigation import Button, Crumb, Place, Tool
from .text import visible
from .waiting import PagePatience

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from django.db import models
    from django.http.response import HttpResponseBase
    from django.utils.functional import _StrPromise as StrPromise

    from .model_admin import AWSAdmin

__all__ = ["AWSView", "Button", "Crumb", "Place", "Tool"]

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K", bound="Hashable")

HISTORY_ORDER = 80
"""Where the button to the history stands among the others."""


class AWSView(View):
    """One page: its route, what it needs, where its buttons are, its title and its template.

    Subclasses write ``get`` and/or ``post`` and return ``self.render(**context)`` or
    ``self.json(…)``. An :class:`~philo_aws.exceptions.AWSError` that leaves them becomes a page in
    the admin's style with status 200, or JSON with status 502 where :attr:`answers_json`; a faulty
    ``settings.AWS`` becomes the same with status 500.
    """

    route: ClassVar[str] = ""
    """The URL below the admin's; ``<str:object_id>`` stands for the quoted name."""
    permissions: ClassVar[tuple[str, ...]] = ("view",)
    """The codenames needed; the four of Django's are ``add``, ``change``, ``delete``, ``view``."""
    permissions_elsewhere: ClassVar[tuple[str, ...]] = ()
    """Those of them that are needed where the page writes to, which its form names: the page asks
    for them there, by itself. Before that they need only be open anywhere."""
    title: ClassVar[str | StrPromise] = ""
    """The heading, and the last of the breadcrumbs."""
    buttons: ClassVar[tuple[Button, ...]] = ()
    """The ways to it: pages show them, to those who may see this page, by :meth:`get_places`."""
    leads_to_history: ClassVar[bool] = False
    """Whether it has the button to the history of its bucket or queue, which is Django's page."""
    template_name: ClassVar[str] = ""
    """The template; extend ``admin/philo_aws/base.html``."""
    scripts: ClassVar[tuple[str, ...]] = ()
    """Static paths of the scripts that make the page nicer; it must work without them."""
    answers_json: ClassVar[bool] = False
    """Whether scripts ask, not people."""

    model_admin: AWSAdmin = None  # type: ignore[assignment]
    obj: Any = None
    """The bucket or queue of the URL, or ``None`` on pages about all of them."""
    writing: bool = False
    """Whether what is asked of AWS now changes something."""
    breadcrumbs_shown: bool = False
    """Whether the template has shown them already, where the theme wants them."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.patience = PagePatience()
        object_id = kwargs.get("object_id")
        if object_id is not None:
            self.obj = self.model_admin.get_object(request, unquote(object_id))

    @classmethod
    def permitted(
        cls,
        model_admin: AWSAdmin,
        request: HttpRequest,
        obj: models.Model | None,
        key: str | None = "",
    ) -> bool:
        """Say whether the person may see this page; asked before it answers or is linked.

        ``key`` is one of what :meth:`get_keys` returns.
        """
        elsewhere = cls.permissions_elsewhere
        here = [codename for codename in cls.permissions if codename not in elsewhere]
        return model_admin.may(request, here, obj, key=key) and (
            not elsewhere or model_admin.may(request, elsewhere)
        )

    def get_keys(self) -> Sequence[str | None]:
        """Return the keys and prefixes in a bucket that the page is about; ``""`` is all of it."""
        return ("",)

    @classmethod
    def key_of(cls, query: Mapping[str, Any]) -> str | None:
        """Return the same for an address of this page, of whose query this is."""
        return ""

    def is_permitted(self) -> bool:
        """Say whether the person may see this page about all that it is about."""
        return all(
            self.permitted(self.model_admin, self.request, self.obj, key)
            for key in self.get_keys() or ("",)
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.is_permitted():
            raise PermissionDenied
        try:
            return super().dispatch(request, *args, **kwargs)
        except AWSError as error:
            return self.render_error(error)
        except FaultySettingError as error:
            return self.render_error(AWSError(str(error)), status=500)

    # AWS

    def ask_aws(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service, which is told its purpose, ``"web"``, besides the arguments.

        Raises its :class:`~philo_aws.exceptions.AWSError`, or that AWS took too long for a page.
        """
        return self.wait_for(_for_page(partial(function, *args, **kwargs)))

    def ask_aws_together(self, calls: Mapping[K, Callable[..., T]]) -> dict[K, T | AWSError]:
        """Call services side by side, each told its purpose; each has its value or its error."""
        told = {key: _for_page(call) for key, call in calls.items()}
        return self.patience.together(told, writing=self.writing)

    def wait_for(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call what knows its purpose, or needs none, as :meth:`ask_aws` does a service."""
        return self.patience.call(partial(function, *args, **kwargs), writing=self.writing)

    # Addresses

    def link(self, view_name: str, obj: Any = None, **query: object) -> str:
        """Return the address of a page of this admin, about ``obj`` or this page's own object.

        Empty where the page was taken away or the person may not see it, so that templates can
        write ``{% if … %}``.
        """
        view = self.model_admin.get_views().get(view_name)
        target = obj or self.obj
        if view is None or not view.permitted(
            self.model_admin, self.request, target, view.key_of(query)
        ):
            return ""
        about = target if "<" in view.route else None
        return self.model_admin.url(view_name, about, **query)

    def buttons_at(self, places: Mapping[Place, Mapping[str, str]]) -> list[Tool]:
        """Return the buttons of all pages at ``places``, each with its query, in their order."""
        tools = [
            Tool(
                label=button.label or view.title,
                url=url,
                kind=button.kind,
                order=button.order,
                name=name,
            )
            for name, view in self.model_admin.get_views().items()
            for button in view.buttons
            for place in button.at
            if place in places and (url := self.link(name, **places[place]))
        ]
        return sorted(tools, key=lambda tool: tool.order)

    # What the page shows

    def get_title(self) -> str | StrPromise:
        """Return the heading."""
        return self.title

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        """Return what the page shows now, each with the query of the pages about it."""
        return {}

    def get_tools(self) -> list[Tool]:
        """Return the buttons at the top: those at what the page shows, and the history."""
        tools = self.buttons_at(self.get_places())
        if self.leads_to_history and self.model_admin.may(self.request, ("view",), self.obj):
            url = self.model_admin.url("history", self.obj)
            tools.append(Tool(label=_("History"), url=url, order=HISTORY_ORDER))
        return sorted(tools, key=lambda tool: tool.order)

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
        """Return the admin's style sheet, and the scripts of menus and of this page."""
        own = ("philo_aws/menu.js", *self.scripts)
        scripts: list[Any] = [Script(script, defer=True) for script in own]
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

    def render_error(self, error: AWSError, *, status: int = 0) -> HttpResponse:
        """Return the page, or the JSON, that says what AWS refused."""
        if self.answers_json:
            return self.json(
                {"error": localized(error.message), "code": error.code}, status=status or 502
            )
        # Not by the page's own render(), which may ask AWS for what is beside its form.
        template = "admin/philo_aws/error.html"
        return AWSView.render(self, template, error=error, tools=[], status=status or 200)

    def audit(self, message: str, *, flag: int = CHANGE) -> None:
        """Write into the history of this page's bucket or queue."""
        self.model_admin.audit(self.request, self.obj, message, flag=flag)


def _for_page(call: Callable[..., T]) -> Callable[[], T]:
    return partial(call, purpose="web")

"""What is sent to a page: read within Django's limits, and refused in the admin's own words."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from ..exceptions import InvalidRequestError
from .numbers import binary_size, grouped

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from .base import AWSView

SPARE_FIELDS = 20
"""Fields that a form has besides those of what was ticked on a page."""


def most_ticked(wanted: int) -> int:
    """Return how many rows a page may have, so that Django takes them when all are ticked."""
    most = cast("int | None", settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
    return wanted if most is None else max(1, min(wanted, most - SPARE_FIELDS))


def bounded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return a page's view that answers with a page where more was sent than Django takes.

    Django reads a form to look for its CSRF token, so the form has to be read before that: the
    token is looked for here, as ever, and only later than elsewhere.
    """
    protected = csrf_protect(view)

    @functools.wraps(view)
    def read_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            request.POST  # noqa: B018 - reading is what fails
        except (TooManyFieldsSent, TooManyFilesSent, RequestDataTooBig) as error:
            request.POST = QueryDict()
            page: AWSView = view.view_class(**view.view_initkwargs)  # type: ignore[attr-defined]
            page.setup(request, *args, **kwargs)
            return _refused(page, error)
        answer: HttpResponseBase = protected(request, *args, **kwargs)
        return answer

    return csrf_exempt(read_first)


def read_json(request: HttpRequest, most: int) -> dict[str, Any]:
    """Return the JSON object that a script sent, of ``most`` bytes.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError`.
    """
    body = request.read(most + 1)
    if len(body) > most:
        raise InvalidRequestError(
            _("The request is longer than %(size)s.") % {"size": binary_size(most)}
        )
    try:
        data = json.loads(body)
        # Half a surrogate pair is no text that AWS could be sent.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InvalidRequestError(_("The request is not a JSON object."))
    return data


def _refused(page: AWSView, error: Exception) -> HttpResponseBase:
    if not page.is_permitted():
        raise PermissionDenied from error
    if isinstance(error, TooManyFieldsSent):
        sentence = _(
            "More was sent than this site takes at once: %(count)s fields of a form "
            "(DATA_UPLOAD_MAX_NUMBER_FIELDS). Nothing was done. Select fewer."
        ) % {"count": grouped(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS or 0)}
    elif isinstance(error, TooManyFilesSent):
        sentence = _(
            "More was sent than this site takes at once: %(count)s files "
            "(DATA_UPLOAD_MAX_NUMBER_FILES). Nothing was done. Choose fewer."
        ) % {"count": grouped(settings.DATA_UPLOAD_MAX_NUMBER_FILES or 0)}
    else:
        sentence = _(
            "More was sent than this site takes at once: %(size)s "
            "(DATA_UPLOAD_MAX_MEMORY_SIZE). Nothing was done. Send less."
        ) % {"size": binary_size(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)}
    answer = page.render_error(InvalidRequestError(sentence))
    answer.status_code = 400
    return answer

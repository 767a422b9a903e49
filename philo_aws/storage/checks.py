"""System checks of the storages of ``STORAGES`` that are ours; they never touch the network."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Warned
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands, load_command_class
from django.utils.functional import Promise
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.apps import AppConfig

    from .media import S3Storage
    from .options import Options

_STATIC_ALIAS = "staticfiles"
_COMMAND = "collectstatic"
_OUR_COMMAND = f"philo_aws.management.commands.{_COMMAND}"
_OUR_CLASSES = "philo_aws.storage."


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A storage of ours, as ``STORAGES`` has it."""

    alias: str
    """Its key there."""
    kind: str
    """``media``, ``static`` or ``manifest``."""
    options: Options
    """Its options, without a fault."""

    @property
    def name(self) -> str:
        """How a message names it."""
        return f'STORAGES["{self.alias}"]'

    @property
    def is_static(self) -> bool:
        """Whether ``collectstatic --clear`` deletes what is below its location."""
        return self.kind != "media"

    @property
    def place(self) -> str:
        """Bucket and folder, with a slash at the end."""
        return f"{self.options.bucket}/{self.options.location}"


def check_storages(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report what is wrong with the storages of ``STORAGES`` whose class is ours.

    What is not ours is not judged: neither another backend nor a setting that Django cannot read.
    """
    messages: list[CheckMessage] = []
    kept: list[Kept] = []
    for alias, cls, given in _ours(getattr(settings, "STORAGES", None)):
        try:
            made = cls(**given)
        except Exception as error:  # noqa: BLE001 - whatever the constructor of a subclass raises
            messages += _of_options(alias, cls, given, error)
        else:
            messages += _of_parameters(alias, made)
            kept.append(Kept(alias=alias, kind=made.kind, options=made.options))
    for storage in kept:
        messages += _of_static(storage)
        if storage.alias == _STATIC_ALIAS and storage.is_static:
            messages += [*_of_style_sheets(storage), *_of_command(storage)]
    for one, other in itertools.combinations(kept, 2):
        messages += _of_places(one, other)
    return messages


def _ours(value: object) -> Iterator[tuple[str, type[S3Storage], dict[str, Any]]]:
    for alias, entry in value.items() if isinstance(value, Mapping) else ():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("BACKEND"), str):
            continue
        try:
            cls = import_string(entry["BACKEND"])
        except Exception:  # noqa: BLE001, S112 - whatever a module raises: it is not ours to report
            continue
        bases = cls.__mro__ if isinstance(cls, type) else ()
        # Ours are not imported where nothing is of them.
        if any(base.__module__.startswith(_OUR_CLASSES) for base in bases):
            from . import S3Storage

            given = entry.get("OPTIONS") or {}
            if issubclass(cls, S3Storage) and isinstance(given, Mapping):
                yield str(alias), cls, dict(given)


def _fault(alias: str, message: str, hint: str = "") -> Error:
    return Error(f'STORAGES["{alias}"]: {message}', hint=hint or None, id="philo_aws.E020")


def _of_options(
    alias: str, cls: type[S3Storage], given: dict[str, Any], error: Exception
) -> Iterator[CheckMessage]:
    from .options import problems

    # Which options a constructor of its own takes is known to itself alone.
    is_known = not any(
        "__init__" in vars(base) and not base.__module__.startswith(("philo_aws.", "django."))
        for base in cls.__mro__[:-1]
    )
    found = problems(cls.with_defaults(given), cls.kind) if is_known else []
    for problem in found:
        yield _fault(alias, problem.message, problem.hint)
    if not found:
        yield _fault(alias, str(error))


def _of_parameters(alias: str, made: S3Storage) -> Iterator[CheckMessage]:
    if not made.options.extra_args:
        return  # so botocore, which knows boto's parameters, is not loaded
    from ..exceptions import UsageError
    from ..s3.request.extra_args import check_transfer_args

    try:
        check_transfer_args(made.options.extra_args)
    except UsageError as error:
        yield _fault(alias, f"The option 'extra_args' cannot be: {error}")
    except ImproperlyConfigured:
        pass  # of settings.AWS, which has checks of its own


def _of_static(storage: Kept) -> Iterator[CheckMessage]:
    options = storage.options
    if storage.kind == "manifest" and (options.signed or options.cloudfront_key):
        yield Error(
            f"{storage.name} signs its URLs and has a manifest, which do not go together.",
            hint="Style sheets name other files without a signature. Leave 'signed' and the key of"
            " CloudFront out, and let everybody read these files.",
            id="philo_aws.E021",
        )
    if storage.is_static and not options.location:
        yield Warned(
            f"{storage.name} has the whole bucket {options.bucket!r} for its location.",
            hint=f"`{_COMMAND} --clear` deletes whatever is there and is no static file. Name a"
            " folder, or leave 'location' out, which means 'static'.",
            id="philo_aws.W024",
        )


def _of_style_sheets(storage: Kept) -> Iterator[CheckMessage]:
    site = str(getattr(settings, "STATIC_URL", None) or "")
    if settings.DEBUG or not site or urlsplit(site).netloc:
        return
    base_url: Any = storage.options.base_url
    if isinstance(base_url, Promise):
        return  # it may not be known yet
    # Django leaves the folder of a path in a style sheet as it is: the browser asks the host that
    # the style sheet came from for it.
    path = _path_of(storage.options)
    if path != site:
        yield Warned(
            f"{storage.name}: style sheets that name files as url({site}…) will not find them, as"
            f" the files are at {path} of another host.",
            hint="Name them by relative paths, such as url(../img/logo.svg), or give STATIC_URL the"
            " address where the files are, host included.",
            id="philo_aws.W022",
        )


def _path_of(options: Options) -> str:
    if options.base_url:
        return urlsplit(options.base_url).path
    # The bucket is in the name of AWS's hosts, and in the path of other stores'.
    return f"/{options.bucket}/{options.location}" if _has_endpoint() else f"/{options.location}"


def _has_endpoint() -> bool:
    from ..conf import get_config

    if os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        return True
    try:
        return get_config().endpoint_for("s3") is not None
    except ImproperlyConfigured:
        return False


def _of_places(one: Kept, other: Kept) -> Iterator[CheckMessage]:
    outer, inner = sorted((one, other), key=lambda storage: len(storage.place))
    if outer.place == inner.place:
        yield Warned(
            f"{one.name} and {other.name} keep their files at one place, {one.place}.",
            hint="Give each a 'location' of its own: what one overwrites or deletes is gone for the"
            " other.",
            id="philo_aws.W023",
        )
    elif outer.is_static and inner.place.startswith(outer.place):
        yield Warned(
            f"{inner.name} keeps its files at {inner.place}, inside of {outer.name}.",
            hint=f"`{_COMMAND} --clear` deletes them, as they are no static files of {outer.place}."
            " Give each a 'location' beside the other's.",
            id="philo_aws.W023",
        )


def _of_command(storage: Kept) -> Iterator[CheckMessage]:
    owner: Any = get_commands()[_COMMAND]  # there is ours, at least
    if _is_ours(owner):
        return
    app = owner if isinstance(owner, str) else type(owner).__module__
    yield Warned(
        f"{storage.name} is on S3, and `manage.py {_COMMAND}` is the command of {app}.",
        hint=f'Put "philo_aws" above "{app}" in INSTALLED_APPS: of two commands of one name Django'
        " takes that of the first app. With another one files are compared by time and sent one by"
        " one.",
        id="philo_aws.W025",
    )


def _is_ours(owner: Any) -> bool:
    """Say whether a command, or that of an app, is ours or made of ours."""
    if isinstance(owner, str):
        if _OUR_COMMAND.startswith(f"{owner}."):
            return True
        try:
            owner = load_command_class(owner, _COMMAND)
        except Exception:  # noqa: BLE001 - whatever another's module raises
            return False
    return any(base.__module__ == _OUR_COMMAND for base in type(owner).__mro__)

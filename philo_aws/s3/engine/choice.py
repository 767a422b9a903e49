"""Which engine serves: the fast one where it can, else the other one, with the reason."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from ...exceptions import NotSupportedError
from .base import Engine, Options

if TYPE_CHECKING:
    from .template import Template


def create(options: Options) -> Engine:
    """Return the engine that ``options.tuning`` names: ``auto``, ``crt`` or ``classic``.

    ``auto`` takes ``crt`` where it can serve; ``engine.reason`` says why it took what it took.
    Raises :exc:`~philo_aws.exceptions.NotSupportedError` where ``crt`` is wanted but cannot serve,
    and the errors of credentials and regions that every call to AWS can raise.
    """
    name = options.tuning.engine
    if name == "classic":
        return _classic(options, "It was asked for.")
    reason = why_not_crt(options)
    if not reason:
        from .crt.engine import CrtEngine

        why = "It was asked for." if name == "crt" else "It is the fastest."
        return CrtEngine(options, reason=why)
    if name == "crt":
        raise NotSupportedError(f"The engine 'crt' cannot be used: {reason} Use 'auto'.")
    return _classic(options, reason)


def why_not_crt(options: Options) -> str:
    """Return why the fast engine cannot serve, as a sentence; an empty string when it can."""
    reason = _why_not_here()
    if reason:
        return reason
    if options.bucket.endswith("--x-s3"):
        return f"{options.bucket!r} is a directory bucket, whose requests are signed by sessions."
    return _why_not_there(_template(options), options)


def _classic(options: Options, reason: str) -> Engine:
    from .classic.engine import ClassicEngine

    return ClassicEngine(options, reason=reason)


def _template(options: Options) -> Template:
    from ...clients import get_client
    from .template import make_template

    client = get_client("s3", options.region, purpose=options.purpose)
    return make_template(client, "PutObject", options.bucket, options.extra_args)


def _why_not_here() -> str:
    """Look at this process for what awscrt cannot live with."""
    if importlib.util.find_spec("awscrt") is None:
        return "awscrt is not installed."
    # Only a process that has imported them can be patched by them.
    gevent = sys.modules.get("gevent.monkey")
    if gevent is not None and gevent.is_module_patched("threading"):
        return "gevent has replaced this process's threads, which stops awscrt's."
    eventlet = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("thread"):
        return "eventlet has replaced this process's threads, which stops awscrt's."
    return ""


def _why_not_there(template: Template, options: Options) -> str:
    """Look at a request as botocore makes it for what awscrt would do differently."""
    if template.algorithm != "AWS4-HMAC-SHA256" or template.service != "s3":
        signed = template.algorithm or "no signature"
        service = f" of the service {template.service!r}" if template.service else ""
        return f"Requests for {options.bucket!r} need {signed}{service}."
    if _has_proxy(template):
        return "A proxy is set for the endpoint, which awscrt would not use as boto3 does."
    return ""


def _has_proxy(template: Template) -> bool:
    """Say whether a proxy comes between, or awscrt might think so.

    awscrt reads the same variables, but not every form of ``no_proxy`` that boto3 knows.
    """
    from urllib.request import getproxies

    proxies = getproxies()
    if template.scheme not in proxies and "all" not in proxies:
        return False
    exempt = (name.strip().lstrip(".") for name in proxies.get("no", "").split(","))
    return not any(
        name and (template.host == name or template.host.endswith(f".{name}")) for name in exempt
    )

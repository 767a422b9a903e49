"""The certificates that botocore trusts, so that both engines trust the same."""

from __future__ import annotations

import os

from ...clients import get_session
from ...exceptions import Kind, NetworkError


def ca_bundle() -> str:
    """Return the path of the file (or folder) of certificates."""
    from botocore.httpsession import get_cert_path

    core = get_session()
    chosen = core.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    return str(chosen or get_cert_path(True))


def check(scheme: str) -> None:
    """Raise :exc:`NetworkError` where https cannot work for want of certificates."""
    if scheme == "https" and not os.access(ca_bundle(), os.R_OK):
        raise unusable("it is not there, or may not be read")


def unusable(why: object) -> NetworkError:
    """Return the error of certificates that cannot be used."""
    return NetworkError(
        f"{ca_bundle()!r} is no file of certificates that can be used: {why}. Name one in "
        "AWS_CA_BUNDLE, or leave it out.",
        code="NoCertificates",
        kind=Kind.FOR_ALL,
    )

"""The certificates that are trusted, by botocore and by both engines, and whether they can be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from .exceptions import Kind, NetworkError
from .sentences import Sentence

if TYPE_CHECKING:
    from botocore.session import Session


def ca_bundle(session: Session) -> tuple[str, str]:
    """Return the file of certificates that was chosen and where; two empty texts for none."""
    if chosen := session.get_config_variable("ca_bundle"):
        environment = "AWS_CA_BUNDLE"
        return chosen, environment if os.environ.get(environment) else "ca_bundle"
    chosen = os.environ.get("REQUESTS_CA_BUNDLE")
    return (chosen, "REQUESTS_CA_BUNDLE") if chosen else ("", "")


def trusted(session: Session) -> str:
    """Return the path of the certificates that botocore trusts: the chosen ones, or its own."""
    from botocore.httpsession import get_cert_path

    chosen, _ = ca_bundle(session)
    return chosen or str(get_cert_path(True))


def check_ca_bundle(session: Session) -> None:
    """Look at the chosen certificates before any request is sent, and sent again, in vain.

    Raises :exc:`~philo_aws.exceptions.NetworkError` where they cannot be read or are none.
    """
    import ssl

    chosen, _ = ca_bundle(session)
    if not chosen:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(chosen)
    except OSError as error:  # an SSLError is one too
        reason = error.strerror if error.filename or error.errno == 2 else "it holds none"
        raise unusable(session, reason or error) from error


def unusable(session: Session, cause: object) -> NetworkError:
    """Return the error of trusted certificates that cannot be used, and why not."""
    _, where = ca_bundle(session)
    return NetworkError(
        Sentence(
            gettext_noop(
                "The certificates to be trusted cannot be read from {path!r} ({where}): "
                "{cause}. Name a file of certificates in PEM, or leave it out."
            ),
            path=trusted(session),
            where=where or "botocore",
            cause=cause,
        ),
        code="NoCertificates",
        kind=Kind.FOR_ALL,
    )

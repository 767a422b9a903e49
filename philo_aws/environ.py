"""``settings.AWS`` from environment variables, by django-environ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .validation import KEYS, SERVICES, Key

if TYPE_CHECKING:
    from environ import Env


def aws(env: Env) -> dict[str, Any]:
    """Return the ``AWS`` dict for the variables that ``env`` (a django-environ ``Env``) knows.

    Variables read, each optional: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and
    ``AWS_SESSION_TOKEN``; ``AWS_REGION``, else ``AWS_DEFAULT_REGION``; ``AWS_ENDPOINT_URL`` for all
    services, ``AWS_ENDPOINT_URL_S3`` and ``AWS_ENDPOINT_URL_SQS`` for one of them; ``AWS_PROFILE``;
    ``AWS_ROLE_ARN``; ``AWS_BUCKET``; and, comma-separated, ``AWS_REGIONS``, ``AWS_BUCKETS`` and
    ``AWS_QUEUES``.

    An empty variable counts as absent. Half a key pair is kept as it is, so that the system check
    names the missing half. ``AWS_ROLE_ARN`` is left to boto3 where ``AWS_WEB_IDENTITY_TOKEN_FILE``
    is set: the two together are the web identity of a container, not a role to assume from here.
    """
    result = {key: value for key, known in KEYS.items() if (value := _value(env, known))}
    result |= _endpoints(env)
    if env.str("AWS_WEB_IDENTITY_TOKEN_FILE", default=""):
        result.pop("role_arn", None)
    # Last, and at once: what raises shows the variables of its frames, and these are secrets.
    credentials = _present(
        env,
        {
            "aws_session_token": "AWS_SESSION_TOKEN",
            "aws_access_key_id": "AWS_ACCESS_KEY_ID",
            "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
        },
    )
    if credentials.keys() - {"aws_session_token"}:
        result.pop("profile", None)
        return result | {"credentials": credentials}
    return result


def _value(env: Env, known: Key) -> str | list[str]:
    for variable in known.variables:
        if known.names:
            names = [name.strip() for name in env.list(variable, default=[])]
            return [name for name in names if name]
        value: str = env.str(variable, default="")
        if value:
            return value
    return ""


def _present(env: Env, variables: dict[str, str]) -> dict[str, str]:
    values = {key: env.str(variable, default="") for key, variable in variables.items()}
    return {key: value for key, value in values.items() if value}


def _endpoints(env: Env) -> dict[str, Any]:
    everywhere = env.str("AWS_ENDPOINT_URL", default="")
    own = _present(env, {"s3": "AWS_ENDPOINT_URL_S3", "sqs": "AWS_ENDPOINT_URL_SQS"})
    if everywhere and own:
        return {"endpoint_url": dict.fromkeys(SERVICES, everywhere) | own}
    return {"endpoint_url": own or everywhere} if own or everywhere else {}

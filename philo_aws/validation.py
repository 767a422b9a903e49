"""The one validator of ``settings.AWS``: pure, without network, listing every problem it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import access
from .knobs import ConsumerConfig, Timeout, Timeouts, TransferConfig
from .rules import names_of, rules_of
from .spelling import nearest

ALL_SERVICES = "*"
CREDENTIAL_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
SERVICES = ("s3", "sqs", "sts", "iam", "ec2", "account", "cloudwatch", "cloudfront")
_REGION = re.compile(r"(?=.{1,63}$)[a-z0-9]+(-[a-z0-9]+)*")
# As philo_aws.s3.request.names has it, which is loaded with the services alone.
_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}|arn:aws[a-z0-9-]*:s3[a-z-]*:[A-Za-z0-9_:/.-]+")
_ROLE_ARN = re.compile(r"arn:aws[a-z0-9-]*:iam::\d{12}:role/[\w+=,.@/-]+")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with the setting."""

    id: str
    """The number of the system check, ``E001`` and so on; it never changes its meaning."""
    message: str
    """Which key holds which value, and why that cannot be."""
    hint: str
    """What to type instead."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key of the setting."""

    check: Callable[[str, Any], Iterable[Problem]]
    """Given where the value stands, and the value."""
    variables: tuple[str, ...] = ()
    """The environment variables that become it as they are; the first that is not empty does."""
    names: bool = False
    """Whether it is a list of names, in a variable separated by commas."""


def validate(value: object) -> list[Problem]:
    """Return every problem of ``value`` as ``settings.AWS``; an empty list when it is good."""
    if not isinstance(value, Mapping):
        return [
            Problem(
                id="E001",
                # Its value is not shown here nor of unknown keys: they may be secrets.
                message=f"settings.AWS is a {type(value).__name__} (value not shown), not a dict.",
                hint='Write AWS = {"region": "eu-west-1"} or leave the setting out.',
            )
        ]
    problems = list(_unknown(value, tuple(KEYS), "AWS", "E002"))
    for key, known in KEYS.items():
        if value.get(key) is not None:
            problems += known.check(f'AWS["{key}"]', value[key])
    if value.get("credentials") and value.get("profile"):
        problems.append(
            Problem(
                id="E012",
                message='AWS["credentials"] and AWS["profile"] are both set.',
                hint="Keep one of them: credentials would win and the profile be ignored.",
            )
        )
    return problems


def is_region_name(value: object) -> bool:
    """Say whether ``value`` has the form of a region code, known or not."""
    return isinstance(value, str) and _REGION.fullmatch(value) is not None


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _unknown(
    value: Mapping[object, object], known: tuple[str, ...], where: str, problem_id: str
) -> Iterable[Problem]:
    for key in value:
        if key in known:
            continue
        near = nearest(str(key), known)
        harmless = near or (isinstance(key, str) and key.isidentifier() and key.islower())
        yield Problem(
            id=problem_id,
            message=f"{where} has "
            + (f"the unknown key {_show(key)}." if harmless else "an unknown key (not shown)."),
            hint=f'Did you mean "{near}"?' if near else f"The keys are: {', '.join(known)}.",
        )


def _check_credentials(where: str, value: object) -> Iterable[Problem]:
    # Values are never shown here: any of them may be a secret in the wrong place.
    shape = (
        f'{where} = {{"aws_access_key_id": "…", "aws_secret_access_key": "…"}}; '
        "leave the key out to use boto3's own chain."
    )
    if not isinstance(value, Mapping):
        yield Problem(
            id="E003",
            message=f"{where} is a {type(value).__name__} (value not shown), not a dict.",
            hint=f"Write {shape}",
        )
        return
    for key in value:
        if key not in CREDENTIAL_KEYS:
            near = nearest(str(key), CREDENTIAL_KEYS)
            yield Problem(
                id="E003",
                message=f"{where} has an unknown key"
                + (f", {key!r}." if near else " (not shown, it may be a secret)."),
                hint=f'Did you mean "{near}"?' if near else f"Write {shape}",
            )
    for key in CREDENTIAL_KEYS[:2]:
        if not isinstance(value.get(key), str) or not value[key].strip():
            yield Problem(
                id="E003",
                message=f'{where} lacks "{key}": it must be a string that is not empty.',
                hint=f"Write {shape}",
            )
    token = value.get("aws_session_token")
    if token is not None and not isinstance(token, str):
        yield Problem(
            id="E003",
            message=f'{where}["aws_session_token"] is a {type(token).__name__}, not a string.',
            hint="Give the token as a string, or leave it out for long-term keys.",
        )


def _check_region(where: str, value: object) -> Iterable[Problem]:
    if not is_region_name(value):
        yield Problem(
            id="E004",
            message=f"{where} is {_show(value)}, which is no region name.",
            hint='Write a region code such as "eu-west-1".',
        )


def _check_endpoint(where: str, value: object) -> Iterable[Problem]:
    if isinstance(value, Mapping):
        yield from _unknown(value, SERVICES, where, "E005")
        for service, url in value.items():
            if service in SERVICES:
                yield from _check_endpoint_url(f'{where}["{service}"]', url)
    else:
        yield from _check_endpoint_url(where, value)


def _check_endpoint_url(where: str, value: object) -> Iterable[Problem]:
    hint = (
        'Write a URL such as "https://s3.example.com", or {"s3": "https://…", "sqs": "https://…"}.'
    )
    if not isinstance(value, str):
        yield Problem(id="E005", message=f"{where} is {_show(value)}, not a URL.", hint=hint)
        return
    try:
        parts = urlsplit(value)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        port_is_good = False
    if not port_is_good or parts.scheme not in ("http", "https") or not parts.hostname:
        shown = "not shown" if "@" in value else _show(value)
        yield Problem(id="E005", message=f"{where} is no http or https URL ({shown}).", hint=hint)
    elif parts.username is not None or parts.password is not None:
        yield Problem(
            id="E005",
            message=f"{where} holds a user name or a password (value not shown).",
            hint='Put keys into AWS["credentials"] or the environment, never into a URL.',
        )
    elif parts.query or parts.fragment:
        yield Problem(
            id="E005",
            # Those of a presigned URL hold a key and a token.
            message=f"{where} is {_show(re.split('[?#]', value)[0])}, with a query or a fragment.",
            hint=hint,
        )


def _check_profile(where: str, value: object) -> Iterable[Problem]:
    if not isinstance(value, str) or not value.strip():
        yield Problem(
            id="E006",
            message=f"{where} is {_show(value)}, not the name of a profile.",
            hint="`aws configure list-profiles` prints the names; leave the key out for none.",
        )


def _check_role_arn(where: str, value: object) -> Iterable[Problem]:
    if not isinstance(value, str) or not _ROLE_ARN.fullmatch(value):
        yield Problem(
            id="E007",
            message=f"{where} is {_show(value)}, which is no role ARN.",
            hint='Write it as "arn:aws:iam::123456789012:role/NAME".',
        )


def _check_names(problem_id: str, example: str) -> Callable[[str, object], Iterable[Problem]]:
    def check(where: str, value: object) -> Iterable[Problem]:
        names = value if isinstance(value, list | tuple) else None
        if names is None or not all(isinstance(name, str) and name.strip() for name in names):
            yield Problem(
                id=problem_id,
                message=f"{where} is {_show(value)}, not a list of names.",
                hint=f"Write {where} = [{example}].",
            )

    return check


def _check_regions(where: str, value: object) -> Iterable[Problem]:
    problems = list(_check_names("E008", '"eu-west-1", "us-east-1"')(where, value))
    yield from problems
    if isinstance(value, list | tuple) and not problems:
        for index, name in enumerate(value):
            yield from _check_region(f"{where}[{index}]", name)


def _check_bucket(where: str, value: object) -> Iterable[Problem]:
    if not isinstance(value, str) or not _BUCKET.fullmatch(value):
        yield Problem(
            id="E014",
            message=f"{where} is {_show(value)}, which is no bucket name.",
            hint=f'Write {where} = "my-bucket", without s3:// and without a folder.',
        )


def _check_knobs(
    cls: Callable[[], type], problem_id: str, example: str
) -> Callable[[str, object], Iterable[Problem]]:
    def check(where: str, value: object) -> Iterable[Problem]:
        if isinstance(value, Mapping):
            yield from _check_fields(cls(), where, value, problem_id)
        else:
            yield Problem(
                id=problem_id,
                message=f"{where} is {_show(value)}, not a dict.",
                hint=f"Write {where} = {{{example}}}.",
            )

    return check


def _check_timeouts(where: str, value: object) -> Iterable[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(
            id="E010",
            message=f"{where} is {_show(value)}, not a dict.",
            hint=f'Write {where} = {{"web": {{"connect": 3, "read": 6}}}}.',
        )
        return
    sets = names_of(Timeouts)
    yield from _unknown(value, sets, where, "E010")
    for name in sets:
        inner = value.get(name)
        if inner is None:
            continue
        if isinstance(inner, Mapping):
            yield from _check_fields(Timeout, f'{where}["{name}"]', inner, "E010")
        else:
            yield Problem(
                id="E010",
                message=f'{where}["{name}"] is {_show(inner)}, not a dict.',
                hint=f'Write {where}["{name}"] = {{"connect": 3, "read": 6}}.',
            )


def _check_fields(
    cls: type, where: str, value: Mapping[object, object], problem_id: str
) -> Iterable[Problem]:
    rules = rules_of(cls)
    yield from _unknown(value, tuple(rules), where, problem_id)
    for key, rule in rules.items():
        if key in value and not rule.takes(value[key]):
            yield Problem(
                id=problem_id,
                message=f'{where}["{key}"] is {_show(value[key])}.',
                hint=rule.hint(value[key]),
            )


def _check_access(where: str, value: object) -> Iterable[Problem]:
    for place, wrong, hint in access.faults(where, value):
        yield Problem(id="E015", message=f"{place} {wrong}.", hint=hint)


KEYS = {
    "credentials": Key(check=_check_credentials),
    "region": Key(check=_check_region, variables=("AWS_REGION", "AWS_DEFAULT_REGION")),
    "endpoint_url": Key(check=_check_endpoint),
    "profile": Key(check=_check_profile, variables=("AWS_PROFILE",)),
    "role_arn": Key(check=_check_role_arn, variables=("AWS_ROLE_ARN",)),
    "regions": Key(check=_check_regions, variables=("AWS_REGIONS",), names=True),
    "bucket": Key(check=_check_bucket, variables=("AWS_BUCKET",)),
    "buckets": Key(
        check=_check_names("E011", '"my-bucket"'), variables=("AWS_BUCKETS",), names=True
    ),
    "queues": Key(check=_check_names("E011", '"my-queue"'), variables=("AWS_QUEUES",), names=True),
    "transfer": Key(check=_check_knobs(lambda: TransferConfig, "E009", '"max_concurrency": 64')),
    "timeouts": Key(check=_check_timeouts),
    "consumer": Key(check=_check_knobs(lambda: ConsumerConfig, "E013", '"concurrency": 10')),
    "access": Key(check=_check_access),
}
"""What ``settings.AWS`` may hold."""

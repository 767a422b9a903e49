"""``s3://bucket/key`` wherever ``aws_s3`` takes a bucket or a key, and the settings' bucket."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..conf import get_config
from ..exceptions import UsageError
from ..s3.request.addresses import is_address, parse_address
from .parsing import Unnamed

# The flags of buckets, and those of what is in them.
_INSIDE = {
    "bucket": ("key", "prefix"),
    "source_bucket": ("source_key", "source_prefix"),
    "destination_bucket": ("destination_key", "destination_prefix"),
}
_KEYS = ("key", "destination_key")
_LOCAL = "fname"


def _is_whole(action: str, values: Mapping[str, Any]) -> bool:
    """Say whether the action takes away more than one leaves to a bucket that nobody named."""
    if action == "delete_bucket":
        return True
    if action == "delete_objects":
        return bool(values["prefix"] == "")
    return (
        action == "sync"
        and bool(values["delete"])
        and values["direction"] == "up"
        and not values["prefix"]
    )


def resolve(action: str, positionals: tuple[str, ...], values: dict[str, Any]) -> None:
    """Split the addresses in ``values`` into buckets and keys, and name what is not named.

    A target that ends in ``/`` gets the name of what goes there; a missing bucket is that of the
    settings. Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    addressed: set[str] = set()
    for bucket, inside in _INSIDE.items():
        if bucket in values:
            _split(action, bucket, [name for name in inside if name in values], values, addressed)
    _take_name(positionals, values, addressed)
    _fill(action, values)


def _split(
    action: str, bucket: str, inside: list[str], values: dict[str, Any], addressed: set[str]
) -> None:
    """Split the addresses given for ``bucket`` and for what is ``inside`` of it."""
    said, rest = values[bucket], ""
    if _is_address(said):
        said, rest = parse_address(said)
    for name in inside:
        given = values[name]
        keys = []
        for item in given if isinstance(given, list | tuple) else (given,):
            key = item
            if _is_address(item):
                found, key = parse_address(item)
                if said not in (None, found):
                    raise UsageError(
                        f"--{name} is in the bucket {found!r}, but the bucket {said!r} was named "
                        "before. Name one bucket."
                    )
                said = found
                addressed.add(name)
            keys.append(key)
        if name in addressed:
            values[name] = keys if isinstance(given, list | tuple) else keys[0]
    if rest:
        name = _only(action, bucket, inside, values[bucket])
        if values[name] not in (None, "", rest):
            raise UsageError(
                f"--{bucket} names {rest!r}, and --{name} {values[name]!r}. Give one of them."
            )
        values[name] = rest
        addressed.add(name)
    values[bucket] = said


def _is_address(given: Any) -> bool:
    return isinstance(given, str) and is_address(given)


def _only(action: str, bucket: str, inside: list[str], address: str) -> str:
    """Return the flag that takes what an address given for ``bucket`` has behind the bucket."""
    if not inside:
        raise UsageError(f"{address!r} is more than a bucket, and {action} takes a bucket alone.")
    if len(inside) > 1:
        which = " or ".join(f"--{name}" for name in inside)
        raise UsageError(f"{address!r} is more than a bucket. Give it as {which}.")
    return inside[0]


def _take_name(positionals: tuple[str, ...], values: dict[str, Any], addressed: set[str]) -> None:
    """Give a target that is a folder the name of the source, as ``aws s3 cp`` does."""
    if len(positionals) != 2 or not {*positionals} <= {*_KEYS, _LOCAL}:
        return
    source, target = positionals
    given, to = values[source], values[target]
    if given is None or to is None:
        return
    # A key, or a file, that is given by its flag alone is what it is, whatever it ends with.
    if not isinstance(to, Unnamed) and not addressed & {source, target}:
        return
    if target == _LOCAL:
        folder = to != "-" and (os.fspath(to).endswith(os.sep) or os.path.isdir(to))
    else:
        folder = to == "" or to.endswith("/")
    if not folder:
        return
    if given == "-":
        raise UsageError(f"What comes from stdin has no name: write one, as in {to}NAME.")
    name = os.path.basename(os.fspath(given)) if source == _LOCAL else given.rpartition("/")[2]
    if name:
        values[target] = os.path.join(to, name) if target == _LOCAL else f"{to}{name}"


def _fill(action: str, values: dict[str, Any]) -> None:
    # Where both ends have flags of their own, the bucket is in one of these.
    if values.get("bucket", "") is not None or values.get("source") or values.get("target"):
        return
    default = get_config().bucket
    if default is None:
        return
    if _is_whole(action, values):
        raise UsageError(
            f"This deletes what is in the whole bucket, so it wants it named: --bucket {default}, "
            'if the one of AWS["bucket"] is meant.'
        )
    values["bucket"] = default

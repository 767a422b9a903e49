"""The flags of ``aws_s3``: added to parsers, and turned into what the services take."""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..conf import TransferConfig, get_config
from ..exceptions import UsageError
from ..rules import FieldRule, OneOf, WholeNumber, flags_of, rules_of
from ..s3.filters import Rule, read_rules
from ..s3.headers import HeaderRule, metadata_of, parse_rule
from .actions import ActionParser
from .streams import as_utf8

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
ACLS = (
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
)
ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse", "aws:fsx")

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"(\d+)\s*([KMG]?)(i?B)?", re.IGNORECASE)
_places = itertools.count()


class _Placed(str):
    """A value of a flag that knows its place among all flags of the command line."""

    __slots__ = ("place",)
    place: int


class _InOrder(argparse._AppendAction):  # noqa: SLF001
    """Collects values of a flag and remembers the order across flags."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        value = _Placed(values)
        value.place = next(_places)
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or []), value])


def byte_size(text: str) -> int:
    """Return the bytes that ``16777216``, ``16M`` or ``16MiB`` mean, for argparse."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size. Write bytes, or 16M, or 16MiB")
    return int(found[1]) * _UNITS[found[2].upper()]


def count(text: str) -> int:
    """Return a number that is not negative, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 0 or more")
    return int(text)


def bucket(parser: ActionParser) -> None:
    """Add the bucket and its region."""
    parser.add_flag(
        "bucket",
        required=True,
        help='the bucket\'s name, or s3://bucket/key (default: AWS["bucket"])',
    )
    parser.hints["bucket"] = 'or s3://BUCKET/… for the key, or AWS["bucket"] in the settings'
    parser.add_flag("region", help="the bucket's region")


def key(parser: ActionParser) -> None:
    """Add the object's key."""
    parser.add_flag("key", required=True, help="the object's key, or s3://bucket/key")


def prefix(parser: ActionParser, text: str = "only keys that begin with this") -> None:
    """Add the beginning of keys."""
    parser.add_flag("prefix", default="", help=text)


def folder(parser: ActionParser) -> None:
    """Add the local folder and the folder of the bucket."""
    parser.add_flag("root_folder", required=True, file=True, help="the local folder")
    prefix(parser, "the folder in the bucket; '/' is added where it is missing")


def rules(parser: ActionParser) -> None:
    """Add the filters."""
    for name, text in (
        ("include", "take part: '*.css' anywhere, 'media/**' from the top (repeatable)"),
        ("exclude", "do not take part; the last rule that matches decides (repeatable)"),
        ("filter_from", "a file of rules: '+ PATTERN' or '- PATTERN' a line (repeatable)"),
    ):
        metavar = "FILE" if name == "filter_from" else "PATTERN"
        parser.add_flag(name, action=_InOrder, file=metavar == "FILE", metavar=metavar, help=text)


def dry_run(parser: ActionParser) -> None:
    """Add the flag that only says what would be done."""
    parser.add_flag("dry_run", action="store_true", help="say what would be done, do nothing")


def no_progress(parser: ActionParser) -> None:
    """Add the flag that hides the bar."""
    parser.add_flag("no_progress", action="store_true", help="no bar on a terminal")


def requests(parser: ActionParser, bucket: str = "the bucket") -> None:
    """Add what any request may carry."""
    parser.add_flag("request_payer", action="store_true", help="pay for the requests oneself")
    parser.add_flag(
        "expected_bucket_owner", metavar="ACCOUNT", help=f"fail unless {bucket} is this account's"
    )


def engine(parser: ActionParser) -> None:
    """Add how the engine works."""
    requests(parser)
    _knobs(parser, of_uploads=False)
    no_progress(parser)


def properties(parser: ActionParser) -> None:
    """Add the properties of uploaded objects."""
    _knobs(parser, of_uploads=True)
    own_properties(parser, "of every object")
    parser.add_flag(
        "headers",
        action="append",
        metavar="GLOB:NAME=VALUE",
        help="a header for matching keys; the last one wins, no value leaves it out (repeatable)",
    )


def own_properties(parser: ActionParser, whose: str) -> None:
    """Add the properties that an object has by itself; headers are those ``whose`` says."""
    parser.add_flag("storage_class", metavar="CLASS", help="such as STANDARD_IA")
    parser.add_flag("acl", choices=ACLS, metavar="ACL", help="a canned ACL, such as public-read")
    parser.add_flag("sse", choices=ENCRYPTIONS, help="encryption at rest")
    parser.add_flag("sse_kms_key_id", metavar="KEY", help="the KMS key, with --sse aws:kms")
    parser.add_flag(
        "metadata", action="append", metavar="NAME=VALUE", help="x-amz-meta-NAME (repeatable)"
    )
    parser.add_flag(
        "tags", action="append", metavar="NAME=VALUE", help="an object tag (repeatable)"
    )
    parser.add_flag("cache_control", metavar="VALUE", help=f"Cache-Control {whose}")
    parser.add_flag("content_type", metavar="VALUE", help=f"Content-Type {whose}")


def compare(parser: ActionParser, default: str) -> None:
    """Add how equal files are known."""
    from ..s3.transfer.comparisons import COMPARISONS

    parser.add_flag(
        "compare",
        choices=COMPARISONS,
        default=default,
        help=f"what tells a change (default: {default})",
    )


def make_rules(
    include: Sequence[str] | str | None,
    exclude: Sequence[str] | str | None,
    filter_from: Sequence[str] | str | None,
) -> list[Rule]:
    """Return the rules in the order of the command line.

    Given as Python values, which have no order across flags: files, then excludes, then includes.
    """
    given = [
        *((value, "file") for value in _several(filter_from)),
        *((value, "exclude") for value in _several(exclude)),
        *((value, "include") for value in _several(include)),
    ]
    given.sort(key=lambda pair: getattr(pair[0], "place", -1))
    made: list[Rule] = []
    for value, kind in given:
        if kind == "file":
            made += read_rules(value)
        else:
            made.append(Rule(keep=kind == "include", pattern=as_utf8(str(value))))
    return made


def make_headers(values: Iterable[str] | str | None) -> list[HeaderRule]:
    """Return the header rules."""
    return [parse_rule(value) for value in _several(values)]


def make_default_headers(cache_control: str | None, content_type: str | None) -> dict[str, str]:
    """Return the headers of every object."""
    given = {"Cache-Control": cache_control, "Content-Type": content_type}
    return {name: value for name, value in given.items() if value}


def make_extra_args(options: dict[str, Any]) -> dict[str, Any]:
    """Take the flags that are boto's parameters out of ``options`` and return these."""
    from urllib.parse import urlencode

    from ..s3.request.metadata import check_tags

    made = {
        name: value
        for flag, name in _BOTO.items()
        if (value := options.pop(flag, None)) is not None
    }
    if options.pop("request_payer", False):
        made["RequestPayer"] = "requester"
    if (metadata := options.pop("metadata", None)) is not None:
        made["Metadata"] = (
            metadata if isinstance(metadata, dict) else metadata_of(_several(metadata))
        )
    if tags := options.pop("tags", None):
        tags = tags if isinstance(tags, dict) else metadata_of(_several(tags))
        check_tags(tags)
        made["Tagging"] = urlencode(tags)
    if "SSEKMSKeyId" in made and "kms" not in made.get("ServerSideEncryption", ""):
        raise UsageError("--sse_kms_key_id needs --sse aws:kms (or aws:kms:dsse).")
    return made


def make_copy_args(options: dict[str, Any]) -> dict[str, Any]:
    """Take the flags of a copy's properties out of ``options``; return boto's parameters."""
    made = make_extra_args(options)
    for flag, name in (("cache_control", "CacheControl"), ("content_type", "ContentType")):
        if (value := options.pop(flag, None)) is not None:
            made[name] = value
    return made


def make_transfer(options: dict[str, Any]) -> TransferConfig:
    """Take the engine's flags out of ``options``; the settings stand for those not given."""
    rules, given = rules_of(TransferConfig), {}
    for name, (field, _) in flags_of(TransferConfig).items():
        value = options.pop(name, None)
        if value is not None:
            rules[field].check(f"--{name}", value)
            given[field] = value
    return replace(get_config().transfer, **given)


def _knobs(parser: ActionParser, *, of_uploads: bool) -> None:
    """Add the flags of the fields of TransferConfig."""
    rules = rules_of(TransferConfig)
    for name, (field, flag) in flags_of(TransferConfig).items():
        if flag.of_uploads is of_uploads:
            parser.add_flag(name, help=flag.help, **_reading(rules[field]))


def _reading(rule: FieldRule) -> dict[str, Any]:
    """Return how argparse reads what the rule takes."""
    if isinstance(rule, OneOf):
        return {"choices": rule.choices}
    if isinstance(rule, WholeNumber):
        if rule.unit == "bytes":
            return {"type": byte_size, "metavar": "SIZE"}
        return {"type": count, "metavar": "N"}
    raise TypeError(f"No flag can be made of {rule}.")


_BOTO = {
    "storage_class": "StorageClass",
    "acl": "ACL",
    "sse": "ServerSideEncryption",
    "sse_kms_key_id": "SSEKMSKeyId",
    "expected_bucket_owner": "ExpectedBucketOwner",
    "expected_source_bucket_owner": "ExpectedSourceBucketOwner",
}


def _several(values: Iterable[str] | str | None) -> list[str]:
    if values is None:
        return []
    return [values] if isinstance(values, str) else list(values)

"""The actions of ``aws_s3`` that read, write and take away what buckets and objects are set to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .. import s3
from . import s3_flags as flags
from .actions import Action, ActionParser
from .json_input import read_document
from .output import Output

# Every command imports this module: the table of what there is brings the checks of it along.
_EXAMPLES = {
    "bucket_cors": "cors.json",
    "bucket_encryption": "encryption.json",
    "bucket_lifecycle_configuration": "lifecycle.json",
    "bucket_notification_configuration": "notification.json",
    "bucket_policy": "policy.json",
    "bucket_tagging": '\'{"team": "web"}\'',
    "bucket_versioning": '\'{"Status": "Enabled"}\'',
    "bucket_website": "website.json",
    "object_tagging": '\'{"kind": "invoice"}\'',
    "public_access_block": "public.json",
}
"""What can be set, each with what an example sets it to."""
_WHAT = {
    "bucket_cors": "a bucket's CORS rules",
    "bucket_encryption": "how new objects of a bucket are encrypted",
    "bucket_lifecycle_configuration": "a bucket's lifecycle rules",
    "bucket_notification_configuration": "whom a bucket tells what happens in it",
    "bucket_policy": "a bucket's policy",
    "bucket_tagging": "a bucket's tags",
    "bucket_versioning": "whether a bucket keeps versions",
    "bucket_website": "how a bucket is served as a website",
    "object_tagging": "an object's tags",
    "public_access_block": "what of public access to a bucket is blocked",
}
_DELETES = {
    "bucket_cors": "delete_bucket_cors",
    "bucket_encryption": "delete_bucket_encryption",
    "bucket_lifecycle_configuration": "delete_bucket_lifecycle",
    "bucket_policy": "delete_bucket_policy",
    "bucket_tagging": "delete_bucket_tagging",
    "bucket_website": "delete_bucket_website",
    "object_tagging": "delete_object_tagging",
    "public_access_block": "delete_public_access_block",
}


def _flags(parser: ActionParser, *, of_object: bool, puts: bool) -> None:
    flags.bucket(parser)
    if of_object:
        flags.key(parser)
        parser.add_flag("version_id", help="a version of it")
    if puts:
        parser.add_flag(
            "configuration",
            required=True,
            file=True,
            metavar="JSON",
            help="a file, - for stdin, or the JSON itself; as the action get_… prints it",
        )
    if of_object:
        flags.requests(parser)
    else:
        parser.add_flag(
            "expected_bucket_owner",
            metavar="ACCOUNT",
            help="fail unless the bucket is this account's",
        )


def _get(function: str, output: Output, **options: Any) -> None:
    extra_args = flags.make_extra_args(options)
    found = getattr(s3, function)(*_places(options), extra_args=extra_args, **options)
    if not found and output.style == "table":
        output.note("Nothing is set.")
        return
    output.answer(found)


def _put(function: str, output: Output, *, configuration: Any, **options: Any) -> None:
    given = read_document("configuration", configuration)
    extra_args = flags.make_extra_args(options)
    bucket, *key, region = _places(options)
    answer = getattr(s3, function)(bucket, *key, given, region, extra_args=extra_args, **options)
    _tell(output, answer, "Set." if given else "Taken away.")


def _delete(function: str, output: Output, **options: Any) -> None:
    extra_args = flags.make_extra_args(options)
    answer = getattr(s3, function)(*_places(options), extra_args=extra_args, **options)
    _tell(output, answer, "Taken away.")


def _tell(output: Output, answer: dict[str, Any], done: str) -> None:
    """Print boto's dict for programs; it holds nothing for people but headers."""
    if output.style == "table":
        output.note(done)
    else:
        output.answer(answer)


def _places(options: dict[str, Any]) -> list[Any]:
    """Take out of ``options`` what the functions are given first."""
    return [options.pop(name) for name in ("bucket", "key", "region") if name in options]


def _actions() -> Iterator[Action]:
    for name, what in _WHAT.items():
        for verb, function, method in (
            ("Show", f"get_{name}", _get),
            ("Set", f"put_{name}", _put),
            ("Take away", _DELETES.get(name, ""), _delete),
        ):
            if function:
                yield _action(function, f"{verb} {what}.", method, name)


def _action(function: str, text: str, method: Callable[..., None], name: str) -> Action:
    of_object, puts = name.startswith("object_"), method is _put
    words = ["aws_s3", function, "--bucket my-bucket"]
    words += ["--key reports/1.pdf"] if of_object else []
    words += [f"--configuration {_EXAMPLES[name]}"] if puts else []
    place = "key" if of_object else "bucket"
    return Action(
        name=function,
        help=text,
        example=" ".join(words),
        method=partial(method, function),
        flags=partial(_flags, of_object=of_object, puts=puts),
        positionals=(place, "configuration") if puts else (place,),
    )


ACTIONS = tuple(_actions())

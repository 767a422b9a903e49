"""Message attributes: plain values typed, boto's form checked as SQS would check it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import mapping, show
from ..exceptions import UsageError
from ..sentences import Sentence
from .text import check_text

MAX_NAME = 256
MAX_DIGITS = 38
MAX_EXPONENT = 126
MIN_EXPONENT = -128

_NAME = re.compile(rf"(?=.{{1,{MAX_NAME}}}\Z)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_RESERVED = ("aws.", "amazon.")
_TYPE = re.compile(r"(?P<logical>String|Number|Binary)(\..+)?", re.DOTALL)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
# A number has digits for its whole range, written out, and no more that count.
_MAX_NUMBER_TEXT = 512


def typed_attributes(given: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Return message attributes in boto's form; plain strings, numbers and bytes are typed.

    ``{"kind": "invoice", "total": 12}`` becomes a ``String`` and a ``Number``; a dict, such as
    ``{"DataType": "Number.float", "StringValue": "1.5"}``, is taken as it is. Raises
    :exc:`~philo_aws.exceptions.UsageError` for values of other types.
    """
    return {
        name: _typed(name, value) for name, value in mapping("message_attributes", given).items()
    }


def check_attribute(name: object, value: Mapping[str, Any]) -> int:
    """Return the bytes that an attribute in boto's form counts.

    Raises :exc:`~philo_aws.exceptions.UsageError`, with AWS's code for the fault, for a name, a
    data type or a value that SQS does not take.
    """
    _check_name(name)
    kind: Any = value.get("DataType")
    found = _TYPE.fullmatch(kind) if isinstance(kind, str) and len(kind) <= MAX_NAME else None
    if not found:
        raise _refused(
            name,
            gettext_noop(
                "The message attribute {name} has the DataType {value}. Give 'String', 'Number' or "
                "'Binary', where wanted with a label of your own ('Number.float'), {most} "
                "characters at most."
            ),
            value=show(kind),
            most=MAX_NAME,
        )
    check_text(_called(gettext_noop("The DataType of the message attribute {name}"), name), kind)
    binary = found["logical"] == "Binary"
    wanted = "BinaryValue" if binary else "StringValue"
    types: Any = bytes | bytearray if binary else str
    content: Any = value.get(wanted)
    if value.keys() != {"DataType", wanted} or not isinstance(content, types):
        what = Sentence(gettext_noop("bytes (in JSON: base64)") if binary else gettext_noop("text"))
        raise _refused(
            name,
            gettext_noop(
                'The message attribute {name} is a {kind}. Give it {what} as its "{wanted}", and '
                "nothing else."
            ),
            kind=show(kind),
            what=what,
            wanted=wanted,
        )
    if not content:
        raise _refused(
            name,
            gettext_noop(
                "The message attribute {name} is empty. Give it a value, or leave it out."
            ),
        )
    if found["logical"] == "Number":
        _check_number(name, content)
    elif not binary:
        check_text(_called(gettext_noop("The message attribute {name}"), name), content)
    size = len(content) if binary else len(content.encode())
    return len(str(name).encode()) + len(kind.encode()) + size


def _typed(name: object, value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    if isinstance(value, bytes | bytearray):
        return {"DataType": "Binary", "BinaryValue": bytes(value)}
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return {"DataType": "Number", "StringValue": _digits(value)}
    raise UsageError(
        Sentence(
            gettext_noop(
                "The message attribute {name} is {value}. Give a string, a number, "
                'bytes, or boto\'s form {{"DataType": "String", "StringValue": "…"}}.'
            ),
            name=show(name),
            value=show(value),
        )
    )


def _digits(value: float | Decimal) -> str:
    """Return a number written out; what has no end or is out of range stays as Python writes it."""
    if isinstance(value, int):
        # Python itself refuses to write out numbers of thousands of digits.
        return str(value) if abs(value) < 10**_MAX_NUMBER_TEXT else "1e9999"
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite() or abs(exact.adjusted()) > _MAX_NUMBER_TEXT // 2:
        return str(exact)
    return format(exact, "f")


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower().startswith(_RESERVED):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "{name} is no possible name of a message attribute: 1 to {most} letters, "
                    "digits, hyphens, underscores and single dots between them, not beginning with "
                    "'AWS.' or 'Amazon.'."
                ),
                name=show(name),
                most=MAX_NAME,
            ),
            code="InvalidParameterValue",
        )


def _check_number(name: object, text: str) -> None:
    if len(text) > _MAX_NUMBER_TEXT or not _NUMBER.fullmatch(text) or not _is_in_range(text):
        raise _refused(
            name,
            gettext_noop(
                "The message attribute {name} is {value}, which is no number for SQS: {digits} "
                "digits that count at most, from 1e{low} to 1e{high}, and below zero likewise."
            ),
            value=show(text),
            digits=MAX_DIGITS,
            low=MIN_EXPONENT,
            high=MAX_EXPONENT,
        )


def _is_in_range(text: str) -> bool:
    # Not abs(): that rounds to 28 digits.
    number = Decimal(text).copy_abs()
    if not number:
        return True
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    least, most = Decimal(10) ** MIN_EXPONENT, Decimal(10) ** MAX_EXPONENT
    return len(digits) <= MAX_DIGITS and least <= number <= most


def _refused(name: object, template: str, **values: object) -> UsageError:
    return UsageError(Sentence(template, name=show(name), **values), code="InvalidParameterValue")


def _called(template: str, name: object) -> Sentence:
    return Sentence(template, name=show(name))

"""Nested parameters of boto, looked at before they are sent: names that there are, values that fit.

botocore's model of S3 is the one table of that; what it refuses is told with the nearest name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from ...arguments import show
from ...exceptions import UsageError
from ...sentences import Sentence
from ...spelling import nearest


def check_shape(operation: str, parameter: str, value: Any) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` for what boto's ``parameter`` cannot be.

    A name that botocore does not know is refused with the one that was most likely meant, a word
    of a list of choices only where one is near: S3 may have new ones. What is missing, and what is
    of another kind, is told in botocore's words.
    """
    from botocore.validate import ParamValidator

    from ...clients import get_session

    model: Any = get_session().get_service_model("s3").operation_model(operation)
    shape = model.input_shape.members[parameter]
    _check(value, shape, parameter)
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        problems = " ".join(report.generate_report().split())
        raise UsageError(
            Sentence(
                gettext_noop("The {parameter} cannot be sent as it is: {problems}."),
                parameter=parameter,
                problems=problems,
            )
        )


def check_names(where: str, names: Iterable[str], known: Collection[str]) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` for a name of ``where`` that is not known."""
    for name in names:
        if name not in known:
            near = _near(name, known)
            hint = Sentence(gettext_noop(" Did you mean {near!r}?"), near=near) if near else ""
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "{where} has the name {name}, which S3 does not know.{hint} It can have "
                        "{known}."
                    ),
                    where=where,
                    name=show(name),
                    hint=hint,
                    known=", ".join(known),
                )
            )


def _check(value: Any, shape: Any, where: str) -> None:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        check_names(where, value, shape.members)
        for name, item in value.items():
            _check(item, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list" and isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _check(item, shape.member, f"{where}[{number}]")
    elif shape.type_name == "string" and isinstance(value, str) and shape.enum:
        near = _near(value, shape.enum)
        if value not in shape.enum and near:
            raise UsageError(
                Sentence(
                    gettext_noop("{where} is {value}. Did you mean {near!r}?"),
                    where=where,
                    value=show(value),
                    near=near,
                )
            )


def _near(name: object, known: Collection[str]) -> str | None:
    folded = {one.casefold(): one for one in known}
    return folded.get(nearest(str(name).casefold(), folded) or "")

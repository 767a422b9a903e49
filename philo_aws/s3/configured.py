"""The one table of what a bucket or an object can be set to: boto's names, and what is checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import list_of, text
from ..exceptions import ServiceError, UsageError
from ..sentences import Sentence
from .request.metadata import check_tags
from .request.shapes import check_names

MAX_BUCKET_TAGS = 50
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html"""
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
_POLICY = ("Version", "Id", "Statement")
_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)


@dataclass(frozen=True, kw_only=True)
class Configurable:
    """One thing that can be set."""

    name: str
    """What boto calls it in ``get_…`` and ``put_…``."""
    what: str
    """What it is, for people."""
    parameter: str
    """boto's parameter of ``put_…`` that has it."""
    beside: tuple[str, ...] = ()
    """Further parameters of ``put_…`` that ``get_…`` tells in the same answer."""
    inner: bool = False
    """Whether the answer of ``get_…`` has it under the name of the parameter."""
    nothing: str = ""
    """S3's code where nothing is set; empty where it answers with nothing."""
    delete: str = ""
    """boto's method that takes it away; empty where there is none."""
    read: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """Makes of boto's answer what is returned."""
    write: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """Makes of what is given what is checked and sent."""
    sent: Callable[[dict[str, Any]], Any] = dict
    """Makes of that the value of the parameter."""

    @property
    def of_object(self) -> bool:
        """Whether it is an object's, and not a bucket's."""
        return self.name.startswith("object_")

    def told(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return what boto's answer to ``get_…`` says is set; empty for nothing."""
        found = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
        return self.read(dict(found.get(self.parameter) or {}) if self.inner else found)

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return boto's arguments of ``put_…`` for what ``get_…`` returned, or boto answered.

        None where that is nothing, and can be taken away. Raises
        :exc:`~philo_aws.exceptions.UsageError`.
        """
        found = {name: value for name, value in given.items() if not _is_transport(name, given)}
        inner = found.get(self.parameter)
        if len(found) == 1 and isinstance(inner, Mapping):
            found = dict(inner)
        beside = {name: found.pop(name) for name in self.beside if name in found}
        made = self.write(found)
        if not made and not beside and self.delete:
            return {}
        return {self.parameter: self.sent(made), **beside}


def _is_transport(name: str, given: Mapping[str, Any]) -> bool:
    """Say whether a name of an answer is of the answer, and not of what is set.

    A tag may have any name.
    """
    if name == "ResponseMetadata":
        return isinstance(given[name], Mapping)
    return name == "VersionId" and isinstance(given.get("TagSet"), list)


def _tags(given: dict[str, Any]) -> dict[str, Any]:
    """Return tags as boto has them; they may also be given by name."""
    if not isinstance(given.get("TagSet"), list | tuple):
        given = {"TagSet": [{"Key": name, "Value": value} for name, value in given.items()]}
    check_names("Tagging", given, ("TagSet",))
    named: dict[str, str] = {}
    for tag in list_of("TagSet", given["TagSet"], dict, "tag with Key and Value"):
        check_names("A tag", tag, ("Key", "Value"))
        name = text("The Key of a tag", tag.get("Key"))
        if name in named:
            raise UsageError(
                Sentence(
                    gettext_noop("Two tags have the name {name!r}. Keep one of them."), name=name
                )
            )
        named[name] = text(f"The Value of the tag {name!r}", tag.get("Value"))
    return (
        {"TagSet": [{"Key": name, "Value": value} for name, value in named.items()]}
        if named
        else {}
    )


def _tags_of_object(given: dict[str, Any]) -> dict[str, Any]:
    made = _tags(given)
    check_tags({tag["Key"]: tag["Value"] for tag in made.get("TagSet", ())})
    return made


def _tags_of_bucket(given: dict[str, Any]) -> dict[str, Any]:
    made = _tags(given)
    found = made.get("TagSet", ())
    if len(found) > MAX_BUCKET_TAGS:
        raise UsageError(
            Sentence(
                gettext_noop("A bucket can have {most} tags; these are {count}. Remove some."),
                most=MAX_BUCKET_TAGS,
                count=len(found),
            )
        )
    for tag in found:
        # AWS's own, such as CloudFormation's, have to be put back as they are.
        if not tag["Key"].startswith("aws:"):
            check_tags({tag["Key"]: tag["Value"]})
    return made


def _tags_told(answer: dict[str, Any]) -> dict[str, Any]:
    # Some stores leave out the value of a tag that has an empty one.
    found = [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in answer.get("TagSet", ())]
    return {"TagSet": found} if found else {}


def _policy(given: dict[str, Any]) -> dict[str, Any]:
    """Return a policy of which every name is one; it may be boto's, whose policy is a text."""
    if list(given) == ["Policy"] and isinstance(given["Policy"], str):
        given = _policy_told(given)
    if not given:
        return {}
    check_names("The policy", given, _POLICY)
    statements = given.get("Statement")
    for number, statement in enumerate(
        statements if isinstance(statements, list) else [statements]
    ):
        if not isinstance(statement, Mapping):
            raise UsageError(
                Sentence(
                    gettext_noop("The policy has no Statement. Give {example}."),
                    example='{"Statement": [{…}, …]}',
                )
            )
        check_names(f"Statement[{number}] of the policy", statement, _STATEMENT)
    return given


def _policy_told(answer: dict[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(answer["Policy"])
    except (KeyError, ValueError, RecursionError) as error:
        raise ServiceError(
            Sentence(gettext_noop("The store gives a policy that cannot be read as JSON."))
        ) from error
    return dict(found)


def _versioning(given: dict[str, Any]) -> dict[str, Any]:
    if "Status" not in given:
        raise UsageError(
            Sentence(
                gettext_noop("Versioning cannot be taken away again. Give {on} or {suspended}."),
                on='{"Status": "Enabled"}',
                suspended='{"Status": "Suspended"}',
            )
        )
    return given


CONFIGURABLES = {
    each.name: each
    for each in (
        Configurable(
            name="object_tagging",
            what="the tags of an object",
            parameter="Tagging",
            delete="delete_object_tagging",
            read=_tags_told,
            write=_tags_of_object,
        ),
        Configurable(
            name="bucket_tagging",
            what="the tags of a bucket",
            parameter="Tagging",
            nothing="NoSuchTagSet",
            delete="delete_bucket_tagging",
            read=_tags_told,
            write=_tags_of_bucket,
        ),
        Configurable(
            name="bucket_versioning",
            what="whether a bucket keeps versions",
            parameter="VersioningConfiguration",
            write=_versioning,
        ),
        Configurable(
            name="bucket_lifecycle_configuration",
            what="the lifecycle rules of a bucket",
            parameter="LifecycleConfiguration",
            beside=("TransitionDefaultMinimumObjectSize",),
            nothing="NoSuchLifecycleConfiguration",
            delete="delete_bucket_lifecycle",
        ),
        Configurable(
            name="bucket_cors",
            what="the CORS rules of a bucket",
            parameter="CORSConfiguration",
            nothing="NoSuchCORSConfiguration",
            delete="delete_bucket_cors",
        ),
        Configurable(
            name="bucket_policy",
            what="the policy of a bucket",
            parameter="Policy",
            nothing="NoSuchBucketPolicy",
            delete="delete_bucket_policy",
            read=_policy_told,
            write=_policy,
            sent=json.dumps,
        ),
        Configurable(
            name="public_access_block",
            what="what of public access to a bucket is blocked",
            parameter="PublicAccessBlockConfiguration",
            inner=True,
            nothing="NoSuchPublicAccessBlockConfiguration",
            delete="delete_public_access_block",
        ),
        Configurable(
            name="bucket_encryption",
            what="how new objects of a bucket are encrypted",
            parameter="ServerSideEncryptionConfiguration",
            inner=True,
            nothing="ServerSideEncryptionConfigurationNotFoundError",
            delete="delete_bucket_encryption",
        ),
        Configurable(
            name="bucket_website",
            what="how a bucket is served as a website",
            parameter="WebsiteConfiguration",
            nothing="NoSuchWebsiteConfiguration",
            delete="delete_bucket_website",
        ),
        Configurable(
            name="bucket_notification_configuration",
            what="whom a bucket tells what happens in it",
            parameter="NotificationConfiguration",
        ),
    )
}
"""Everything that can be set, by boto's name of it."""

"""System checks of ``settings.AWS``; they never touch the network.

The groups of ``AWS["access"]`` are looked for in the database, where a check may ask it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Warned
from django.db import DatabaseError, router

from .access import EVERYBODY, Rule, rules_of_setting
from .spelling import nearest
from .validation import validate

if TYPE_CHECKING:
    from django.apps import AppConfig

TAG = "philo_aws"


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report each problem of ``settings.AWS`` as ``philo_aws.E…``."""
    return [
        Error(problem.message, hint=problem.hint, id=f"philo_aws.{problem.id}")
        for problem in validate(getattr(settings, "AWS", {}))
    ]


def check_actions(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report actions of ``AWS["access"]`` that are no permissions of this app: they open nothing.

    In ``manage.py check`` without tags, as ``philo_aws.E016``.
    """
    known = known_actions()
    found: list[CheckMessage] = []
    for number, rule in enumerate(_rules()):
        for action in sorted((rule.actions or frozenset()) - known):
            near = nearest(action, known)
            found.append(
                Error(
                    f'AWS["access"][{number}]["actions"] has {action!r:.80}, which is no action.',
                    hint=f'Did you mean "{near}"?'
                    if near
                    else f"The actions are: {', '.join(sorted(known))}.",
                    id="philo_aws.E016",
                )
            )
    return found


def known_actions() -> frozenset[str]:
    """Return the codenames of the permissions of buckets and queues."""
    found: set[str] = set()
    for model in apps.get_app_config("philo_aws").get_models():
        options = model._meta  # noqa: SLF001 - Django documents it
        found |= {f"{word}_{options.model_name}" for word in options.default_permissions}
        found |= {codename for codename, _sentence in options.permissions}
    return frozenset(found)


def check_groups(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Warn of groups of ``AWS["access"]`` that there are not, as ``philo_aws.W001``.

    It asks the database, once, so it runs as Django's checks of databases do: by ``manage.py check
    --database default`` and before ``migrate``.
    """
    rules = _rules()
    if not rules or not apps.is_installed("django.contrib.auth"):
        return []
    from django.contrib.auth.models import Group

    alias = router.db_for_read(Group)
    if alias not in (databases or ()):
        return []
    named = {name for rule in rules for name in rule.groups} - {EVERYBODY}
    try:
        known = set(Group.objects.using(alias).values_list("name", flat=True))
    except DatabaseError:
        # Before the first "migrate" there is no table.
        return []
    return list(_unknown_groups(named - known, known))


def _unknown_groups(unknown: set[str], known: set[str]) -> Iterator[CheckMessage]:
    for name in sorted(unknown):
        near = nearest(name, known)
        yield Warned(
            f'AWS["access"] names the group {name!r:.80}, which there is not.',
            hint=f'Did you mean "{near}"?' if near else "Make it in the admin, or mend its name.",
            id="philo_aws.W001",
        )


def _rules() -> tuple[Rule, ...]:
    value = getattr(settings, "AWS", {})
    # What is wrong with its form has been told by the other check.
    if validate(value) or value.get("access") is None:
        return ()
    return rules_of_setting(value["access"])

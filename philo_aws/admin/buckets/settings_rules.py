"""Add, change and remove one rule of a bucket; all others are written back as they were read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import ConflictError
from ...s3.web.bucket_rules import PlainRule, plain_rule, upload_rule
from ...s3.web.cors import rules_allow
from ..text import visible
from .rule_words import in_english, of_cors_in_english, say, say_cors, written
from .settings_base import SettingView, fingerprint
from .settings_forms import CorsRuleForm, LifecycleRuleForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

RULES = {"bucket_cors": "CORSRules", "bucket_lifecycle_configuration": "Rules"}
"""Under which name boto has the rules of a setting."""


class RuleView(SettingView):
    """A page about one rule, which ``?rule=`` names by its fingerprint."""

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules there are."""
        return list(self.found.get(RULES[self.setting], ()))

    @cached_property
    def place(self) -> int | None:
        """At which place the rule of the address stands; ``None`` for one that is new."""
        wanted = self.parameter("rule")
        if not wanted:
            return None
        for number, rule in enumerate(self.rules):
            if fingerprint(rule) == wanted:
                return number
        raise ConflictError(
            gettext(
                "The rule is not there any more: somebody else changed or removed it. Nothing was "
                "saved."
            )
        )

    @property
    def rule(self) -> dict[str, Any]:
        """The rule; empty for one that is new."""
        return {} if self.place is None else self.rules[self.place]

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        rules, rule = self.rules, self.make_rule(data)
        if self.place is None:
            rules.append(rule)
        else:
            rules[self.place] = rule
        return {**self.found, RULES[self.setting]: rules}

    def make_rule(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rule by boto's names."""
        raise NotImplementedError

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        verb = "Added" if self.place is None else "Changed"
        return gettext("The rule was saved."), f"{verb} {self.in_english(self.make_rule(data))}."

    def in_english(self, rule: Mapping[str, Any]) -> str:
        """Return what a rule is, for the history."""
        raise NotImplementedError


class CorsRuleView(RuleView):
    """One CORS rule: which other sites may use the bucket from a browser."""

    route = "<str:object_id>/settings/cors/"
    title = _("Rule for other sites (CORS)")
    setting = "bucket_cors"
    form_class = CorsRuleForm

    def get_initial(self) -> dict[str, Any]:
        return dict(self.rule)

    def make_rule(self, data: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in data.items() if value not in ([], None, "")}
        kept = {name: value for name, value in self.rule.items() if name not in data}
        return {**kept, **given}

    def in_english(self, rule: Mapping[str, Any]) -> str:
        return of_cors_in_english(rule)


class AllowUploadsView(RuleView):
    """Lets the pages of this site send files straight to the bucket, by one press of a button."""

    route = "<str:object_id>/settings/allow-uploads/"
    title = _("Allow uploads from this site")
    submit_label = _("Allow uploads from this site")
    setting = "bucket_cors"

    def get_summary(self) -> list[Any]:
        return [
            gettext(
                "Pages of %(origin)s may then send files straight to the bucket, by a link that "
                "this site signs for each. Other rules stay as they are."
            )
            % {"origin": visible(origin_of(self.request))}
        ]

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        if rules_allow(self.rules, origin_of(self.request), "PUT"):
            return self.found
        return super().make(data)

    def make_rule(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return upload_rule(origin_of(self.request))

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        origin = visible(origin_of(self.request))
        told = gettext("Uploads from %(origin)s go straight to S3 from now on.")
        return told % {"origin": origin}, f"Allowed uploads from {origin}."


class LifecycleRuleView(RuleView):
    """One plain lifecycle rule."""

    route = "<str:object_id>/settings/lifecycle/"
    title = _("Lifecycle rule")
    setting = "bucket_lifecycle_configuration"
    form_class = LifecycleRuleForm

    def get_summary(self) -> list[Any]:
        return [
            _(
                "S3 does this by itself, about once a day, and nobody is asked. Where the bucket "
                "keeps no versions, what is deleted is gone for good."
            )
        ]

    def get_initial(self) -> dict[str, Any]:
        if self.place is None:
            return {"deed": "abort", "days": 7, "enabled": True}
        plain = self.plain
        return {name: getattr(plain, name) for name in LifecycleRuleForm.base_fields}

    @property
    def plain(self) -> PlainRule:
        """The rule that is there. Raises ConflictError for one that the form cannot hold."""
        found = plain_rule(self.rule)
        if found is None:
            raise ConflictError(
                gettext("This rule says more than this form can hold, so it is left as it is.")
            )
        return found

    def make_rule(self, data: Mapping[str, Any]) -> dict[str, Any]:
        before = None if self.place is None else self.rule
        return PlainRule(**data).written(before)

    def in_english(self, rule: Mapping[str, Any]) -> str:
        return in_english(rule)


class RemoveRuleView(RuleView):
    """Removes one rule of a list."""

    submit_label = _("Remove")
    destructive = True

    def get_form(self, *, bound: bool) -> None:
        super().get_form(bound=bound)
        if self.place is None:
            raise ConflictError(gettext("No rule was named."))

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        rules = self.rules
        del rules[self.place or 0]
        return {**self.found, RULES[self.setting]: rules} if rules else {}

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        return gettext("The rule was removed."), f"Removed {self.in_english(self.rule)}."

    def get_summary(self) -> list[Any]:
        return [_("This rule is removed. All others stay as they are.")]


class RemoveCorsRuleView(RemoveRuleView):
    """Removes a CORS rule."""

    route = "<str:object_id>/settings/cors/remove/"
    title = _("Remove rule for other sites")
    setting = "bucket_cors"

    def get_items(self) -> list[str]:
        return [say_cors(self.rule)]

    def in_english(self, rule: Mapping[str, Any]) -> str:
        return of_cors_in_english(rule)


class RemoveLifecycleRuleView(RemoveRuleView):
    """Removes a lifecycle rule."""

    route = "<str:object_id>/settings/lifecycle/remove/"
    title = _("Remove lifecycle rule")
    setting = "bucket_lifecycle_configuration"

    def get_items(self) -> list[str]:
        plain = plain_rule(self.rule)
        return [say(plain) if plain else written(self.rule, indent=None)]

    def in_english(self, rule: Mapping[str, Any]) -> str:
        return in_english(rule)


def origin_of(request: HttpRequest) -> str:
    """Return the origin of this site's pages, as the browser says it where it does.

    Django has compared that with the site before it let the request pass.
    """
    said = request.headers.get("Origin", "")
    if said.startswith(("https://", "http://")):
        return said
    return f"{request.scheme}://{request.get_host()}"

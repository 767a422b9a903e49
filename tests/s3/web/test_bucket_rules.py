from __future__ import annotations

from typing import Any

import pytest

from philo_aws.s3.web.bucket_rules import PlainRule, plain_rule, upload_rule
from philo_aws.s3.web.cors import rules_allow

ABORT = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
EXPIRE = {"Expiration": {"Days": 30}}
MOVE = {"Transitions": [{"Days": 0, "StorageClass": "GLACIER"}]}


@pytest.mark.parametrize("about", [{"Filter": {"Prefix": "a/"}}, {"Prefix": "a/"}, {"Filter": {}}])
@pytest.mark.parametrize("deed", [ABORT, EXPIRE, MOVE])
@pytest.mark.parametrize("status", ["Enabled", "Disabled"])
def test_a_plain_rule_comes_back_as_it_was_written(
    about: dict[str, Any], deed: dict[str, Any], status: str
) -> None:
    rule = {"ID": "x", "Status": status, **about, **deed}
    plain = plain_rule(rule)
    assert plain is not None
    assert plain.enabled is (status == "Enabled")
    assert plain.prefix == ("" if about == {"Filter": {}} else "a/")
    assert plain.written(rule) == rule


@pytest.mark.parametrize(
    "more",
    [
        {},
        ABORT | EXPIRE,
        {"Filter": {"Tag": {"Key": "a", "Value": "b"}}, **EXPIRE},
        {"Filter": {"And": {"Prefix": "a/", "ObjectSizeLessThan": 9}}, **EXPIRE},
        {"Filter": {"Prefix": "a/"}, "Prefix": "b/", **EXPIRE},
        {"Expiration": {"ExpiredObjectDeleteMarker": True}},
        {"Expiration": {"Date": "2030-01-01T00:00:00Z"}},
        {"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}},
        {"Transitions": []},
        {"Transitions": [*MOVE["Transitions"], *MOVE["Transitions"]]},
        {"Transitions": [{"Date": "2030-01-01T00:00:00Z", "StorageClass": "GLACIER"}]},
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        {"SomethingNew": {"Days": 1}},
        {"SomethingNew": 1, **EXPIRE},
    ],
)
def test_what_says_more_is_no_plain_rule(more: dict[str, Any]) -> None:
    assert plain_rule({"ID": "x", "Status": "Enabled", **more}) is None


def test_a_rule_is_written_anew() -> None:
    made = PlainRule(deed="move", days=3, storage_class="GLACIER", prefix="a/", enabled=False)
    assert made.written() == {
        "Filter": {"Prefix": "a/"},
        "Status": "Disabled",
        "Transitions": [{"Days": 3, "StorageClass": "GLACIER"}],
    }
    before = {"Prefix": "b/", "Status": "Enabled", **EXPIRE}
    assert "Prefix" not in made.written(before)
    assert made.written(before)["Filter"] == {"Prefix": "a/"}


def test_the_rule_for_uploads_lets_this_site_alone_upload() -> None:
    rule = upload_rule("https://www.example.com")
    assert rules_allow([rule], "https://www.example.com", "PUT")
    assert not rules_allow([rule], "https://www.example.com", "GET")
    assert not rules_allow([rule], "https://example.com", "PUT")

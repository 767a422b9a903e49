"""Rules of a bucket, one at a time: all others are written back as they were read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from philo_aws import s3
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of
from tests.admin.buckets.test_settings_parts import save
from tests.servers import LocalAWS

# What no form here can hold.
OTHERS: list[dict[str, Any]] = [
    {
        "ID": "of tags and sizes",
        "Filter": {
            "And": {
                "Prefix": "a <b> & c/",
                "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "m"}],
                "ObjectSizeGreaterThan": 128,
            }
        },
        "Status": "Enabled",
        "Transitions": [
            {"Days": 30, "StorageClass": "STANDARD_IA"},
            {"Days": 90, "StorageClass": "GLACIER"},
        ],
    },
    {
        "ID": "of a day",
        "Filter": {"Prefix": "old/"},
        "Status": "Disabled",
        "Expiration": {"Date": datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC)},
    },
    {
        "ID": "of versions",
        "Filter": {"Prefix": ""},
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
    },
]
RULE = {"deed": "expire", "days": "30", "prefix": "logs/", "enabled": "on", "name": "mine"}


def rules_of(bucket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = s3.get_bucket_lifecycle_configuration(bucket).get("Rules", [])
    return found


def link(pages: Pages, name: str) -> dict[str, str]:
    """The query of a link on the settings page, by what is read to a person of it."""
    body = pages.get("settings").content.decode()
    [found] = re.findall(rf'<a href="[^"]*\?rule=(\w+)" aria-label="{name}"', unescape(body))
    return {"rule": found}


@pytest.mark.parametrize(
    ("data", "said", "wanted"),
    [
        (
            {"deed": "abort", "days": "7"},
            "abort unfinished uploads after 7 days",
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        ),
        (
            {"deed": "expire", "days": "30", "prefix": "logs/"},
            "delete objects below 'logs/' after 30 days",
            {"Expiration": {"Days": 30}},
        ),
        (
            {"deed": "move", "days": "60", "storage_class": "GLACIER"},
            "move objects to GLACIER after 60 days",
            {"Transitions": [{"Days": 60, "StorageClass": "GLACIER"}]},
        ),
    ],
)
def test_a_rule_is_added_and_others_are_left(
    aws: LocalAWS,
    pages: Pages,
    history: Callable[[str], list[str]],
    calls: list[str],
    data: dict[str, str],
    said: str,
    wanted: dict[str, Any],
) -> None:
    s3.put_bucket_lifecycle_configuration(pages.bucket, {"Rules": OTHERS})
    before = rules_of(pages.bucket)
    save(pages, "lifecycle", {"enabled": "on", "name": "mine", **data})
    read = "GetBucketLifecycleConfiguration"
    assert calls == [read, read, "PutBucketLifecycleConfiguration"]
    *others, rule = rules_of(pages.bucket)
    assert others == before
    assert rule.pop("Filter")["Prefix"] == data.get("prefix", "")
    assert rule == {"ID": "mine", "Status": "Enabled", **wanted}
    assert history(pages.bucket) == [f"Added the lifecycle rule: {said}."]


def test_a_rule_is_changed_at_its_place_and_removed(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    s3.put_bucket_lifecycle_configuration(pages.bucket, {"Rules": OTHERS[:1]})
    save(pages, "lifecycle", RULE)
    given = s3.get_bucket_lifecycle_configuration(pages.bucket)
    s3.put_bucket_lifecycle_configuration(
        pages.bucket, {**given, "Rules": [*given["Rules"], *OTHERS[1:]]}
    )
    first, mine, *rest = rules_of(pages.bucket)
    where = link(pages, "Change lifecycle rule 2")
    assert 'value="30"' in pages.get("settings/lifecycle", **where).content.decode()
    save(pages, "lifecycle", {**RULE, "days": "31", "enabled": ""}, **where)
    changed = {**mine, "Status": "Disabled", "Expiration": {"Days": 31}}
    assert rules_of(pages.bucket) == [first, changed, *rest]
    save(pages, "lifecycle/remove", {}, **link(pages, "Remove lifecycle rule 2"))
    assert rules_of(pages.bucket) == [first, *rest]
    for _ in range(3):
        save(pages, "lifecycle/remove", {}, **link(pages, "Remove lifecycle rule 1"))
    assert s3.get_bucket_lifecycle_configuration(pages.bucket) == {}
    assert history(pages.bucket)[1:4] == [
        "Changed the lifecycle rule: delete objects below 'logs/' after 31 days, switched off.",
        "Removed the lifecycle rule: delete objects below 'logs/' after 31 days, switched off.",
        "Removed the lifecycle rule 'of tags and sizes'.",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"days": "0"}, "Give one day at least."),
        ({"deed": "abort", "days": "0"}, "Give one day at least."),
        ({"deed": "move"}, "Choose where the objects are moved to."),
        (
            {"deed": "move", "storage_class": "STANDARD_IA", "days": "29"},
            "after 30 days at least",
        ),
        ({"days": ""}, "This field is required."),
        ({"days": str(2**31)}, "less than or equal to"),
    ],
)
@pytest.mark.aws_servers("ministack")
def test_a_rule_that_cannot_be_is_refused(
    aws: LocalAWS,
    pages: Pages,
    text_of: Callable[[Any], str],
    calls: list[str],
    data: dict[str, str],
    words: str,
) -> None:
    assert words in text_of(save(pages, "lifecycle", {**RULE, **data}))
    assert set(calls) == {"GetBucketLifecycleConfiguration"}


@pytest.mark.aws_servers("ministack")
def test_a_rule_that_says_more_than_the_form_holds_is_left(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3.put_bucket_lifecycle_configuration(pages.bucket, {"Rules": OTHERS})
    before = rules_of(pages.bucket)
    where = link(pages, "Remove lifecycle rule 1")
    assert "more than this form can hold" in text_of(pages.get("settings/lifecycle", **where))
    answer = pages.post("settings/lifecycle", RULE, **where)
    assert "more than this form can hold" in text_of(answer)
    assert rules_of(pages.bucket) == before
    removal = text_of(pages.get("settings/lifecycle/remove", **where))
    assert '"ObjectSizeGreaterThan": 128' in removal


def test_a_rule_of_somebody_else_is_not_lost(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], history: Callable[[str], list[str]]
) -> None:
    save(pages, "lifecycle", RULE)
    where = link(pages, "Change lifecycle rule 1")
    opened = hidden_of(pages.get("settings/lifecycle", **where))
    new = hidden_of(pages.get("settings/lifecycle"))
    before = s3.get_bucket_lifecycle_configuration(pages.bucket)
    theirs = {**before, "Rules": [*before["Rules"], *OTHERS[1:2]]}
    s3.put_bucket_lifecycle_configuration(pages.bucket, theirs)
    for seen, query in ((opened, where), (new, {})):
        answer = pages.post("settings/lifecycle", {**seen, **RULE, "days": "1"}, **query)
        assert "changed by somebody else" in text_of(answer)
    answer = pages.post("settings/lifecycle/remove", opened, **where)
    assert "changed by somebody else" in text_of(answer)
    assert [rule["ID"] for rule in rules_of(pages.bucket)] == ["mine", "of a day"]
    # And where the rule itself is another one by now.
    s3.delete_bucket_lifecycle(pages.bucket)
    for page in ("lifecycle", "lifecycle/remove"):
        answer = pages.post(f"settings/{page}", {**opened, **RULE}, **where)
        assert "The rule is not there any more" in text_of(answer)
    assert rules_of(pages.bucket) == []
    assert len(history(pages.bucket)) == 1


CORS: dict[str, Any] = {
    "ID": "theirs",
    "AllowedMethods": ["GET"],
    "AllowedOrigins": ["https://*.example.com"],
    "AllowedHeaders": ["Range"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 60,
}


def test_uploads_from_this_site_are_allowed_by_one_press(
    aws: LocalAWS,
    pages: Pages,
    history: Callable[[str], list[str]],
    text_of: Callable[[Any], str],
    calls: list[str],
) -> None:
    s3.put_bucket_cors(pages.bucket, {"CORSRules": [CORS]})
    before = s3.get_bucket_cors(pages.bucket)["CORSRules"]
    page = pages.get("settings")
    calls.clear()
    answer = pages.post("settings/allow-uploads", hidden_of(page))
    assert answer.headers["Location"] == pages.path("settings")
    assert calls == ["GetBucketCors", "PutBucketCors"]
    *others, rule = s3.get_bucket_cors(pages.bucket)["CORSRules"]
    assert others == before
    assert rule == {
        "AllowedHeaders": ["*"],
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": ["http://testserver"],
        "MaxAgeSeconds": 3600,
    }
    # Now the page of uploads sends straight to the bucket.
    begun = pages.client.post(
        pages.path("upload/begin"),
        {"key": "a", "size": 1},
        content_type="application/json",
        headers={"Origin": "http://testserver"},
    )
    assert begun.json()["direct"] is True
    assert "go straight to S3" in text_of(pages.get("settings"))
    assert history(pages.bucket) == ["Allowed uploads from http://testserver."]


def test_what_is_allowed_already_is_not_allowed_twice(
    aws: LocalAWS, pages: Pages, calls: list[str]
) -> None:
    rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(pages.bucket, {"CORSRules": [rule]})
    save(pages, "allow-uploads", {})
    assert "PutBucketCors" not in calls


@pytest.mark.aws_servers("ministack")
def test_to_allow_uploads_takes_a_token_and_what_was_seen(
    aws: LocalAWS, bucket: str, admin_user: Any, text_of: Callable[[Any], str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert Pages(client, bucket).post("settings/allow-uploads").status_code == 403
    client = Client()
    client.force_login(admin_user)
    answer = Pages(client, bucket).post("settings/allow-uploads")
    assert "changed by somebody else" in text_of(answer)
    assert s3.get_bucket_cors(bucket) == {}


def test_a_cors_rule_is_added_changed_and_removed(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    s3.put_bucket_cors(pages.bucket, {"CORSRules": [CORS]})
    data = {
        "AllowedOrigins": "https://a.example.com\n\n https://b.example.com \n",
        "AllowedMethods": ["GET", "HEAD"],
    }
    save(pages, "cors", data)
    theirs, mine = s3.get_bucket_cors(pages.bucket)["CORSRules"]
    assert theirs == CORS
    assert mine == {
        "AllowedOrigins": ["https://a.example.com", "https://b.example.com"],
        "AllowedMethods": ["GET", "HEAD"],
    }
    where = link(pages, "Change rule 1 for other sites")
    assert "https://*.example.com" in pages.get("settings/cors", **where).content.decode()
    changed = {"AllowedOrigins": "*", "AllowedMethods": ["GET"], "MaxAgeSeconds": "0"}
    save(pages, "cors", changed, **where)
    first, second = s3.get_bucket_cors(pages.bucket)["CORSRules"]
    assert first == {
        "ID": "theirs",
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET"],
        "MaxAgeSeconds": 0,
    }
    assert second == mine
    for _ in range(2):
        save(pages, "cors/remove", {}, **link(pages, "Remove rule 1 for other sites"))
    assert s3.get_bucket_cors(pages.bucket) == {}
    assert history(pages.bucket) == [
        "Added the CORS rule: GET, HEAD from https://a.example.com, https://b.example.com.",
        "Changed the CORS rule: GET from *.",
        "Removed the CORS rule: GET from *.",
        "Removed the CORS rule: GET, HEAD from https://a.example.com, https://b.example.com.",
    ]


@pytest.mark.parametrize(
    ("origins", "words"),
    [
        ("https://*.*.example.com", "Only one * in a site."),
        ("https://example.com/", "No browser sends a site with a slash at its end."),
        ("", "This field is required."),
    ],
)
@pytest.mark.aws_servers("ministack")
def test_a_site_that_no_browser_says_is_refused(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], origins: str, words: str
) -> None:
    answer = save(pages, "cors", {"AllowedOrigins": origins, "AllowedMethods": ["GET"]})
    assert words in text_of(answer)
    assert s3.get_bucket_cors(pages.bucket) == {}


@pytest.mark.aws_servers("ministack")
def test_a_removal_names_its_rule(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    for page in ("cors/remove", "lifecycle/remove"):
        assert "No rule was named." in text_of(pages.get(f"settings/{page}"))
        assert "No rule was named." in text_of(pages.post(f"settings/{page}"))

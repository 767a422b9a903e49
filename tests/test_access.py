"""What the rules of `AWS["access"]` open, and what is wrong with some."""

from __future__ import annotations

from typing import Any

import pytest

from philo_aws.access import Access, access_of, faults, rules_of_setting

WHERE = 'AWS["access"]'


def access(*rules: dict[str, Any], groups: tuple[str, ...] = ("Editors",)) -> Access:
    value = [{"groups": ["Editors"], **rule} for rule in rules]
    assert list(faults(WHERE, value)) == []
    return access_of(rules_of_setting(value), groups)


def test_without_rules_all_is_open() -> None:
    all_of_it = access_of(None, ())
    assert not all_of_it.is_limited
    assert all_of_it.to_bucket("b", "delete_bucket")
    assert all_of_it.prefixes("b", "list_objects") == ("",)
    assert all_of_it.to_queue("us-east-1/q", "purge_queue")
    assert all_of_it.to_any_bucket("view_bucket")
    assert all_of_it.to_any_queue("view_queue")


@pytest.mark.parametrize("found", [access(), access({"buckets": ["b"]}, groups=("Others",))])
def test_without_a_rule_of_ones_own_nothing_is(found: Access) -> None:
    assert found.is_limited
    assert not found.to_bucket("b", "view_bucket", None)
    assert found.prefixes("b", "list_objects") == ()
    assert not found.to_queue("us-east-1/q", "view_queue")
    assert not found.to_any_bucket("view_bucket")
    assert not found.to_any_queue("view_queue")


def test_a_star_is_for_all_of_the_staff() -> None:
    assert access({"groups": ["*"], "buckets": ["b"]}, groups=()).to_bucket("b", "x")


@pytest.mark.parametrize(
    ("pattern", "bucket", "is_open"),
    [
        ("media", "media", True),
        ("media", "media-2", False),
        ("media", "Media", False),
        ("media-*", "media-eu", True),
        ("media-*", "media", False),
        ("*", "anything", True),
        ("m*-*a", "media-data", True),
        ("me.ia", "media", False),
        # The names of access points, which lead to other buckets.
        ("*", "arn:aws:s3:eu-west-1:123456789012:accesspoint/media", False),
        ("media-*", "media-0123456789abcdefghij0123456-s3alias", False),
        ("media-*-s3alias", "media-0123456789abcdefghij0123456-s3alias", True),
        ("*", "media-x--ol-s3", False),
        (
            "arn:aws:s3:eu-west-1:*:accesspoint/m*",
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/media",
            True,
        ),
        (
            "arn:aws:s3:eu-west-1:*:accesspoint/m*",
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/m/object/x",
            False,
        ),
    ],
)
def test_a_bucket_by_its_pattern(pattern: str, bucket: str, is_open: bool) -> None:
    assert access({"buckets": [pattern]}).to_bucket(bucket, "list_objects") is is_open


@pytest.mark.parametrize(
    ("key", "is_open"),
    [
        ("exports/", True),
        ("exports/a", True),
        ("exports/2026/b", True),
        (None, True),
        ("", False),
        ("exports", False),
        ("e", False),
        ("exports-2/a", False),
        ("Exports/a", False),
        ("/exports/a", False),
        # Somebody before the store may take these for steps.
        ("exports/../secret", False),
        ("exports/..", False),
        ("exports/./a", False),
        ("exports/..a/...", True),
        ("exports/line\nfeed", True),
    ],
)
def test_a_folder_and_all_below_it(key: str | None, is_open: bool) -> None:
    found = access({"buckets": ["media-*/exports/"]})
    assert found.to_bucket("media-eu", "list_objects", key) is is_open
    assert not found.to_bucket("other", "list_objects", key)


def test_the_prefix_of_an_access_point() -> None:
    arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/media"
    found = access({"buckets": [f"{arn}/exports/"]})
    assert found.to_bucket(arn, "list_objects", "exports/a")
    assert not found.to_bucket(arn, "list_objects", "")


def test_rules_add_up_and_each_has_its_own_actions() -> None:
    found = access(
        {"buckets": ["b/in/"], "actions": ["upload_object", "list_objects"]},
        {"buckets": ["b/out/"], "actions": ["list_objects"]},
        {"buckets": ["*"], "actions": ["view_bucket"]},
    )
    assert found.to_bucket("b", "upload_object", "in/a")
    assert not found.to_bucket("b", "upload_object", "out/a")
    assert not found.to_bucket("b", "delete_object", "in/a")
    assert found.prefixes("b", "list_objects") == ("in/", "out/")
    assert found.prefixes("b", "view_bucket") == ("",)
    assert found.to_any_bucket("upload_object")
    assert not found.to_any_bucket("delete_bucket")
    assert not found.to_any_queue("view_queue")


@pytest.mark.parametrize(
    ("pattern", "queue", "is_open"),
    [
        ("orders*", "eu-west-1/orders", True),
        ("orders*", "us-east-1/orders-dead.fifo", True),
        ("orders", "us-east-1/orders.fifo", False),
        ("eu-*/orders", "eu-west-1/orders", True),
        ("eu-*/orders", "us-east-1/orders", False),
        ("orders", "eu-west-1/Orders", False),
        ("*.fifo", "eu-west-1/a.fifo", True),
    ],
)
def test_a_queue_by_its_pattern(pattern: str, queue: str, is_open: bool) -> None:
    found = access({"queues": [pattern], "actions": ["view_queue"]})
    assert found.to_queue(queue, "view_queue") is is_open
    assert not found.to_queue(queue, "purge_queue")
    assert found.to_any_queue("view_queue")


GROUPS = {"groups": ["Editors"]}


@pytest.mark.parametrize(
    ("value", "where", "wrong", "cure"),
    [
        ("all", "", "is a str, not a list of rules", 'Write [{"groups"'),
        ({"groups": ["A"]}, "", "is a dict, not a list of rules", 'Write [{"groups"'),
        (["media"], "[0]", "is 'media', not a dict", 'Write {"groups"'),
        ([{"buckets": ["b"]}], '[0]["groups"]', "is None, not a list of names", '["Editors"]'),
        ([{"groups": "A", "buckets": ["b"]}], '[0]["groups"]', "is 'A'", '["Editors"]'),
        ([{"groups": [], "buckets": ["b"]}], '[0]["groups"]', "is []", '["Editors"]'),
        ([GROUPS], "[0]", "opens neither buckets nor queues", 'Write {"groups"'),
        (
            [GROUPS | {"buckets": ["b"], "group": ["x"]}],
            "[0]",
            "has the unknown key 'group'",
            "There are groups, buckets, queues, actions.",
        ),
        ([GROUPS | {"buckets": "b"}], '[0]["buckets"]', "is 'b'", '["media-*/exports/"]'),
        ([GROUPS | {"buckets": [5]}], '[0]["buckets"]', "is [5]", '["media-*/exports/"]'),
        ([GROUPS | {"buckets": ["b", "s3://b"]}], '[0]["buckets"][1]', "is 's3://b', wh", "media"),
        ([GROUPS | {"buckets": ["b/in"]}], '[0]["buckets"][0]', "no / at its end", 'Write "b/in/"'),
        ([GROUPS | {"buckets": ["b/*/x/"]}], '[0]["buckets"][0]', "with a * in", "name alone"),
        ([GROUPS | {"buckets": ["b/../x/"]}], '[0]["buckets"][0]', 'or ".."', "Write its name"),
        ([GROUPS | {"buckets": ["b//x/"]}], '[0]["buckets"][0]', 'begins with "/"', "Write its"),
        ([GROUPS | {"queues": "q"}], '[0]["queues"]', "is 'q'", '["orders*"]'),
        ([GROUPS | {"queues": ["https://q"]}], '[0]["queues"][0]', "is 'https://q', whi", "orders"),
        (
            [GROUPS | {"buckets": ["b"], "actions": []}],
            '[0]["actions"]',
            "is [], not a list of names",
            '["list_objects"]',
        ),
    ],
)
def test_a_fault_is_told_with_its_cure(value: Any, where: str, wrong: str, cure: str) -> None:
    (fault,) = faults(WHERE, value)
    assert fault[0] == WHERE + where
    assert wrong in fault[1]
    assert cure in fault[2]

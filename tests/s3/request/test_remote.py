from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from philo_aws.conf import TransferConfig
from philo_aws.exceptions import InvalidRequestError
from philo_aws.s3.request.remote import Remote, make_remote


def made(**given: Any) -> Remote:
    usual: dict[str, Any] = {
        "bucket_name": "bucket",
        "region_name": None,
        "prefix": "",
        "extra_args": None,
        "transfer": None,
        "purpose": "commands",
    }
    return make_remote(**usual | given)


def test_a_request_is_given_what_it_takes() -> None:
    extra = {"RequestPayer": "requester", "ExpectedBucketOwner": "123456789012", "ACL": "private"}
    remote = Remote(bucket="b", extra_args=extra)
    assert remote.given_for("DeleteObjects") == {k: v for k, v in extra.items() if k != "ACL"}


@pytest.mark.parametrize(("prefix", "folder"), [("", ""), ("static", "static/"), ("a/", "a/")])
def test_a_prefix_is_a_folder(prefix: str, folder: str) -> None:
    assert made(prefix=prefix).prefix == folder


def test_the_tuning_is_the_settings_unless_one_is_given() -> None:
    own = TransferConfig(max_concurrency=3)
    with override_settings(AWS={"transfer": {"max_concurrency": 5}}):
        assert made().tuning.max_concurrency == 5
        assert made(transfer=own).tuning is own


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bucket_name": "A"}, "bucket"),
        ({"bucket_name": None}, "bucket_name is None"),
        ({"region_name": "nowhere at all"}, "nowhere"),
        ({"region_name": 1}, "region_name is 1"),
        ({"prefix": None}, "prefix is None"),
        ({"extra_args": {"Nonsense": 1}}, "'Nonsense' is no parameter"),
        ({"transfer": {}}, "transfer is {}"),
        ({"purpose": "page"}, "purpose is 'page'"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        made(**given)

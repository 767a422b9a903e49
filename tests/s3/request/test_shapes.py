from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.s3.request.shapes import check_names, check_shape

RULES = "PutBucketLifecycleConfiguration", "LifecycleConfiguration"


def rule(**more: Any) -> dict[str, Any]:
    return {"Rules": [{"Status": "Enabled", "Filter": {}, **more}]}


def test_what_boto_takes_passes() -> None:
    check_shape(*RULES, rule(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}]))


def test_a_choice_that_botocore_does_not_know_yet_is_left_to_s3() -> None:
    check_shape(*RULES, rule(Transitions=[{"Days": 1, "StorageClass": "ZZZ"}]))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"Transitions": [{"day": 1}]}, r"Rules\[0\].Transitions\[0\] .* 'day', .* 'Days'"),
        ({"Transitions": [{"StorageClass": "glacier"}]}, "Did you mean 'GLACIER'"),
        ({"Expiration": {"Days": "30"}}, "Days"),
        ({"xyzzy": 1}, "'xyzzy', which S3 does not know. It can have"),
        ({"Filter": []}, "Filter"),
    ],
)
def test_what_it_does_not_take_is_told(more: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_shape(*RULES, rule(**more))


def test_names_that_are_no_texts() -> None:
    with pytest.raises(UsageError, match="has the name 5"):
        check_names("It", [5], ("Key",))  # type: ignore[list-item]

"""The nearest of the known names."""

from __future__ import annotations

from philo_aws.spelling import nearest


def test_nearest_gives_nothing_where_nothing_is_near() -> None:
    assert nearest("reigon", ["region", "regions"]) == "region"
    assert nearest("xyz", ["region"]) is None

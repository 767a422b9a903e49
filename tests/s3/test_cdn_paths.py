"""What is invalidated for which keys, and where a wildcard has to stand for many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.exceptions import UsageError
from philo_aws.s3.cdn_paths import MAX_LENGTH, MAX_WILDCARDS, PathPlan, check_path, plan_paths


def of_keys(*keys: str, **options: Any) -> PathPlan:
    return plan_paths((), keys, **options)


class TestSpelling:
    @pytest.mark.parametrize(
        ("key", "paths"),
        [
            ("static/site.css", ("/static/site.css",)),
            ("a b.txt", ("/a%20b.txt",)),
            ("größe.png", ("/gr%C3%B6%C3%9Fe.png",)),
            ("100%.txt", ("/100%25.txt",)),
            ("a?b", ("/a%3Fb",)),
            ('a#b[1]{2}|\\^`<>"', ("/a%23b%5B1%5D%7B2%7D%7C%5C%5E%60%3C%3E%22",)),
            ("line\nbreak", ("/line%0Abreak",)),
            ("it's(1)!.txt", ("/it's(1)!.txt",)),
            # As CloudFront wants it, and as links spell it.
            ("icon@2x+a.png", ("/icon%402x%2Ba.png", "/icon@2x+a.png")),
            ("//double", ("///double",)),
        ],
    )
    def test_of_a_key(self, key: str, paths: tuple[str, ...]) -> None:
        assert of_keys(key).paths == paths

    @pytest.mark.parametrize(
        ("key", "path"), [("home/~me/a", "/home/*"), ("a*b", "/a*"), ("~", "/*")]
    )
    def test_what_has_no_path_is_meant_by_a_wildcard(self, key: str, path: str) -> None:
        assert of_keys(key).paths == (path,)

    def test_a_path_that_is_too_long_ends_early(self) -> None:
        [path] = of_keys("é" * 512, path_prefix="x" * 3990).paths
        assert len(path) <= MAX_LENGTH
        assert path.startswith("/xxx")
        assert path.endswith("*")

    @pytest.mark.parametrize(
        ("path", "spelled"),
        [
            ("/static/*", "/static/*"),
            ("/*", "/*"),
            ("/a b/ü", "/a%20b/%C3%BC"),
            ("/a%20b", "/a%20b"),
            ("/page?x=1", "/page?x=1"),
        ],
    )
    def test_of_a_path(self, path: str, spelled: str) -> None:
        assert check_path(path) == spelled

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("static/a.css", "Begin it with '/'"),
            ("https://d111.cloudfront.net/a.css", "Begin it with '/'"),
            ("", "Begin it with '/'"),
            ("/~me/a", "'~'"),
            ("/*.css", "not at its end"),
            ("/" + "ü" * 700, "longer than the 4,000"),
        ],
    )
    def test_a_path_that_cloudfront_does_not_take_is_refused(self, path: str, said: str) -> None:
        with pytest.raises(UsageError, match=said.replace("'", ".")):
            plan_paths([path])


class TestMapping:
    def test_the_folder_that_the_distribution_serves_is_not_in_its_paths(self) -> None:
        plan = of_keys("live/a.css", "live/b/c.css", "other/a.css", origin_path="/live/")
        assert plan.paths == ("/a.css", "/b/c.css")
        assert plan.remarks == (
            "1 that changed are outside of 'live', which the distribution serves.",
        )

    def test_a_folder_of_a_similar_name_is_another(self) -> None:
        assert of_keys("live-old/a", "live", origin_path="live").paths == ()

    def test_what_stands_before_keys_in_addresses_is(self) -> None:
        assert of_keys("a.css", path_prefix="/files/").paths == ("/files/a.css",)


class TestLimits:
    def test_what_is_within_a_wildcard_costs_nothing_more(self) -> None:
        plan = plan_paths(["/static/*", "/static/css/*", "/index.html"], ["static/a", "b"])
        assert plan.paths == ("/b", "/index.html", "/static/*")
        assert plan.remarks == ()

    def test_three_thousand_go_as_they_are(self) -> None:
        plan = of_keys(*(f"a/{number}" for number in range(3000)))
        assert len(plan.paths) == 3000
        assert not plan.remarks

    def test_of_more_the_common_folder_is_said(self) -> None:
        plan = of_keys(*(f"static/css/{number}" for number in range(3001)))
        assert plan.paths == ("/static/css/*",)
        assert plan.remarks == (
            "3,001 paths are more than are invalidated at a time: /static/css/* stands for those"
            " within.",
        )

    def test_the_fullest_folders_go_first(self) -> None:
        keys = [f"static/{number}" for number in range(9)]
        plan = of_keys(*keys, "media/1", "media/2", "index.html", max_paths=4)
        assert plan.paths == ("/index.html", "/media/1", "/media/2", "/static/*")

    def test_all_where_that_does_not_do(self) -> None:
        assert of_keys("a", "b", "c", max_paths=2).paths == ("/*",)
        assert of_keys("x/a", "x/b", "x/c", max_paths=1).paths == ("/x/*",)

    def test_of_too_many_wildcards_too(self) -> None:
        wild = [f"/{number}/*" for number in range(MAX_WILDCARDS)]
        assert len(plan_paths(wild).paths) == MAX_WILDCARDS
        plan = plan_paths([*wild, "/more/*"])
        assert plan.paths == ("/*",)
        assert plan.remarks

    @given(
        st.lists(st.text(alphabet="ab/~*é@", min_size=1, max_size=8), max_size=60),
        st.integers(min_value=1, max_value=40),
    )
    def test_whatever_the_keys_all_are_covered_and_the_limits_kept(
        self, keys: list[str], most: int
    ) -> None:
        plan = of_keys(*keys, max_paths=most)
        wild = [path[:-1] for path in plan.paths if path.endswith("*")]
        assert len(plan.paths) <= max(most, 1)
        assert len(wild) <= MAX_WILDCARDS
        for path in (path for key in keys for path in of_keys(key).paths):
            assert path in plan.paths or any(path.startswith(stem) for stem in wild)

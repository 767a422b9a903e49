"""The planner, by itself: no store, no file system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.exceptions import LocalFileError, ServiceError
from philo_aws.s3.files.tree import LINK, File, Obstacle
from philo_aws.s3.filters import Filter, Rule
from philo_aws.s3.listing.xml import Object
from philo_aws.s3.transfer import changes, plan
from philo_aws.s3.transfer.comparisons import STRATEGIES
from philo_aws.s3.transfer.plan import PlanStep, Verdict, compare
from tests.s3.test_filters import RULES

Tree = dict[str, bytes]

KEYS = st.lists(
    st.sampled_from(["a", "b", "ab", "a-", "a.", "\U0001f600", "\ufb00"]), min_size=1, max_size=3
)
TREES = st.dictionaries(KEYS.map("/".join), st.sampled_from([b"", b"x", b"y", b"xy"]), max_size=8)


def files(tree: Tree, chosen: Filter | None = None) -> Iterator[File]:
    for key in sorted(tree, key=str.encode):
        if chosen is None or chosen.keeps(key):
            yield File(key, key, len(tree[key]), 0)


def objects(tree: Tree, chosen: Filter | None = None) -> Iterator[Object]:
    for file in files(tree, chosen):
        yield Object(file.key, file.size, "", "2026-01-01T00:00:00Z", "STANDARD")


def planned(source: Tree, target: Tree, chosen: Filter) -> list[PlanStep]:
    """The plan for two trees, contents compared where sizes do not tell."""

    def check(step: PlanStep) -> str:
        return "" if source[step.key] == target[step.key] else "checksum"

    differs = STRATEGIES["checksum"].up
    return list(
        changes.decide(compare(files(source, chosen), objects(target, chosen), differs), check)
    )


def applied(steps: list[PlanStep], source: Tree, target: Tree, *, delete: bool) -> Tree:
    made = dict(target)
    for step in steps:
        if step.verdict is Verdict.MOVE:
            made[step.key] = source[step.key]
        elif step.verdict is Verdict.EXTRA and delete:
            del made[step.key]
    return made


@given(TREES, TREES, RULES)
def test_applying_the_plan_gives_equality_and_a_second_plan_is_empty(
    source: Tree, target: Tree, rules: list[Rule]
) -> None:
    chosen = Filter(rules)
    steps = planned(source, target, chosen)
    made = applied(steps, source, target, delete=True)
    assert {k: v for k, v in made.items() if chosen.keeps(k)} == {
        k: v for k, v in source.items() if chosen.keeps(k)
    }
    assert {step.verdict for step in planned(source, made, chosen)} <= {Verdict.SAME}


@given(TREES, TREES, RULES)
def test_nothing_excluded_is_ever_touched(source: Tree, target: Tree, rules: list[Rule]) -> None:
    chosen = Filter(rules)
    made = applied(planned(source, target, chosen), source, target, delete=True)
    assert {k: v for k, v in made.items() if not chosen.keeps(k)} == {
        k: v for k, v in target.items() if not chosen.keeps(k)
    }


@given(TREES, TREES)
def test_every_key_of_both_sides_has_one_step_in_order(source: Tree, target: Tree) -> None:
    keys = [step.key for step in planned(source, target, Filter())]
    assert keys == sorted({*source, *target}, key=str.encode)


@given(TREES, TREES, st.sets(st.sampled_from(["a", "b", "a/b", "ab/a"])))
def test_what_the_source_leaves_out_is_never_extra(
    source: Tree, target: Tree, links: set[str]
) -> None:
    def side() -> Iterator[File | Obstacle]:
        found: list[File | Obstacle] = [*files(source)]
        found += [Obstacle(place, place, LINK, None) for place in links]
        found += [Obstacle(place + "/", place, LINK, None) for place in links]
        return iter(sorted(found, key=lambda item: item.key.encode()))

    steps = list(compare(side(), objects(target), STRATEGIES["size"].up))
    for step in steps:
        if step.verdict is Verdict.EXTRA:
            assert step.key not in links
            assert not any(step.key.startswith(place + "/") for place in links)
    assert sum(step.verdict is Verdict.LEFT for step in steps) == 2 * len(links)


def test_the_first_step_comes_before_the_streams_end() -> None:
    read: list[str] = []

    def endless(side: str) -> Iterator[File]:
        number = 0
        while True:
            read.append(side)
            yield File(f"{number:09}", "", 1, 0)
            number += 1

    steps = compare(endless("source"), endless("target"), lambda source, target: "")
    assert [next(steps).key for _ in range(3)] == ["000000000", "000000001", "000000002"]
    assert len(read) <= 8


def test_a_broken_place_is_a_step_and_the_rest_goes_on() -> None:
    error = LocalFileError("no")
    source: list[File | Obstacle] = [Obstacle("a", "/a", "", error), File("b", "/b", 1, 0)]
    steps = list(compare(source, [], lambda source, target: ""))
    assert [(step.verdict, step.key, step.error) for step in steps] == [
        (Verdict.BROKEN, "a", error),
        (Verdict.MOVE, "b", None),
    ]


def test_a_hidden_place_of_the_target_is_a_step() -> None:
    error = LocalFileError("no")
    steps = list(compare([], [Obstacle("a/", "/a", "", error)], lambda source, target: ""))
    assert [(step.verdict, step.error) for step in steps] == [(Verdict.HIDDEN, error)]


def test_what_is_hidden_where_the_source_has_something_is_told_by_its_move() -> None:
    error = LocalFileError("no")
    source = [File(key, key, 1, 0) for key in "ceg"]
    target: list[File | Obstacle] = [Obstacle(key, key, "", error) for key in "bceh"]
    target.insert(2, File("d", "d", 1, 0))
    steps = [(step.verdict, step.key) for step in compare(source, target, lambda mine, other: "")]
    assert steps == [
        (Verdict.HIDDEN, "b"),
        (Verdict.MOVE, "c"),
        (Verdict.EXTRA, "d"),
        (Verdict.MOVE, "e"),
        (Verdict.MOVE, "g"),
        (Verdict.HIDDEN, "h"),
    ]


@pytest.mark.parametrize("keys", [["b", "a"], ["a", "a"]])
def test_a_listing_out_of_order_is_refused(keys: list[str]) -> None:
    listing = [Object(key, 1, "", "", "") for key in keys]
    for source, target in ((listing, []), ([], listing)):
        with pytest.raises(ServiceError, match="not in key order"):
            list(compare(source, target, lambda source, target: ""))


def test_steps_keep_their_order_while_large_files_are_checked() -> None:
    big = 10**9
    steps = [
        PlanStep(verdict, f"{number:03}", File("", "", size, 0), None)
        for number, (verdict, size) in enumerate(
            [(Verdict.CHECK, big), (Verdict.MOVE, 1), (Verdict.CHECK, 1)] * 200
        )
    ]
    settled = list(changes.decide(steps, lambda step: "checksum" if step.key < "300" else ""))
    assert [step.key for step in settled] == [step.key for step in steps]
    assert {step.verdict for step in settled} == {Verdict.MOVE, Verdict.SAME}
    assert settled[0].reason == "checksum"
    assert settled[-1].reason == plan.UNCHANGED


def test_a_check_that_fails_is_a_broken_step() -> None:
    def check(step: PlanStep) -> str:
        raise LocalFileError("unreadable")

    [step] = changes.decide([PlanStep(Verdict.CHECK, "a", File("a", "a", 1, 0))], check)
    assert step.verdict is Verdict.BROKEN
    assert str(step.error) == "unreadable"

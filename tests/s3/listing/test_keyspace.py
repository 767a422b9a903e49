from __future__ import annotations

import itertools
import string
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.limits import MAX_KEY_BYTES
from philo_aws.s3.listing.keyspace import KeySpace, Sample


def space_of(*keys: str) -> KeySpace:
    space = KeySpace()
    for key in keys:
        space.learn(key)
    return space


def after(pages: float, *keys: str) -> str | None:
    """The key so many pages after the last of these, each of which began a page."""
    sample = Sample(keys[0], keys[-1], len(keys) - 1)
    return space_of(*keys).after(keys[-1], pages, sample)


@pytest.mark.parametrize(
    ("pages", "keys", "found"),
    [
        (5, ["n-0000", "n-0010", "n-0020"], "n-0070"),
        (50, ["n-0000", "n-0010", "n-0020"], "n-0520"),  # a position that held nothing but 0
        (16, ["u/0900", "u/0a00", "u/0b00"], "u/1b00"),  # hexadecimal
        (16, ["u/0900", "u/0A00", "u/0B00"], "u/1B00"),
        (3, ["d/y0", "d/y5", "d/z0"], "e/a5"),  # what is carried passes what never varies
        (4, ["a/9/0", "a/9/5"], "b/1/5"),
        (1, ["ä0", "ä5"], "å0"),  # of other scripts every character may be next
        (1, ["\ud7ff0", "\ud7ff5"], "\ue0000"),  # no UTF-8 has surrogates
        (2, ["99", "99"], None),
        (50, ["80", "90"], None),  # beyond the last key that there can be
    ],
)
def test_the_key_so_many_pages_later(pages: float, keys: list[str], found: str | None) -> None:
    assert after(pages, *keys) == found


def test_a_sample_of_several_pages() -> None:
    space = space_of("n-000", "n-400")
    assert space.after("n-400", 1, Sample("n-000", "n-400", 4)) == "n-500"
    assert space.after("n-400", 0.5, Sample("n-000", "n-400", 4)) == "n-450"


def test_how_many_pages_lie_between() -> None:
    space = space_of("n-000", "n-100")
    sample = Sample("n-000", "n-100", 2)
    assert space.pages("n-200", "n-300", sample) == 2
    assert space.pages("n-300", "n-200", sample) == 0
    assert space.pages("n-200", "n-300", Sample("n-000", "n-000", 2)) == 0


def test_which_sample_is_sparser() -> None:
    space = space_of("n-000", "n-100")
    small, large = Sample("n-000", "n-010", 1), Sample("n-000", "n-100", 2)
    assert space.is_sparser(large, small)
    assert not space.is_sparser(small, large)
    assert not space.is_sparser(large, large)


def test_a_key_that_is_too_long_for_s3_is_none() -> None:
    long = "a" * (MAX_KEY_BYTES - 1)
    assert after(1, long + "a", long + "c") == long + "e"
    wide = "é" * (MAX_KEY_BYTES // 2)
    assert after(1, wide + "00", wide + "05") is None


texts = st.text(
    st.one_of(
        st.sampled_from(string.printable),
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(["\ud7ff", "\ue000", "\uffff", chr(sys.maxunicode)]),
    ),
    min_size=1,
    max_size=12,
)


@given(st.lists(texts, min_size=3, max_size=9, unique=True), st.floats(0, 40))
def test_what_is_found_lies_after_and_can_be_sent(keys: list[str], pages: float) -> None:
    keys.sort()
    space = space_of(*keys)
    for first, last in itertools.combinations(keys, 2):
        found = space.after(keys[-1], pages, Sample(first, last, 3))
        assert found is None or (found > keys[-1] and found.encode().decode() == found)
        assert space.pages(keys[0], keys[-1], Sample(first, last, 3)) >= 0


@given(st.lists(texts, min_size=2, max_size=9, unique=True))
def test_farther_is_later(keys: list[str]) -> None:
    keys.sort()
    space = space_of(*keys)
    sample = Sample(keys[0], keys[-1], 4)
    near, far = space.after(keys[0], 1, sample), space.after(keys[0], 3, sample)
    assert near is None or far is None or near <= far

"""Names as a tree of folders: against a plain set of names, whatever comes and goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.storage.names import normalised
from philo_aws.storage.present import Names, is_addressable

PARTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)


@given(st.lists(st.tuples(st.booleans(), PARTS), max_size=30))
def test_it_is_what_a_look_at_all_names_tells(steps: list[tuple[bool, str]]) -> None:
    names, plain = Names(), set[str]()
    for comes, name in steps:
        (names.add if comes else names.discard)(name)
        (plain.add if comes else plain.discard)(name)
    folders = {name.rpartition("/")[0] for name in plain}
    folders |= {folder.rpartition("/")[0] for folder in folders} | {"", "a", "b/c"}
    assert all((name in names) == (name in plain) for name in plain | {"a", "a/b", "a/b/c"})
    for folder in folders:
        head = f"{folder}/" if folder else ""
        below = [name.removeprefix(head) for name in plain if name.startswith(head)]
        assert names.has_folder(folder) == bool(below)
        found_folders, found_files = names.listdir(folder)
        assert sorted(found_folders) == sorted(
            {one.partition("/")[0] for one in below if "/" in one}
        )
        assert sorted(found_files) == sorted(one for one in below if "/" not in one)


@pytest.mark.parametrize(
    "key", ["a", "a/b.css", "a b", ".well-known/a", "a/..b", "a.", "...", "a/.b/c..d"]
)
def test_a_name_that_stays_as_it_is(key: str) -> None:
    assert normalised(key) == key
    assert is_addressable(key)


@pytest.mark.parametrize(
    "key", ["", "a/", "/a", "a//b", "./a", "a/./b", "a/../b", "..", "a/..", "a\\b"]
)
def test_a_key_that_no_name_leads_to(key: str) -> None:
    assert not is_addressable(key)

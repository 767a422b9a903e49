"""The end of uploads in parts of which awscrt tells no id."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws.s3.engine import Result, create
from philo_aws.s3.engine.crt.unfinished import sizes_of

from ..bare import Answer, Asked, BareStore, bare_store
from ..conftest import options_for, upload

MIB = 1024 * 1024


@pytest.mark.parametrize(
    "size, part_size, sizes", [(10, 5, [5, 5]), (11, 5, [5, 5, 1]), (4, 5, [4]), (0, 5, [])]
)
def test_the_sizes_of_parts(size: int, part_size: int, sizes: list[int]) -> None:
    assert sizes_of(size, part_size) == sizes


@pytest.fixture
def store(settings: Settings) -> Iterator[BareStore]:
    with bare_store() as made:
        settings.AWS = made.settings(timeouts={"commands": {"max_attempts": 2}})
        yield made


def send(path: Path) -> Result:
    path.write_bytes(os.urandom(6 * MIB))
    results: list[Result] = []
    engine = create(options_for("crt", "bucket", part_size=5 * MIB))
    engine.run([upload("f", path)], on_result=results.append)
    return results[0]


def test_what_others_are_sending_under_the_same_key_goes_on(
    store: BareStore, tmp_path: Path
) -> None:
    others: dict[str, dict[int, bytes]] = {
        "begun": {},
        "half": {1: bytes(5 * MIB)},
        "other": {1: bytes(5 * MIB), 2: bytes(9)},
        "longer": {1: bytes(5 * MIB), 2: bytes(MIB), 3: b"x"},
    }
    store.uploads = dict(others)
    store.instead = lambda asked: (200, b"", {}) if asked.what == "complete" else None
    error = send(tmp_path / "f").error
    assert error is not None
    assert error.code == "NoProof"
    assert store.uploads == others
    assert store.count("abort") == 2


@pytest.mark.parametrize("answer", [(200, b"<html>", {}), (403, b"", {}), (204, b"", {})], ids=str)
@pytest.mark.parametrize("silent", ["uploads", "parts", "abort"])
def test_a_store_that_answers_nothing_at_all_is_a_failure_in_time(
    store: BareStore, tmp_path: Path, silent: str, answer: Answer
) -> None:
    def instead(asked: Asked) -> Answer | None:
        if asked.what == silent:
            return answer
        return (200, b"", {}) if asked.what == "complete" else None

    store.instead = instead
    result = send(tmp_path / "f")
    assert result.error is not None
    assert (result.error.code, result.attempts) == ("NoProof", 2)

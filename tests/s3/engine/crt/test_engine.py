"""How the fast engine cuts large files into parts, and how many of them it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws.limits import part_size_for
from philo_aws.s3.engine import Result, create
from philo_aws.s3.engine.crt import client as crt_client
from philo_aws.s3.engine.crt import engine as crt_engine

from ..bare import BareStore, bare_store
from ..conftest import options_for, upload

MIB = 1024 * 1024
GIB = 1024 * MIB


@pytest.fixture
def store(settings: Settings) -> Iterator[BareStore]:
    with bare_store() as made:
        settings.AWS = made.settings()
        yield made


@pytest.mark.parametrize(
    "size, memory_limit, connections",
    [
        (100 * MIB, None, 8),
        (100 * MIB, 256 * MIB, 8),
        (600 * GIB, None, 1),
        (600 * GIB, 256 * MIB, 2),
        (600 * GIB, 1024 * MIB, 8),
        (5 * 1024 * GIB, 256 * MIB, 1),
    ],
)
@pytest.mark.usefixtures("store")
def test_parts_that_grew_are_fewer_at_once(
    size: int, memory_limit: int | None, connections: int
) -> None:
    transport = crt_engine.CrtTransport(options_for("crt", "bucket", memory_limit=memory_limit))
    client = transport._large_client(crt_engine.SENDING_LOOPS, part_size_for(size, 8 * MIB))
    [shape] = [key[6] for key, made in crt_client._clients.items() if made[0] is client]
    assert (shape.connections, shape.streams) == (connections, False)


def test_a_file_of_more_than_a_tebibyte_can_be_sent_with_a_checksum(
    store: BareStore, tmp_path: Path
) -> None:
    try:
        with (tmp_path / "f").open("wb") as file:
            file.truncate(1025 * GIB)
    except OSError:
        pytest.skip("the file system has no such files")
    store.refuses_parts = True
    results: list[Result] = []
    create(options_for("crt", "bucket")).run(
        [upload("f", tmp_path / "f")], on_result=results.append
    )
    # The upload was begun: awscrt refuses by itself to stream with a checksum in a header.
    assert [result.error.code for result in results if result.error] == ["AccessDenied"]
    assert [asked.method for asked in store.asked] == ["POST"]

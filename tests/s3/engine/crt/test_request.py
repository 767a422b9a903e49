"""awscrt's requests, of which nobody but a callback is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from awscrt import s3

from philo_aws.s3.engine import Result, create
from philo_aws.s3.engine.crt.request import request_maker

from ..conftest import options_for, upload

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Future[Any]]]:
    """The futures that awscrt makes for its requests."""
    futures: list[Future[Any]] = []

    class Counted(Future):  # type: ignore[type-arg]
        def __init__(self) -> None:
            super().__init__()
            futures.append(self)

    monkeypatch.setattr(s3, "Future", Counted)
    request_maker.cache_clear()
    yield futures
    request_maker.cache_clear()


def errors_of_a_run(bucket: str, folder: Path) -> list[Exception | None]:
    """What became of five uploads, the last of which the store refuses."""
    names = [f"f{number}" for number in range(5)]
    for name in names:
        (folder / name).write_bytes(name.encode())
    tasks = [upload(name, folder / name) for name in names[:-1]]
    tasks.append(upload(names[-1], folder / names[-1], x_amz_storage_class="NONE_SUCH"))
    results: list[Result] = []
    create(options_for("crt", bucket)).run(tasks, on_result=results.append)
    return [result.error for result in sorted(results, key=lambda result: result.task.key)]


@pytest.mark.usefixtures("aws")
def test_no_request_of_a_run_has_a_future(
    bucket: str, tmp_path: Path, made: list[Future[Any]]
) -> None:
    *done, refused = errors_of_a_run(bucket, tmp_path)
    assert done == [None] * 4
    assert refused is not None
    assert made == []


@pytest.mark.usefixtures("aws")
def test_where_awscrt_is_made_otherwise_its_requests_are_taken_as_they_are(
    bucket: str, tmp_path: Path, made: list[Future[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = s3.S3Request.__init__

    def init(self: Any, **kwargs: Any) -> None:
        before(self, **kwargs)

    monkeypatch.setattr(s3.S3Request, "__init__", init)
    *done, refused = errors_of_a_run(bucket, tmp_path)
    assert done == [None] * 4
    assert refused is not None
    assert len(made) == 5


def test_awscrt_still_makes_a_future_and_an_event_for_each_request() -> None:
    # When this fails, philo_aws.s3.engine.crt.request has no reason any more, or needs another way.
    names = s3.S3Request.__init__.__code__.co_names
    assert {"Future", "threading", "Event"} <= {*names}

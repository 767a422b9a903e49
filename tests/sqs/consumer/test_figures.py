"""What a consumer counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from philo_aws.sqs.consumer.figures import Figures


def test_many_threads_count_together() -> None:
    figures = Figures()
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda _: figures.add("done"), range(2000)):
            pass
    figures.add("received", 3)
    figures.add("failed", 0)
    assert figures["done"] == 2000
    assert figures.all() == {"done": 2000, "received": 3}

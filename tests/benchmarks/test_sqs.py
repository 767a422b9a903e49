"""The page of the benchmark of SQS: a run of one part leaves the others as they were."""

from __future__ import annotations

from benchmarks import enqueuing, sqs


def test_the_page_is_put_together_as_it_was() -> None:
    text = sqs.REPORT.read_text()
    parts = sqs.parts(text)
    assert all(parts)
    assert sqs.page(*parts) == text
    first, _, consumers, notes = parts
    made = sqs.page(first, "Another run.", consumers, notes)
    assert sqs.parts(made) == (first, "Another run.", consumers, notes)


def test_goals_of_enqueuing_are_held_against_the_same_delay() -> None:
    results = enqueuing.Results(number=1)
    for delay, costs in {0: (100.0, 110.0, 30.0), 10: (200.0, 240.0, 30.0)}.items():
        tools = (enqueuing.SEND, enqueuing.ONE, enqueuing.MANY)
        for tool, cpu in zip(tools, costs, strict=True):
            results.runs[delay, tool] = [{"cpu": cpu, "wall": cpu}]
    results.runs[10, enqueuing.OURS_GATHERED] = [{"one": 10.0, "twenty": 30.0}]
    text = "\n".join(enqueuing.section(results))
    for told in (
        "send_message: met (1.10)",
        "send_message: **missed** (1.20)",
        "enqueue: **missed** (0.27)",
        "enqueue: met (0.12)",
        "× one: met (3.00)",
        "| Celery send_task | 0 ms | not installed here |",
        "| django-tasks-sqs aenqueue | not installed here |",
    ):
        assert told in text, told

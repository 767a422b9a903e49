"""A tool that does not do its work ends the transfers' benchmark."""

from __future__ import annotations

from unittest import mock

import pytest

from benchmarks import transfers
from benchmarks.cli import Run
from benchmarks.jobs import Job
from benchmarks.transfers import checked, measure
from tests.servers import LocalAWS

SINK = LocalAWS(name="sink", endpoint_url="http://127.0.0.1:1")
RUN = Run(wall=1.0, cpu=1.0, memory=1.0)


def job(sent: int | None, *, once: bool = False) -> Job:
    commands = {name: [name, "{url}/b"] for name in ("philo_aws", "s5cmd", "floor")}
    return Job(title="work", section="rest", commands=commands, sent=sent, once=once)


@pytest.mark.parametrize("wanted, sent", [(3, 3), (3, 4), (0, 0), (None, 7)])
def test_who_sends_what_it_should_is_measured(wanted: int | None, sent: int) -> None:
    with (
        mock.patch.object(transfers, "execute", return_value=RUN) as execute,
        mock.patch.object(transfers, "stats", side_effect=[{"puts": 5}, {"puts": 5 + sent}]),
    ):
        assert checked(job(wanted), "s5cmd", {}, SINK) is RUN
    execute.assert_called_once_with(["s5cmd", "http://127.0.0.1:1/b"], {})


@pytest.mark.parametrize("wanted, sent", [(3, 2), (3, 0), (0, 1)])
def test_who_sends_less_or_what_is_unchanged_is_not(wanted: int, sent: int) -> None:
    with (
        mock.patch.object(transfers, "execute", return_value=RUN),
        mock.patch.object(transfers, "stats", side_effect=[{"puts": 5}, {"puts": 5 + sent}]),
        pytest.raises(SystemExit, match=f"work: s5cmd sent {sent} objects, not {wanted}"),
    ):
        checked(job(wanted), "s5cmd", {}, SINK)


def test_tools_take_turns_after_an_unmeasured_run_of_each() -> None:
    with mock.patch.object(transfers, "execute", return_value=RUN) as execute:
        found = measure(job(None), {}, SINK, 2, None)
    there = ["philo_aws", "s5cmd", "floor"]
    back = there[::-1]
    assert [call.args[0][0] for call in execute.mock_calls] == [*there, *back, *there]
    assert found == {name: [RUN] * 2 for name in there}


def test_peers_are_chosen_and_one_run_is_enough_where_it_is_said() -> None:
    with mock.patch.object(transfers, "execute", return_value=RUN):
        found = measure(job(None, once=True), {}, SINK, 5, [])
    assert found == {"philo_aws": [RUN], "s5cmd": [RUN]}

"""What a consumer does when a database server ends its connections: Debian's PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from philo_aws import sqs
from tests.running import ROOT
from tests.servers import free_port
from tests.sqs.consumer.conftest import counts, wait_for

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
pytestmark = pytest.mark.aws_servers("ministack")
MESSAGES = 5


def programs() -> Path | None:
    """The folder with initdb and pg_ctl, which Debian keeps out of the PATH."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).parent
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return known[-1] if known else None


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    """How Django reaches a server of the test's own."""
    folder = programs()
    if folder is None:
        pytest.skip("There is no PostgreSQL.")
    # It refuses to be root's. Its folder is where everybody may enter: pytest's, and TMPDIR where
    # it was made for one run, are their owner's alone.
    as_whom: dict[str, Any] = {"user": "postgres"} if os.getuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="philo-aws-postgres-", dir="/tmp" if as_whom else None))
    if as_whom:
        shutil.chown(home, "postgres")
    port = free_port()

    def call(*command: object) -> None:
        subprocess.run([*map(str, command)], check=True, cwd=home, capture_output=True, **as_whom)

    data = home / "data"
    try:
        call(folder / "initdb", "-D", data, "-U", "site", "-A", "trust", "--no-sync")
        flags = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {home}"
        call(folder / "pg_ctl", "-D", data, "-o", flags, "-l", home / "log", "-w", "start")
        yield {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "PORT": port,
            "USER": "site",
            "NAME": "postgres",
        }
        call(folder / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def end_connections(server: dict[str, Any]) -> int:
    """End the site's connections and return how many there were."""
    with psycopg.connect(
        host=server["HOST"], port=server["PORT"], user=server["USER"], dbname=server["NAME"]
    ) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
    return len(ended)


@pytest.mark.parametrize(
    ("options", "ended_each", "failures"),
    [
        ({"CONN_MAX_AGE": 0}, 0, 0),
        ({"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}, 1, 0),
        # Nobody sees that it is dead but the first query: one attempt each, and no more.
        ({"CONN_MAX_AGE": None}, 1, MESSAGES - 1),
    ],
    ids=["closed after each", "looked at", "kept"],
)
def test_a_connection_that_the_server_ended_costs_one_attempt_at_most(
    queue_url: str,
    server: dict[str, Any],
    start_process: Callable[..., Any],
    tmp_path: Path,
    options: dict[str, Any],
    ended_each: int,
    failures: int,
) -> None:
    """Fault 12."""
    notes = tmp_path / "notes"
    notes.touch()
    installed = Path(psycopg.__file__).parent.parent
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.sqs.consumer.site.postgres",
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, installed))),
        "SITE_DATABASE": json.dumps({**server, **options}),
        "SITE_NOTES": str(notes),
        "SITE_QUEUE": queue_url,
    }
    flags = ("--concurrency", 1, "--max_attempts", 3, "--max_messages", MESSAGES + failures)
    process = start_process("aws_sqs", "consume", *flags, "--wait_time_seconds", 1, env=env)
    for number in range(MESSAGES):
        sqs.send_message(queue_url, f"m{number} SELECT")

        def is_done(number: int = number) -> bool:
            return f"end m{number} " in notes.read_text() and counts(queue_url) == (0, 0)

        assert wait_for(is_done)
        if number < MESSAGES - 1:
            assert end_connections(server) == ended_each
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    lines = notes.read_text().splitlines()
    assert sum(line.startswith("begin ") for line in lines) == MESSAGES + failures
    assert sum(line.startswith("end ") for line in lines) == MESSAGES
    assert f"{MESSAGES} acknowledged" in err

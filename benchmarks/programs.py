"""The programs in Rust: the sink in the place of a store, and the floor beside the tools."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import servers
from tests.running import ROOT

# Both have a thousand connections and more, for which the usual limit is too low.
MANY_FILES: Sequence[str] = (
    "sh",
    "-c",
    'ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$0" "$@"',
)


def build(name: str, folder: Path) -> Path | None:
    """Compile the program of `benchmarks/NAME` into `folder`; `None` where there is no compiler."""
    rustc = shutil.which("rustc")
    if rustc is None:
        return None
    program = folder / name
    source = ROOT / "benchmarks" / name / "main.rs"
    command = [rustc, "--edition=2021", "-O", "-o", str(program), str(source)]
    subprocess.run(command, check=True)
    return program


def stats(aws: servers.LocalAWS) -> dict[str, int]:
    """What the sink has counted since it was started."""
    connection = http.client.HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/_stats")
        words = connection.getresponse().read().decode().split()
    finally:
        connection.close()
    return {name: int(count) for name, count in zip(words[::2], words[1::2], strict=True)}


@contextlib.contextmanager
def sink(
    program: Path, listed: int = 10, *, delay: int = 0, bytes_per_second: int = 0
) -> Iterator[servers.LocalAWS]:
    """Run the sink; `delay` is in milliseconds, 0 bytes per second are no limit."""
    port = servers.free_port()
    env = {"SINK_DELAY_MS": str(delay), "SINK_BYTES_PER_SECOND": str(bytes_per_second)}
    with servers.process(
        [*MANY_FILES, str(program), str(port), str(listed)],
        folder=program.parent / "sink",
        env=env,
        ready=lambda: servers.answers_http(port, "/_stats"),
    ):
        yield servers.LocalAWS(name="sink", endpoint_url=f"http://{servers.HOST}:{port}")

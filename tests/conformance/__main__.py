"""Run the suites on every server that is installed and write what each one passed to the docs."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from tests.conformance import conditions, localstack, radosgw
from tests.running import ROOT
from tests.servers import ministack_version

REPORT = ROOT / "docs" / "conformance.md"
PASSED, FAILED, SKIPPED = "yes", "**no**", "-"
INTRODUCTION = """\
# Conformance

`make conformance` runs the tests of the services that take any server, over a real socket, on every
implementation that is installed, and writes this page. `make conformance-servers` installs Ceph's
gateway (Debian packages, as root) and LocalStack (a virtual environment with Python 3.13).

"yes" means that every variant of the check passed, "**no**" that one failed, "-" that the test does
not apply there. A "no" is a difference between that server and the one the check was written for;
the reasons stand below each table.
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A column of the table."""

    name: str
    """The name that `--aws-server` takes."""
    label: Callable[[], str]
    """Gives the name and version of what runs."""
    missing: Callable[[], str] = lambda: ""
    """Names what is not installed."""


MINISTACK = Server(name="ministack", label=lambda: f"ministack {ministack_version()}")
SIGNED = Server(name="signed", label=lambda: "the same, signatures verified")
MOTO = Server(name="moto", label=lambda: f"moto {version('moto')}")
RADOSGW = Server(name="radosgw", label=radosgw.version, missing=radosgw.missing)
LOCALSTACK = Server(name="localstack", label=localstack.version, missing=localstack.missing)
SUITES: Mapping[str, tuple[Server, ...]] = {
    "s3": (MINISTACK, SIGNED, MOTO, RADOSGW),
    "sqs": (MINISTACK, SIGNED, MOTO, LOCALSTACK),
}
# The signed one would say the same again.
CONDITIONAL = (MINISTACK, MOTO, RADOSGW, LOCALSTACK)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One test on one server."""

    module: str
    """The module under test, such as `objects`."""
    check: str
    """The test's name in words."""
    server: str
    """The name of the server it ran on."""
    result: str
    """One of `PASSED`, `FAILED`, `SKIPPED`."""
    reason: str
    """The first line of the failure."""


def run_suite(suite: str, servers: Sequence[Server]) -> list[Outcome]:
    """Run the tests of one service on these servers; their output goes to the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        chosen = [f"--aws-server={server.name}" for server in servers]
        command = [sys.executable, str(ROOT / "runtests.py"), f"tests/{suite}", *chosen]
        options = ["-q", "--tb=no", "-p", "no:cacheprovider", f"--junit-xml={results}"]
        code = subprocess.run([*command, *options], check=False).returncode
        if code not in (0, 1):
            raise SystemExit(f"pytest ended with exit code {code}")
        return list(read(results, [server.name for server in servers]))


def read(results: Path, servers: Sequence[str]) -> Iterator[Outcome]:
    """The outcomes in a JUnit file of pytest's."""
    for case in ElementTree.parse(results).iter("testcase"):
        name, _, variant = case.attrib["name"].partition("[")
        server = next(part for part in re.split(r"[\]-]", variant) if part in servers)
        places = case.attrib["classname"].split(".")[2:]
        classes = [place.removeprefix("Test") for place in places if place.startswith("Test")]
        modules = [place.removeprefix("test_") for place in places if not place.startswith("Test")]
        problem = next((child for child in case if child.tag in ("failure", "error")), None)
        skipped = case.find("skipped") is not None
        yield Outcome(
            module="/".join(modules),
            check=": ".join([*classes, name.removeprefix("test_").replace("_", " ")]),
            server=server,
            result=FAILED if problem is not None else SKIPPED if skipped else PASSED,
            reason="" if problem is None else one_line(problem.get("message", "")),
        )


def one_line(message: str) -> str:
    """A failure's first line without what differs from run to run."""
    line = message.strip().splitlines()[0] if message.strip() else "no message"
    for pattern, name in (
        (r"127\.0\.0\.1:\d+", "SERVER"),
        (r"/\S*pytest-\d+/\S*?(?=[/'\"\s]|$)", "TMP"),
        (r"\b([bqu])-[0-9a-f]{16}", r"\1-NAME"),
    ):
        line = re.sub(pattern, name, line)
    return line[:200].replace("`", "'")


def tables(outcomes: Sequence[Outcome], servers: Sequence[Server]) -> Iterator[str]:
    """The lines of a table for each module and of the reasons below it."""
    by_module: dict[str, dict[str, dict[str, list[Outcome]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for outcome in outcomes:
        by_module[outcome.module][outcome.check][outcome.server].append(outcome)
    for module, checks in by_module.items():
        yield f"\n### {module}\n"
        yield "| check | " + " | ".join(server.name for server in servers) + " |"
        yield "|---" * (len(servers) + 1) + "|"
        for check, by_server in checks.items():
            cells = [cell(by_server[server.name]) for server in servers]
            yield f"| {check} | " + " | ".join(cells) + " |"
        reasons = {
            f"- {outcome.server}, {check}: `{outcome.reason}`": None
            for check, by_server in checks.items()
            for variants in by_server.values()
            for outcome in variants
            if outcome.result == FAILED
        }
        if reasons:
            yield from ["", *reasons]


def cell(variants: Sequence[Outcome]) -> str:
    """One word for all variants of a check on one server."""
    results = {outcome.result for outcome in variants}
    return FAILED if FAILED in results else PASSED if PASSED in results else SKIPPED


def totals(outcomes: Sequence[Outcome], servers: Sequence[Server]) -> Iterator[str]:
    """The lines of the table that sums up one suite."""
    yield "| name here | server | passed | failed | not run |"
    yield "|---|---|---|---|---|"
    for server in servers:
        results = [outcome.result for outcome in outcomes if outcome.server == server.name]
        counts = [str(results.count(result)) for result in (PASSED, FAILED, SKIPPED)]
        yield f"| {server.name} | {server.label()} | " + " | ".join(counts) + " |"


def conditional_writes() -> Iterator[str]:
    """The lines on conditional writes."""
    servers = [server for server in CONDITIONAL if not server.missing()]
    yield from conditions.table({each.name: conditions.on_server(each.name) for each in servers})
    yield f"\nMeasured on {', '.join(each.label() for each in servers)}."
    for server in CONDITIONAL:
        if server.missing():
            yield f"\n{server.name} was not installed where this page was written."
    yield ""


def main() -> None:
    """Run both suites, write the page, and fail when the main server fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--output", type=Path, default=REPORT, help="the page to write")
    page = [INTRODUCTION]
    options = parser.parse_args()
    failures = 0
    for suite, all_servers in SUITES.items():
        servers = [server for server in all_servers if not server.missing()]
        outcomes = run_suite(suite, servers)
        page += [f"## {suite.upper()}\n", *totals(outcomes, servers)]
        for server in all_servers:
            if lacking := server.missing():
                print(f"{suite}: {server.name} skipped, there is no {lacking}", file=sys.stderr)
                page.append(f"\n{server.name} was not installed where this page was written.")
        page += [*tables(outcomes, servers), ""]
        failures += sum(o.result == FAILED and o.server == "ministack" for o in outcomes)
    page += [conditions.INTRODUCTION, *conditional_writes()]
    options.output.write_text("\n".join(page))
    print(f"wrote {options.output}", file=sys.stderr)
    if failures:
        raise SystemExit(f"{failures} checks failed on ministack")


if __name__ == "__main__":
    main()

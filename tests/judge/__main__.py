"""Run Django's own tests with our classes in the place of Django's, and judge what they say."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import django

from tests import servers
from tests.judge.expected import EXPECTED
from tests.judge.runner import RESULTS
from tests.judge.sdist import folder_of_tests, folder_with_tasks
from tests.judge.suites import SUITES, Suite
from tests.judge.swaps import BUCKET
from tests.judge.verdict import Outcomes, Verdict, judge
from tests.running import ROOT, SETTINGS_VARIABLE

TIMEOUT = 900.0
"""Seconds after which a suite has hung."""


def run(suite: Suite, swaps: Sequence[str], aws: servers.LocalAWS, folder: Path) -> Outcomes:
    """What became of each test of a suite; a run that ends early ends the judge."""
    results = folder / f"{suite.name}.json"
    version, later = django.get_version(), suite.tasks_of
    tests = folder_with_tasks(version, later) if later else folder_of_tests(version)
    env = servers.scrubbed(os.environ) | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(tests)]),
        SETTINGS_VARIABLE: json.dumps(aws.settings),
        RESULTS: str(results),
    }
    command = [sys.executable, "-m", "tests.judge.inside", suite.name, *swaps]
    # Some tests expect that nothing is asked, and would wait for an answer of the terminal.
    done = subprocess.run(
        command,
        cwd=tests,
        env=env,
        check=False,
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    if not results.exists():
        sys.exit(f"{suite.name}: Django's tests ended with exit code {done.returncode}")
    outcomes: Outcomes = json.loads(results.read_text())
    return outcomes


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.judge", description=__doc__)
    add = parser.add_argument
    add("suites", nargs="*", help=f"which of {', '.join(SUITES)} (default: all)")
    add(
        "--django",
        action="store_true",
        help="swap nothing: Django's own classes have to pass everything",
    )
    add("--keep", type=Path, help="a folder for the outcomes of each suite, as JSON")
    options = parser.parse_args()
    if unknown := [name for name in options.suites if name not in SUITES]:
        parser.error(f"there is no suite {', '.join(unknown)}")
    return options


def main() -> None:
    """Run the suites, print the totals, and fail where one is not as expected."""
    options = arguments()
    verdicts: dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        with servers.ministack(Path(name) / "server") as aws:
            aws.client("s3").create_bucket(Bucket=BUCKET)
            for suite in [SUITES[each] for each in options.suites or SUITES]:
                if not suite.since <= django.VERSION[:2] <= suite.until:
                    continue
                ours = [] if options.django else suite.swaps
                swaps = [*suite.before, *ours, *suite.reading]
                outcomes = run(suite, swaps, aws, folder)
                expected = [] if options.django else EXPECTED.get(suite.name, [])
                verdict = judge(outcomes, expected, django.VERSION[:2])
                verdicts[suite.name] = verdict
                for fault in verdict.faults:
                    print(f"{suite.name}: {fault}\n", flush=True)
            aws.close()
    print(f"Django {django.get_version()}, Python {sys.version.partition(' ')[0]}")
    for suite_name, verdict in verdicts.items():
        print(f"  {suite_name}: {SUITES[suite_name].about}: {verdict}")
    sys.exit(any(verdict.faults for verdict in verdicts.values()))


if __name__ == "__main__":
    main()

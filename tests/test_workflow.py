"""The workflow of CI runs what `.ci/run` has, on the pairs of Python and Django of noxfile.py."""

from __future__ import annotations

import ast
import re
import subprocess
from typing import Any

import pytest

from tests.running import ROOT

RUN = ROOT / ".ci" / "run"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    # moto's server brings the parser.
    yaml = pytest.importorskip("yaml")
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    return found


def matrix() -> dict[str, str]:
    """`MATRIX` of noxfile.py, which cannot be imported where there is no nox."""
    for node in ast.parse((ROOT / "noxfile.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MATRIX":
            return dict(ast.literal_eval(node.value))
    raise AssertionError("noxfile.py has no MATRIX")


def test_the_pairs_are_those_of_nox(jobs: dict[str, Any]) -> None:
    pairs = jobs["pairs"]["strategy"]["matrix"]["pair"]
    assert {pair["python"]: pair["django"] for pair in pairs} == matrix()
    assert len(pairs) == len(matrix())


def test_the_tests_run_on_linux_and_macos(jobs: dict[str, Any]) -> None:
    for name in ("tests", "pairs"):
        systems = jobs[name]["strategy"]["matrix"]["os"]
        assert [system.partition("-")[0] for system in systems] == ["ubuntu", "macos"]
        # A job of Linux that fails is a failure.
        assert jobs[name]["continue-on-error"] == "${{ startsWith(matrix.os, 'macos') }}"


def test_each_job_calls_a_part_of_the_script(jobs: dict[str, Any]) -> None:
    called = {}
    for name, job in jobs.items():
        [command] = [step["run"] for step in job["steps"] if "run" in step]
        script, part, *_ = command.split()
        assert script == ".ci/run"
        called[name] = part
    assert called == {"lint": "lint", "docs": "docs", "tests": "tests", "pairs": "pair"}


def test_the_oldest_python_is_the_one_of_the_other_jobs(jobs: dict[str, Any]) -> None:
    project = (ROOT / "pyproject.toml").read_text()
    [oldest] = re.findall(r'requires-python = ">=(.+)"', project)
    for name in ("lint", "docs", "tests"):
        [version] = [
            step["with"]["python-version"]
            for step in jobs[name]["steps"]
            if "setup-python" in step.get("uses", "")
        ]
        assert version == oldest
    assert jobs["pairs"]["env"]["PYTHON"] == f"python{oldest}"


@pytest.mark.parametrize("arguments", [["everything"], ["pair"]])
def test_the_script_refuses_what_it_does_not_have(arguments: list[str]) -> None:
    done = subprocess.run(
        [RUN, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode
    assert "SESSION" in done.stderr or "the name of a session" in done.stderr

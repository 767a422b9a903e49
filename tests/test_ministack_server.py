"""What the suite's own server sums up is right, and was worth being written anew.

Told by the Python that has ministack, which is another one than that of the tests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib

from philo_aws.local import making
from tests.running import ROOT
from tests.servers import ministack_command, ministack_version, scrubbed

SUMS = """
import importlib, json, os, sys
sys.path.insert(0, sys.argv[1])
import ministack_server
s3 = importlib.import_module("ministack.services.s3")
names = ("_crc64nvme", "_crc32c")
own = {name: getattr(s3, name) for name in names}
quickened = ministack_server.quicken()
bodies = [os.urandom(size) for size in (0, 1, 9, 1000)]
print(json.dumps({
    "quickened": quickened,
    "other": [getattr(s3, name) is not own[name] for name in names],
    "equal": [getattr(s3, name)(body) == own[name](body) for name in names for body in bodies],
    "known": [getattr(s3, name)(b"123456789") for name in names],
}))
"""


def test_the_sums_are_those_of_ministack() -> None:
    done = subprocess.run(
        [ministack_command()[0], "-c", SUMS, str(ROOT / "tests")],
        capture_output=True,
        text=True,
        check=True,
        env=scrubbed(os.environ),
    )
    told = json.loads(done.stdout)
    # When these fail, ministack is as quick itself, or has no such function any more.
    assert told["quickened"]
    assert told["other"] == [True, True]
    assert all(told["equal"])
    assert told["known"] == [0xAE8B14860A799888, 0xE3069283]


def test_the_version_is_one_wherever_it_is_named() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    makefile = (ROOT / "Makefile").read_text()
    named = {
        *re.findall(r"ministack==([\d.]+)", " ".join(extras["optional-dependencies"]["local"])),
        *re.findall(r"ministack==([\d.]+)", makefile),
    }
    assert named == {making.VERSION} == {ministack_version()}


def test_no_test_needs_it_in_the_python_of_the_site() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra in ("test", "dev", "demo", "docs"):
        needed = " ".join(extras["optional-dependencies"][extra])
        assert "ministack" not in needed
        assert "local" not in needed

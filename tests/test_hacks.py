"""What reaches into others' private parts stands in the table of docs/architecture.md."""

from __future__ import annotations

import re

import pytest

from tests.running import ROOT
from tests.test_docs import names, rows

HEADING = (
    "where, and what",
    "why",
    "what it gains",
    "off",
    "what would let it go, and the test that tells",
)
TABLE = {names(row[0])[0]: row for row in rows("architecture.md", *HEADING)}
APP = ROOT / "philo_aws"
# A private name of another object (ruff wants its mark there; `_meta` is documented by Django), or
# one that is read by its text; C; the code, the frames and the state of modules; components of a
# session; requests held on their way; what is the whole process's: garbage, descriptors, signals.
REACHES = re.compile(
    r"^(?!.*\b_meta\b).*# noqa: SLF001|getattr\([^()]+, \"_|\bctypes\b|FunctionType"
    r"|\btb_frame\b|\b_initializing\b"
    r"|register_component|\"before-send|before-send\.s3|hidden_settings = |\bserver\.app = "
    r"|\bgc\.(?:freeze|set_threshold|disable)|/proc/self/fd|/dev/fd|\bTCP_INFO\b"
    r"|\bpthread_kill\b",
    re.MULTILINE,
)


def test_all_that_reaches_into_others_stands_in_the_table() -> None:
    found = {
        path.relative_to(APP).as_posix()
        for path in APP.rglob("*.py")
        if REACHES.search(path.read_text())
    }
    assert "s3/engine/crt/request.py" in found
    assert found - TABLE.keys() == set()


@pytest.mark.parametrize("module", TABLE)
def test_a_row_names_a_module_and_its_test(module: str) -> None:
    where, *_, off, let_go = TABLE[module]
    assert (APP / module).is_file()
    assert where.startswith(f"`{module}`: ")
    assert off
    tests = [name for name in names(let_go) if name.startswith("tests/")]
    assert tests
    for name in tests:
        assert (ROOT / name).is_file(), name
    # A test that tells says so by these words; where none can, the row does.
    told = any("# When this fails, " in (ROOT / name).read_text() for name in tests)
    assert told != ("not tested" in let_go)

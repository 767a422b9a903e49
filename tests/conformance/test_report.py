"""The page that `make conformance` writes."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.__main__ import MINISTACK, RADOSGW, read, tables

JUNIT = """
<testsuites><testsuite>
  <testcase classname="tests.s3.test_objects" name="test_put_it[ministack-a-b]"/>
  <testcase classname="tests.s3.test_objects" name="test_put_it[ministack-c]"/>
  <testcase classname="tests.s3.test_objects" name="test_put_it[radosgw-a-b]"/>
  <testcase classname="tests.s3.test_objects" name="test_put_it[radosgw-c]">
    <failure message="AWSError: no b-0123456789abcdef at 127.0.0.1:4711&#10;more"/>
  </testcase>
  <testcase classname="tests.s3.test_objects.TestClass" name="test_tags[ministack]"/>
  <testcase classname="tests.s3.test_objects.TestClass" name="test_tags[radosgw]">
    <skipped/>
  </testcase>
</testsuite></testsuites>
"""


def test_one_failed_variant_is_a_no_with_its_reason(tmp_path: Path) -> None:
    results = tmp_path / "results.xml"
    results.write_text(JUNIT)
    outcomes = list(read(results, ["ministack", "radosgw"]))
    assert "\n".join(tables(outcomes, [MINISTACK, RADOSGW])).strip().splitlines() == [
        "### objects",
        "",
        "| check | ministack | radosgw |",
        "|---|---|---|",
        "| put it | yes | **no** |",
        "| Class: tags | yes | - |",
        "",
        "- radosgw, put it: `AWSError: no b-NAME at SERVER`",
    ]

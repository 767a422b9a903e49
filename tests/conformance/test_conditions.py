"""What the suite's own servers do with conditional writes, on which tests of storages build."""

from __future__ import annotations

from tests.conformance.conditions import CASES, outcomes, table
from tests.servers import LocalAWS


def test_the_main_server_does_what_aws_documents(ministack: LocalAWS) -> None:
    assert outcomes(ministack) == [case.aws for case in CASES]


def test_the_second_takes_no_notice_of_if_match_when_parts_are_put_together(
    moto: LocalAWS,
) -> None:
    found = zip(CASES, outcomes(moto), strict=True)
    other = [(case.operation, case.condition) for case, outcome in found if outcome != case.aws]
    assert other == [
        ("CompleteMultipartUpload", "`If-Match`, it is another one by now"),
        ("CompleteMultipartUpload", "`If-Match`, it is gone"),
    ]


def test_what_differs_from_aws_is_bold() -> None:
    documented = [case.aws for case in CASES]
    lines = list(table({"one": documented, "other": ["written", "written", *documented[2:]]}))
    assert lines[0] == "| request | condition | AWS | one | other |"
    assert lines[1].count("---") == 5
    assert lines[3] == (
        "| PutObject | `If-None-Match: *`, the name is taken |"
        " 412 PreconditionFailed | 412 PreconditionFailed | **written** |"
    )
    assert [line for line in lines if "**" in line] == [lines[3]]
    assert len(lines) == 2 + len(CASES)

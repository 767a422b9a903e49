from __future__ import annotations

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.sqs.text import check_id, check_text


@pytest.mark.parametrize("good", ["\t\n\r", "\x7f", "\ud7ff", "\ue000", "\ufffd", "\U0010ffff", ""])
def test_characters_that_sqs_takes(good: str) -> None:
    check_text("The text", good)


@pytest.mark.parametrize("bad", ["\0", "\x01", "\x0b", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_characters_that_it_does_not(bad: str) -> None:
    with pytest.raises(UsageError, match=r"The text holds .* at position 2, a char") as caught:
        check_text("The text", f"ok{bad}")

    assert caught.value.code == "InvalidMessageContents"
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("good", ["a", "!~", "x" * 128, "tenant:7/a@b", "\\\"'"])
def test_ids_that_sqs_takes(good: str) -> None:
    check_id("MessageGroupId", good)


@pytest.mark.parametrize("bad", ["", " ", "a b", "ä", "a\n", "\0", "x" * 129, None, 5, b"a"])
def test_ids_that_it_does_not(bad: object) -> None:
    with pytest.raises(UsageError, match=r"MessageGroupId is .* Give 1 to 128 letters") as caught:
        check_id("MessageGroupId", bad)

    assert caught.value.code == "InvalidParameterValue"
    assert str(caught.value).isprintable()

from __future__ import annotations

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.sqs.arguments import check_string, shown, strings


class TestStrings:
    @pytest.mark.parametrize("given", [["a", "b"], ("a", "b"), iter(["a", "b"])], ids=repr)
    def test_become_a_list(self, given: object) -> None:
        assert strings("names", given, "All") == ["a", "b"]

    @pytest.mark.parametrize(
        "given", ["All", b"All", {"a": 1}, 5, None, True, ["a", 5], ["a", ""], [None]], ids=repr
    )
    def test_that_are_none(self, given: object) -> None:
        with pytest.raises(UsageError, match=r"names is .* Give a list .* such as \['All'\]"):
            strings("names", given, "All")


@pytest.mark.parametrize("given", ["", None, 5, True, b"x", ["x"]], ids=repr)
def test_what_is_no_string(given: object) -> None:
    with pytest.raises(UsageError, match="receipt_handle is .* Give a string"):
        check_string("receipt_handle", given)

    check_string("receipt_handle", "h")


class TestShown:
    def test_printable(self) -> None:
        assert shown("a\x1b\ud800ü") == r"'a\x1b\ud800\xfc'"

    def test_cut(self) -> None:
        assert shown("x" * 1000) == f"'{'x' * 79}… (1,002 characters)"

    def test_a_number_that_python_does_not_write_out(self) -> None:
        assert shown(10**5000) == "a very large int"

from __future__ import annotations

import pytest

from philo_aws.exceptions import InvalidRequestError
from philo_aws.s3.request.addresses import format_address, parse_address


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("s3://my-bucket", ("my-bucket", "")),
        ("s3://my-bucket/", ("my-bucket", "")),
        ("s3://my-bucket/a/b.txt", ("my-bucket", "a/b.txt")),
        ("  S3://my-bucket/a\n", ("my-bucket", "a")),
        ("\ts3://my-bucket/a \r\n", ("my-bucket", "a ")),
        ("s3://my-bucket//a//", ("my-bucket", "/a//")),
        ("s3://my-bucket/a%20b?c=d#e", ("my-bucket", "a%20b?c=d#e")),
        ("arn:aws:s3:::my-bucket/a", ("my-bucket", "a")),
        ("arn:aws-us-gov:s3:::my-bucket", ("my-bucket", "")),
        ("arn:aws-cn:s3:::my-bucket/k", ("my-bucket", "k")),
    ],
)
def test_addresses_as_people_paste_them(address: str, found: tuple[str, str]) -> None:
    assert parse_address(address) == found


@pytest.mark.parametrize(
    "address", ["", "my-bucket/a", "https://my-bucket.s3.amazonaws.com/a", "s3:my-bucket"]
)
def test_anything_else_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"s3://bucket/folder/file\.txt"):
        parse_address(address)


@pytest.mark.parametrize("address", ["s3://", "s3:///a", "s3://b/a", "s3://a b/c"])
def test_what_can_be_no_bucket_is_refused(address: str) -> None:
    with pytest.raises(InvalidRequestError, match="no possible bucket name"):
        parse_address(address)


@pytest.mark.parametrize(
    "key", ["", "a", "a/b c/", "/x", "ä", "a ", "a\u00a0", " a", "a\nb", "%2F"]
)
def test_what_is_written_can_be_read(key: str) -> None:
    assert parse_address(format_address("my-bucket", key)) == ("my-bucket", key)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="The address is None"):
        parse_address(None)  # type: ignore[arg-type]

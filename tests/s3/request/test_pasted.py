from __future__ import annotations

import pytest
from pytest_django import Settings

from philo_aws.exceptions import UsageError
from philo_aws.s3.request.pasted import Pasted, read_pasted

CONSOLE = "console.aws.amazon.com/s3"


@pytest.mark.parametrize(
    ("address", "bucket", "key"),
    [
        ("s3://media/a/b.txt", "media", "a/b.txt"),
        (" S3://media ", "media ".strip(), ""),
        ("arn:aws:s3:::media/a+b", "media", "a+b"),
        ("media", "media", ""),
        ("  media\n", "media", ""),
        ("media/", "media", ""),
        ("media/a b/%20.txt", "media", "a b/%20.txt"),
        ("my.dotted.bucket/x", "my.dotted.bucket", "x"),
        ("https://media.s3.eu-west-1.amazonaws.com/a/b.txt", "media", "a/b.txt"),
        ("https://media.s3.amazonaws.com", "media", ""),
        ("HTTPS://media.S3.amazonaws.com/A/", "media", "A/"),
        ("https://my.dotted.bucket.s3.eu-west-1.amazonaws.com/x", "my.dotted.bucket", "x"),
        ("https://media.s3-eu-west-1.amazonaws.com/x", "media", "x"),
        ("https://media.s3.dualstack.eu-west-1.amazonaws.com/x", "media", "x"),
        ("https://media.s3-accelerate.amazonaws.com/x", "media", "x"),
        ("http://media.s3-website-eu-west-1.amazonaws.com/x", "media", "x"),
        ("https://media.s3.cn-north-1.amazonaws.com.cn/x", "media", "x"),
        ("https://s3.eu-west-1.amazonaws.com/media/a/b.txt", "media", "a/b.txt"),
        ("https://s3.amazonaws.com/media", "media", ""),
        ("https://s3-eu-west-1.amazonaws.com/media/x", "media", "x"),
        (
            "https://media.s3.amazonaws.com/two+words%2Bplus/%C3%A4.txt",
            "media",
            "two words+plus/ä.txt",
        ),
        ("https://media.s3.amazonaws.com/x?X-Amz-Signature=0&X-Amz-Date=1#y", "media", "x"),
        ("https://media.s3.amazonaws.com/?list-type=2&prefix=a%2Fb", "media", "a/b"),
        ("https://media.s3.amazonaws.com//leading", "media", "/leading"),
        (f"https://s3.{CONSOLE}/buckets/media?region=eu-west-1&tab=objects", "media", ""),
        (f"https://eu-west-1.{CONSOLE}/buckets/media?region=x&prefix=a/b%2F", "media", "a/b/"),
        (
            f"https://eu-west-1.{CONSOLE}/object/media?region=x&prefix=a/b+c.txt",
            "media",
            "a/b c.txt",
        ),
        (f"https://123456789012-abcd.eu-west-1.{CONSOLE}/buckets/media", "media", ""),
        (f"https://s3.{CONSOLE}/buckets/media/?prefix=a%2F&showversions=false", "media", "a/"),
        ("https://console.amazonaws.cn/s3/buckets/media?prefix=a/", "media", "a/"),
    ],
)
def test_what_people_paste_names_a_bucket_and_what_is_in_it(
    address: str, bucket: str, key: str
) -> None:
    assert read_pasted(address) == Pasted(bucket=bucket, key=key)


def test_a_version_that_is_named_is_kept() -> None:
    found = read_pasted("https://media.s3.amazonaws.com/a?versionId=v1")
    assert found == Pasted(bucket="media", key="a", version="v1")
    found = read_pasted(f"https://s3.{CONSOLE}/object/media?prefix=a&versionId=v2")
    assert found == Pasted(bucket="media", key="a", version="v2")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("http://127.0.0.1:9000/media/a+b/%20c", "a+b/ c"),
        ("https://media.store.example:9000/a+b/%20c", "a+b/ c"),
    ],
)
def test_the_stores_own_address_is_known(settings: Settings, address: str, key: str) -> None:
    host = "127.0.0.1" if "127" in address else "store.example"
    settings.AWS = {"endpoint_url": {"s3": f"http://{host}:9000"}}
    assert read_pasted(address) == Pasted(bucket="media", key=key)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "/media/x",
        "ftp://media/x",
        "https://",
        "https://evil.example/media/x",
        "https://media.s3.amazonaws.com.evil.example/x",
        "https://evil.example/?media.s3.amazonaws.com/x",
        "https://media.s3.evil.com/x",
        "https://s3.amazonaws.com/",
        "https://[::1/x",
        "https://media.s3.amazonaws.com:port/x",
        f"https://s3.{CONSOLE}/home",
        "https://us-east-1.console.aws.amazon.com/ec2/home",
        "https://127.0.0.1:9001/media/x",
        "a?b/x",
        "xy",
    ],
)
def test_anything_else_is_refused(settings: Settings, address: str) -> None:
    settings.AWS = {"endpoint_url": "http://127.0.0.1:9000"}
    with pytest.raises(UsageError):
        read_pasted(address)

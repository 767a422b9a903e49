"""The S3 examples of the reference, with the names of this package, and what each shows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Result
from tests.servers import LocalAWS

REGION = "us-west-2"
ITEMS = {"readme.txt": 1238, "13167621.mp3": 7110, "18776371.mp3": 8877}


@pytest.fixture
def bucket_name(aws: LocalAWS) -> str:
    name = aws.make_bucket(REGION)
    for key, size in ITEMS.items():
        aws.client("s3", REGION).put_object(Bucket=name, Key=key, Body=b"." * size)
    return name


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    """The examples name files relative to the folder they run in."""
    before = Path.cwd()
    os.chdir(tmp_path)
    (tmp_path / "dest").mkdir()
    yield
    os.chdir(before)


def test_list_objects_v2_from_python(bucket_name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from philo_aws.s3 import list_objects_v2

    region_name = "us-west-2"
    bucket_content = list_objects_v2(bucket_name, region_name)["Contents"]

    print("Bucket contents : ")  # noqa: T201
    for bucket_item in bucket_content:
        print(bucket_item["Key"])  # noqa: T201

    shown = "Bucket contents : \n13167621.mp3\n18776371.mp3\nreadme.txt\n"
    assert capsys.readouterr().out == shown


def test_list_objects_v2_from_the_command_line(
    bucket_name: str, run: Callable[..., Result]
) -> None:
    result = run("aws_s3", "list_objects_v2", "--bucket", bucket_name, "--region", "us-west-2")
    assert result.code == 0
    assert result.err == ""
    table = re.sub(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", "2018-04-11 15:56:52+00:00", result.out
    )
    assert table == (
        "+----+--------------+---------------------------+--------------+---------------+\n"
        "|    |     Key      |       Last Modified       | Size (bytes) | Storage Class |\n"
        "+----+--------------+---------------------------+--------------+---------------+\n"
        "| 1  | 13167621.mp3 | 2018-04-11 15:56:52+00:00 |     7110     |    STANDARD   |\n"
        "| 2  | 18776371.mp3 | 2018-04-11 15:56:52+00:00 |     8877     |    STANDARD   |\n"
        "| 3  | readme.txt   | 2018-04-11 15:56:52+00:00 |     1238     |    STANDARD   |\n"
        "+----+--------------+---------------------------+--------------+---------------+\n"
    )


def test_download_file_from_python(bucket_name: str) -> None:
    from philo_aws.s3 import download_file, list_objects_v2

    region_name = "us-west-2"
    bucket_item = list_objects_v2(bucket_name, region_name)["Contents"][0]

    download_file("dest/my_new_local_file.txt", bucket_name, bucket_item["Key"], region_name)

    assert Path("dest/my_new_local_file.txt").read_bytes() == b"." * ITEMS["13167621.mp3"]


def test_download_file_from_the_command_line(bucket_name: str, run: Callable[..., Result]) -> None:
    result = run(
        "aws_s3", "download_file", "--bucket", bucket_name, "--region", "us-west-2",
        "--fname", "my_new_local_file.txt", "--key", "readme.txt",
    )  # fmt: skip
    assert result.code == 0
    assert Path("my_new_local_file.txt").stat().st_size == ITEMS["readme.txt"]


def test_upload_file_from_python(aws: LocalAWS, bucket_name: str) -> None:
    from philo_aws.s3 import upload_file

    Path("dest/my_new_local_file.txt").write_text("new")
    region_name = "us-west-2"

    upload_file("dest/my_new_local_file.txt", bucket_name, "My_New_File_key", region_name)

    stored = aws.client("s3", REGION).get_object(Bucket=bucket_name, Key="My_New_File_key")
    assert stored["Body"].read() == b"new"


def test_upload_file_from_the_command_line(
    aws: LocalAWS, bucket_name: str, run: Callable[..., Result]
) -> None:
    Path("my_local_file.txt").write_text("new")
    result = run(
        "aws_s3", "upload_file", "--bucket", bucket_name, "--region", "us-west-2",
        "--fname", "my_local_file.txt", "--key", "My_New_File_key.txt",
    )  # fmt: skip
    assert result.code == 0
    stored = aws.client("s3", REGION).get_object(Bucket=bucket_name, Key="My_New_File_key.txt")
    assert stored["Body"].read() == b"new"


@pytest.fixture
def source_dir() -> str:
    for name in ("a.txt", "deep/er/b.txt"):
        path = Path("my_files/for_upload") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return "./my_files/for_upload"


def keys(aws: LocalAWS, bucket_name: str) -> set[str]:
    rows = aws.client("s3", REGION).list_objects_v2(Bucket=bucket_name)["Contents"]
    return {row["Key"] for row in rows} - ITEMS.keys()


def test_upload_dir_from_python(aws: LocalAWS, bucket_name: str, source_dir: str) -> None:
    from philo_aws.s3 import upload_dir

    region_name = "us-west-2"
    upload_dir(source_dir, bucket_name, region_name)

    assert keys(aws, bucket_name) == {"a.txt", "deep/er/b.txt"}


def test_upload_dir_from_the_command_line(
    aws: LocalAWS, bucket_name: str, source_dir: str, run: Callable[..., Result]
) -> None:
    result = run(
        "aws_s3", "upload_dir", "--bucket", bucket_name, "--region", "us-west-2",
        "--root_folder", "./my_files/for_upload",
    )  # fmt: skip
    assert result.code == 0
    assert keys(aws, bucket_name) == {"a.txt", "deep/er/b.txt"}

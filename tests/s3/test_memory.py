"""Memory that does not grow with the number of objects."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.admin.stores import Answer, Asked, refusal, serving
from tests.running import ROOT, process_environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here"),
]

PAGE = 1000
MOST_MORE = 50 * 1024  # KiB
# The peak of this process alone: what getrusage tells begins with that of its parent.
SCRIPT = """
import atexit, pathlib, re, sys
from django.core.management import execute_from_command_line

def tell():
    status = pathlib.Path("/proc/self/status").read_text()
    print(re.search(r"VmHWM:\\s*(\\d+)", status)[1], file=sys.stderr)

atexit.register(tell)
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


def bucket_of(count: int) -> Callable[[Asked], Answer]:
    """What answers as a bucket of `count` objects does to ListObjectsV2."""

    def answer(asked: Asked) -> Answer:
        if asked.query.get("list-type") != "2":
            return refusal(asked, "NotImplemented", 501)
        first = int(asked.query.get("continuation-token", "0"))
        entries = "".join(
            f"<Contents><Key>data/{number // 1000:06}/{number:09}.bin</Key>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{number:032x}&quot;</ETag><Size>4096</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for number in range(first, min(first + PAGE, count))
        )
        following = first + PAGE
        more = (
            f"<IsTruncated>true</IsTruncated><NextContinuationToken>{following}"
            "</NextContinuationToken>"
            if following < count
            else "<IsTruncated>false</IsTruncated>"
        )
        namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
        return Answer(
            200,
            f'<ListBucketResult xmlns="{namespace}"><Name>b</Name><KeyCount>{PAGE}</KeyCount>'
            f"{more}{entries}</ListBucketResult>".encode(),
        )

    return answer


def peak(count: int, *words: str) -> int:
    """The most KiB that a command took, which saw `count` objects."""
    with serving(bucket_of(count)) as store:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *words],
            cwd=ROOT,
            env=process_environment(store.settings(), {}),
            capture_output=True,
            text=True,
            check=True,
        )
    # The last line of a transfer is its sum.
    assert len(done.stdout.splitlines()) in (count, count + 1)
    return int(done.stderr.split()[-1])


@pytest.mark.parametrize(
    "words",
    [
        ["list_objects_v2"],
        ["list_folder", "--recursive"],
        ["sync", "--direction=down", "--root_folder={empty}", "--dry_run"],
        ["delete_objects", "--prefix=", "--dry_run"],
    ],
    ids=lambda words: words[0],
)
def test_a_million_objects_take_no_more_than_ten_thousand(tmp_path: Path, words: list[str]) -> None:
    words = [word.format(empty=tmp_path) for word in words]
    words = ["aws_s3", *words, "--bucket=bucket", "--format=jsonl"]
    few = peak(10_000, *words)
    assert peak(1_000_000, *words) <= few + MOST_MORE

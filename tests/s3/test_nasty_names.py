"""Names that break tools: up, listed, synced, down again, identical or reported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from philo_aws import s3
from philo_aws.conf import TransferConfig
from tests.s3.transfer.test_folders import local
from tests.servers import LocalAWS

GOOD = [
    "plain",
    "with space",
    " leading and trailing ",
    "plus+percent%20amp&question?hash#equals=",
    "semi;colon:at@comma,dollar$star*",
    "quotes'\"`",
    "brackets[1]{2}(3)<4>",
    "back\\slash",
    "tilde~caret^pipe|bang!",
    "tab\there",
    "caf\u00e9-nfc",
    "cafe\u0301-nfd",
    "\U0001f600/\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u202eright-to-left",
    "\ufb00-ligature",
    "\u4e2d\u6587",
    ".hidden",
    "...",
    "-rf",
    "n" * 255,
    "\u00e9" * 127,
    "/".join(["deep"] * 60),
    "test-1",
    "test.txt",
    "test/inside",
    "test0",
    "test!",
    "%2e%2e/x",
    "con",
    "a" * 250 + "/" + "b" * 250 + "/" + "c" * 250 + "/" + "d" * 250,
]
# moto's URL router stops at a line break, and its answer to a listing cannot hold other controls.
NOT_FOR_MOTO = ["new\nline", "carriage\rreturn", "bell\x07"]


def names_for(aws: LocalAWS) -> list[str]:
    return GOOD if aws.name == "moto" else GOOD + NOT_FOR_MOTO


def lay(root: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number} {name!r}")


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_good_names_come_back_identical(
    aws: LocalAWS, bucket: str, tmp_path: Path, engine: str
) -> None:
    names = names_for(aws)
    transfer = TransferConfig(engine=engine)
    lay(tmp_path / "up", names)
    report = s3.upload_dir(tmp_path / "up", bucket, transfer=transfer)
    assert [failure.error for failure in report.failures] == []
    assert report.uploaded == len(names)
    listed = [row["Key"] for row in s3.list_objects_v2(bucket)["Contents"]]
    assert listed == sorted(names, key=str.encode)
    report = s3.sync(tmp_path / "up", bucket, delete=True, transfer=transfer)
    assert (report.uploaded, report.deleted, report.failed) == (0, 0, 0)
    report = s3.download_dir(tmp_path / "down", bucket, transfer=transfer)
    assert [failure.error for failure in report.failures] == []
    assert local(tmp_path / "down") == local(tmp_path / "up")
    report = s3.sync(tmp_path / "down", bucket, direction="down", delete=True, transfer=transfer)
    assert (report.downloaded, report.deleted, report.skipped) == (0, 0, len(names))
    report = s3.delete_objects(bucket, prefix="")
    assert (report.deleted, report.failed) == (len(names), 0)
    assert s3.list_objects_v2(bucket)["Contents"] == []


def test_bad_names_are_reported_and_the_good_ones_go(
    aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    lay(tmp_path, ["good", "z/good"])
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/invalid\xff\xfe")).touch()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "unreadable").touch(mode=0)
    long = "/".join(["x" * 250] * 5)
    lay(tmp_path, [long])
    report = s3.upload_dir(tmp_path, bucket, follow_symlinks=True)
    expected = {"invalid\udcff\udcfe", "fifo", "broken", "loop", long}
    if os.geteuid():
        expected.add("unreadable")  # root may read everything
    assert {failure.key for failure in report.failures} == expected
    assert all(str(failure.error) for failure in report.failures)
    assert report.skipped_by_reason == {"symbolic link to a folder it is in": 1}
    assert report.planned == report.uploaded + report.skipped + report.failed
    stored = {row["Key"] for row in s3.list_objects_v2(bucket)["Contents"]}
    assert stored - {"unreadable"} == {"good", "z/good"}

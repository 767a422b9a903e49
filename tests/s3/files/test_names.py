"""Names of files are UTF-8 in every locale, and so a tree has the same keys everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from philo_aws.s3.files.names import to_key, to_name
from tests.running import Result
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

# What a machine without a locale has, where Python is kept from its own remedies.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
TREE = {
    "plain.txt": b"1",
    "ü ﷽.txt": b"2",
    "日本/é.txt": b"3",
    "日本/e\N{COMBINING ACUTE ACCENT}.txt": b"4",
    "日本/🙂/large": b"5" * (9 * 1024**2),
    "z/\ue000": b"6",
    "z/\U00010000": b"7",
}
Run = Callable[..., Result]


def make(folder: Path) -> Path:
    for name, content in TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def keys(aws: LocalAWS, bucket: str) -> set[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return {item["Key"] for item in answer.get("Contents", ())}


@pytest.fixture
def s3(run_process: Run, bucket: str) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET …` in a locale of ASCII."""
    return lambda action, *flags: run_process(
        "aws_s3", action, "--bucket", bucket, *flags, env=ASCII, timeout=120
    )


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_a_tree_goes_up_and_comes_back_in_a_locale_of_ascii(
    s3: Run, aws: LocalAWS, bucket: str, tmp_path: Path, engine: str
) -> None:
    source, target = make(tmp_path / "här"), tmp_path / "dört"
    flags = ("--engine", engine)
    up = s3("upload_dir", "--root_folder", source, *flags)
    assert (up.code, keys(aws, bucket)) == (0, set(TREE)), up.err
    assert s3("download_dir", "--root_folder", target, *flags).code == 0
    assert tree(target) == TREE
    both = ("--compare", "checksum", "--format", "json", *flags)
    for direction, folder in (("up", source), ("down", target)):
        again = s3("sync", "--root_folder", folder, "--direction", direction, *both)
        assert again.code == 0, again.err
        *rows, told = json.loads(again.out)
        assert (told["uploaded"], told["downloaded"], told["skipped"]) == (0, 0, len(TREE))
        assert {row["path"] for row in rows} <= {str(folder / name) for name in TREE}


def test_filters_match_the_key(s3: Run, aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    source = make(tmp_path / "tree")
    flags = ("--exclude", "*", "--include", "日本/é.txt", "--include", "ü*")
    assert s3("upload_dir", "--root_folder", source, *flags).code == 0
    assert keys(aws, bucket) == {"日本/é.txt", "ü ﷽.txt"}


def test_what_is_too_much_is_deleted_and_makes_room(
    s3: Run, aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    for key in ("ä", "ö/1"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"new")
    target = tmp_path / "tree"
    for name in ("ä/alt", "ö", "ü/é/alt"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(b"old")
    done = s3("sync", "--root_folder", target, "--direction", "down", "--delete")
    assert done.code == 0, done.err
    assert tree(target) == {"ä": b"new", "ö/1": b"new"}
    assert {path.name for path in target.iterdir()} == {"ä", "ö"}


def test_a_name_that_is_no_utf_8_is_named(s3: Run, tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / os.fsdecode(b"caf\xe9")).write_bytes(b"1")
    (folder / "café").write_bytes(b"1")
    result = s3("upload_dir", "--root_folder", folder)
    assert result.code == 1
    assert r"caf\xe9' is not valid UTF-8" in result.err
    assert result.err.count("UTF-8") == 1


@pytest.mark.parametrize("env", [ASCII, {}])
def test_there_and_back(env: dict[str, str]) -> None:
    code = (
        "import os, sys; from philo_aws.s3.files.names import to_key, to_name\n"
        "for raw in (b'plain', b'\\xc3\\xbc', b'caf\\xe9', bytes(range(1, 256))):\n"
        "    name = os.fsdecode(raw); key = to_key(name)\n"
        "    assert key.encode('utf-8', 'surrogateescape') == raw, raw\n"
        "    assert to_name(key) == name, raw\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | env)


def test_in_utf_8_nothing_changes() -> None:
    for text in ("a", "ü", "\udcff"):
        assert to_key(text) == to_name(text) == text

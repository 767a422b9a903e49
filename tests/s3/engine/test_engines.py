"""What both engines promise on a good day, on both servers."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws.exceptions import AWSError, ObjectNotFoundError
from philo_aws.s3.engine import Download, Result, Task, Upload, create
from tests.servers import LocalAWS

from .conftest import Move, downloads, files, objects, options_for, upload, uploads

MIB = 1024 * 1024


def fill(folder: Path, sizes: dict[str, int]) -> Path:
    for number, (name, size) in enumerate(sizes.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.sha256(b"%d" % number).digest() * (size // 32 + 1))
        os.truncate(path, size)
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    sizes = {f"d{n % 7}/f{n}.bin": n * 37 for n in range(60)}
    return fill(tmp_path / "tree", sizes | {"empty": 0, "edge": 8 * MIB, "large": 17 * MIB + 3})


def test_a_tree_goes_up_and_comes_down_the_same(
    move: Move, tree: Path, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    expected = files(tree)
    up = move(uploads(tree))
    assert up.errors == {}
    assert up.done == expected.keys()
    assert up.moved == sum(r.bytes for r in up.results) == sum(map(len, expected.values()))
    assert objects(aws, bucket) == expected
    back = tmp_path / "back"
    down = move(downloads(aws, bucket, back))
    assert down.errors == {}
    assert down.moved == up.moved
    assert files(back) == expected


@pytest.mark.parametrize("checksum", ["crc64nvme", "crc32c", "crc32", "sha256", "none"])
@pytest.mark.parametrize("size", [10, 12 * MIB], ids=["small", "large"])
def test_every_checksum_serves_for_every_size(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str, checksum: str, size: int
) -> None:
    fill(tmp_path, {"f": size})
    assert move(uploads(tmp_path), checksum=checksum).errors == {}
    assert objects(aws, bucket)["f"] == (tmp_path / "f").read_bytes()
    head = aws.client("s3").head_object(Bucket=bucket, Key="f", ChecksumMode="ENABLED")
    given = {name.lower() for name in head if name.startswith("Checksum")}
    if aws.name == "ministack" and checksum != "none":
        assert f"checksum{checksum}" in given


def test_headers_of_the_object_and_arguments_of_all(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    fill(tmp_path, {"small": 5, "large": 9 * MIB})
    shared = {
        "Content-Type": "text/x-philo",
        "Cache-Control": "max-age=5",
        "x-amz-meta-own": "of the object",
    }
    tasks = [
        Upload(key=p.name, path=str(p), size=p.stat().st_size, mtime_ns=0, headers=shared)
        for p in sorted(tmp_path.iterdir())
    ]
    arguments = {
        "StorageClass": "STANDARD_IA",
        "Metadata": {"all": "of all"},
        "Tagging": "a=b",
        "ContentType": "text/loses",
    }
    assert move(tasks, extra_args=arguments).errors == {}
    for key in ("small", "large"):
        head = aws.client("s3").head_object(Bucket=bucket, Key=key)
        assert head["ContentType"] == "text/x-philo"
        assert head["CacheControl"] == "max-age=5"
        assert head["Metadata"] == {"own": "of the object", "all": "of all"}
        assert head["StorageClass"] == "STANDARD_IA"
    # ministack forgets the tags of a multipart upload.
    tags = aws.client("s3").get_object_tagging(Bucket=bucket, Key="small")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]


@pytest.mark.parametrize("given", ["0", "-1", "Thu, 01 Dec 2094 16:00:00 GMT"])
def test_a_text_that_is_no_date_is_sent_as_it_is(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str, given: str
) -> None:
    fill(tmp_path, {"f": 5, "large": 9 * MIB})
    tasks = [upload(name, tmp_path / name, Expires=given) for name in ("f", "large")]
    assert move(tasks).errors == {}
    path = tmp_path / "f"
    assert move([upload("of-all", path)], extra_args={"Expires": given}).errors == {}
    for key in ("f", "large", "of-all"):
        head = aws.client("s3").head_object(Bucket=bucket, Key=key)
        assert head["ResponseMetadata"]["HTTPHeaders"]["expires"] == given, key


NASTY = [
    "space and +plus",
    "percent%41?question&and=equals#hash",
    "quotes'\"`",
    "tab\tnewline\n",
    "emoji-🐍",
    "n\u00e9-nfc",
    "ne\u0301-nfd",
    "tilde~(brackets)[]{}|\\^<>;:@!$,*",
    "a/./b",
    "a/../b",
    "double//slash",
    "ends/",
    "k" * 1024,
]


def test_every_key_arrives_as_it_is(move: Move, tmp_path: Path, aws: LocalAWS, bucket: str) -> None:
    # moto takes "/../" for a folder up, and gives back no object with a line break in its key.
    keys = [k for k in NASTY if aws.name == "ministack" or ("/." not in k and "\n" not in k)]
    fill(tmp_path, {"f": 7})
    up = move([upload(key, tmp_path / "f") for key in keys])
    assert up.errors == {}
    listed = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert sorted(found["Key"] for found in listed) == sorted(keys)
    down = move(
        Download(key=key, path=str(tmp_path / f"back{n}"), size=7) for n, key in enumerate(keys)
    )
    assert down.errors == {}
    assert {(tmp_path / f"back{n}").read_bytes() for n in range(len(keys))} == {
        (tmp_path / "f").read_bytes()
    }


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("size", [100, 9 * MIB], ids=["small", "large"])
def test_a_file_name_that_is_no_utf_8(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str, size: int
) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    fill(folder, {"f": size})
    path = folder / "f"
    assert move([upload("f", path)]).errors == {}
    assert objects(aws, bucket)["f"] == path.read_bytes()
    back = folder / os.fsdecode(b"back\xff")
    assert move([Download(key="f", path=str(back), size=size)]).errors == {}
    assert back.read_bytes() == path.read_bytes()
    assert list(move([upload(os.fsdecode(b"\xff"), path)]).errors.values()) == ["InvalidFileName"]


@pytest.mark.aws_servers("ministack")
def test_files_that_cannot_be_uploaded_are_named_and_the_others_go_on(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    fill(tmp_path, {f"good{n}": 50 for n in range(20)} | {"unreadable": 5})
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken").symlink_to("nowhere")
    bad = [
        Upload(key=name, path=str(tmp_path / name), size=1, mtime_ns=0)
        for name in ("pipe", "folder", "broken", "vanished")
    ]
    outcome = move([*bad, *(upload(f"good{n}", tmp_path / f"good{n}") for n in range(20))])
    assert outcome.errors.keys() == {"pipe", "folder", "broken", "vanished"}
    assert "not a regular file" in str(outcome.of("pipe").error)
    assert "'" + str(tmp_path / "vanished") + "'" in str(outcome.of("vanished").error)
    assert len(objects(aws, bucket)) == 20


@pytest.mark.aws_servers("ministack")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_named(move: Move, tmp_path: Path) -> None:
    fill(tmp_path, {"f": 5})
    (tmp_path / "f").chmod(0)
    assert "permission denied" in str(move([upload("f", tmp_path / "f")]).of("f").error)


@pytest.mark.aws_servers("ministack")
def test_a_missing_object_leaves_the_file_as_it_was(move: Move, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"old")
    (tmp_path / "large").write_bytes(b"old")
    outcome = move(
        [
            Download(key="none/small", path=str(tmp_path / "small"), size=3),
            Download(key="none/large", path=str(tmp_path / "large"), size=100 * MIB),
        ]
    )
    assert all(isinstance(result.error, ObjectNotFoundError) for result in outcome.results)
    assert all(result.request_id for result in outcome.results)
    assert files(tmp_path) == {"small": b"old", "large": b"old"}


@pytest.mark.aws_servers("ministack")
def test_a_missing_bucket_is_told_for_every_task(move: Move, tmp_path: Path) -> None:
    fill(tmp_path, {f"f{n}": 5 for n in range(300)})
    outcome = move(uploads(tmp_path), bucket="no-such-bucket-here")
    assert len(outcome.errors) == 300
    assert set(outcome.errors.values()) == {"NoSuchBucket"}
    assert sum(result.attempts for result in outcome.results) < 200, "it should have seen it early"


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("size", [64, 9 * MIB], ids=["small", "large"])
def test_a_download_replaces_the_file_and_keeps_its_mode_and_the_given_time(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str, size: int
) -> None:
    body = os.urandom(size)
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=body)
    path = tmp_path / "deep" / "f"
    path.parent.mkdir()
    path.write_bytes(b"old" * 100)
    path.chmod(0o4640)
    task = Download(key="k", path=str(path), size=size, mtime_ns=1_600_000_000_123_456_789)
    assert move([task]).errors == {}
    assert path.read_bytes() == body
    assert path.stat().st_mode & 0o7777 == 0o640, "what is downloaded runs as nobody else"
    assert path.stat().st_mtime_ns == 1_600_000_000_123_456_789
    assert os.listdir(path.parent) == ["f"]


@pytest.mark.aws_servers("ministack")
def test_results_tell_the_etag_and_the_attempts(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    fill(tmp_path, {"f": 100})
    result = move(uploads(tmp_path)).of("f")
    assert (
        result.etag == hashlib.md5((tmp_path / "f").read_bytes(), usedforsecurity=False).hexdigest()
    )
    assert (result.bytes, result.attempts) == (100, 1)
    assert result.request_id


@pytest.mark.aws_servers("ministack")
def test_tasks_are_pulled_as_room_is_made_and_begun_before_the_last_is_known(
    engine_name: str, tmp_path: Path, bucket: str
) -> None:
    fill(tmp_path, {"f": 10})
    arrived = threading.Event()
    pulled = 0

    def tasks() -> Iterator[Task]:
        nonlocal pulled
        yield upload("first", tmp_path / "f")
        assert arrived.wait(20), "the first was not done while the others were still unknown"
        for number in range(50):
            pulled += 1
            yield upload(f"k{number}", tmp_path / "f")

    results: list[Result] = []

    def on_result(result: Result) -> None:
        results.append(result)
        arrived.set()

    create(options_for(engine_name, bucket)).run(tasks(), on_result=on_result)
    assert len(results) == 51
    assert pulled == 50


@pytest.mark.aws_servers("ministack")
def test_a_planner_that_fails_does_not_take_back_what_it_gave(
    engine_name: str, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    fill(tmp_path, {"f": 10})

    def tasks() -> Iterator[Task]:
        for number in range(30):
            yield upload(f"k{number}", tmp_path / "f")
        raise AWSError("the listing broke off")

    results: list[Result] = []
    with pytest.raises(AWSError, match="the listing broke off"):
        create(options_for(engine_name, bucket)).run(tasks(), on_result=results.append)
    assert len(results) == 30
    assert len(objects(aws, bucket)) == 30


@pytest.mark.aws_servers("ministack")
def test_a_report_that_fails_ends_the_run(engine_name: str, tmp_path: Path, bucket: str) -> None:
    fill(tmp_path, {"f": 10})

    def on_result(result: Result) -> None:
        raise BrokenPipeError

    tasks = (upload(f"k{number}", tmp_path / "f") for number in range(5000))
    with pytest.raises(BrokenPipeError):
        create(options_for(engine_name, bucket)).run(tasks, on_result=on_result)


@pytest.mark.aws_servers("ministack")
def test_nothing_to_do(move: Move) -> None:
    assert move([]).results == []


@pytest.mark.aws_servers("ministack")
def test_results_come_one_at_a_time(engine_name: str, tmp_path: Path, bucket: str) -> None:
    fill(tmp_path, {"f": 10, "large": 9 * MIB})
    inside = threading.Lock()
    seen = 0

    def once(value: object) -> None:
        nonlocal seen
        assert inside.acquire(blocking=False), "called twice at the same time"
        seen += 1
        inside.release()

    tasks = [upload(f"k{n}", tmp_path / ("large" if n == 20 else "f")) for n in range(100)]
    create(options_for(engine_name, bucket)).run(tasks, on_result=once, on_bytes=once)
    assert seen >= 200, seen


@pytest.mark.aws_servers("ministack")
def test_wrong_keys_are_refused_once(
    engine_name: str, signed_aws: LocalAWS, tmp_path: Path, settings: Settings
) -> None:
    fill(tmp_path, {f"f{n}": 5 for n in range(200)})
    bucket = signed_aws.make_bucket()
    wrong = dict(signed_aws.credentials) | {"aws_secret_access_key": "sEcReT"}
    settings.AWS = signed_aws.settings | {"credentials": wrong}
    results: list[Result] = []
    create(options_for(engine_name, bucket)).run(uploads(tmp_path), on_result=results.append)
    assert {r.error.code for r in results if r.error} == {"SignatureDoesNotMatch"}
    assert len(results) == 200
    assert "sEcReT" not in repr(results)


def test_signatures_are_right_for_every_key(
    engine_name: str, signed_aws: LocalAWS, tmp_path: Path
) -> None:
    bucket = signed_aws.make_bucket()
    fill(tmp_path, {"f": 7, "large": 9 * MIB})
    results: list[Result] = []
    extra_args = {"Metadata": {"a": "b c"}, "Tagging": "a=b"}
    engine = create(options_for(engine_name, bucket, extra_args=extra_args))
    keys = [key for key in NASTY if "/." not in key and "//" not in key]
    tasks = [upload(key, tmp_path / "f") for key in keys]
    engine.run([*tasks, upload("large", tmp_path / "large")], on_result=results.append)
    assert {r.task.key: str(r.error) for r in results if r.error} == {}
    back = tmp_path / "back"
    engine.run(
        [
            Download(key="large", path=str(back / "large"), size=9 * MIB),
            *(Download(key=k, path=str(back / f"{n}"), size=7) for n, k in enumerate(keys)),
        ],
        on_result=results.append,
    )
    assert {r.task.key: str(r.error) for r in results if r.error} == {}
    assert (back / "large").read_bytes() == (tmp_path / "large").read_bytes()

"""`--fname -` of `manage.py aws_s3`: objects from stdin and to stdout, in real pipes."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws.limits import MIB
from tests.management.commands.test_aws_s3_reading import process, raw
from tests.running import ROOT, Result, process_environment
from tests.s3.engine.bare import BareStore, bare_store
from tests.s3.engine.conftest import FaultProxy, fault_proxy, objects, proxy
from tests.s3.objects.test_reading import stored
from tests.s3.objects.test_writing import unfinished
from tests.s3.test_memory import SCRIPT
from tests.servers import LocalAWS

__all__ = ["fault_proxy", "proxy"]

Run = Callable[..., Result]
GIB = 1024 * MIB
MOST_MORE = 64 * 1024  # KiB


@pytest.fixture
def s3(run: Run, bucket: str) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET --key k --fname - …`."""
    return lambda action, *flags, **options: run(
        *("aws_s3", action, "--bucket", bucket, "--key", "k", "--fname", "-", *flags), **options
    )


def left_in(pipe: int) -> int:
    """The bytes of a pipe that nobody has read."""
    return int(struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0])


def words(action: str, bucket: str, *more: str) -> list[str]:
    return [action, "--bucket", bucket, "--key", "k", "--fname", "-", *more]


class TestUpload:
    @pytest.mark.parametrize("size", [1, 3 * MIB, 21 * MIB])
    def test_what_another_program_writes(
        self, settings: Settings, ministack: LocalAWS, bucket: str, size: int
    ) -> None:
        content = os.urandom(size)
        done = raw(settings, *words("upload_file", bucket, "--part_size=5MiB"), input=content)
        assert (done.returncode, done.stdout) == (0, b"")
        assert objects(ministack, bucket) == {"k": content}
        assert unfinished(ministack, bucket) == []

    def test_flags_and_the_answer_for_programs(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        flags = ("--cache_control", "no-store", "--metadata", "a=b", "--format", "json")
        result = s3("upload_file", *flags, stdin="content")
        assert (result.code, result.err) == (0, "")
        assert json.loads(result.out) == {
            "status": "done",
            "action": "upload",
            "key": "k",
            "path": "-",
            "bytes": 7,
        }
        head = aws.client("s3").head_object(Bucket=bucket, Key="k")
        assert (head["CacheControl"], head["Metadata"]) == ("no-store", {"a": "b"})

    def test_nothing(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"yesterday's")
        result = s3("upload_file")
        assert (result.code, result.out) == (1, "")
        assert "Nothing came, so 'k' was not written" in result.err
        assert objects(aws, bucket) == {"k": b"yesterday's"}
        assert s3("upload_file", "--allow_empty").code == 0
        assert objects(aws, bucket) == {"k": b""}

    def test_a_terminal(self, settings: Settings, ministack: LocalAWS, bucket: str) -> None:
        terminal, own = os.openpty()
        done = raw(settings, *words("upload_file", bucket), stdin=own)
        os.close(own)
        os.close(terminal)
        assert done.returncode == 2
        assert b"stdin is a terminal" in done.stderr
        assert objects(ministack, bucket) == {}

    def test_no_stdin(self, settings: Settings, ministack: LocalAWS, bucket: str) -> None:
        done = raw(
            settings, *words("upload_file", bucket), stdin=None, preexec_fn=lambda: os.close(0)
        )
        assert done.returncode == 2
        assert b"There is no stdin" in done.stderr

    def test_a_pipe_that_does_not_wait(
        self, settings: Settings, ministack: LocalAWS, bucket: str
    ) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        command = process(settings, *words("upload_file", bucket), stdin=reading)
        os.write(writing, b"one ")
        while left_in(reading) and command.poll() is None:
            time.sleep(0.01)
        os.close(reading)
        # The command has nothing to read meanwhile, which is no end.
        with pytest.raises(subprocess.TimeoutExpired):
            command.wait(1)
        os.write(writing, b"two")
        os.close(writing)
        command.communicate(timeout=60)
        assert command.returncode == 0
        assert objects(ministack, bucket) == {"k": b"one two"}

    @pytest.mark.aws_servers("ministack")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_an_interrupt_leaves_nothing(
        self,
        settings: Settings,
        proxy: FaultProxy,
        aws: LocalAWS,
        bucket: str,
        number: signal.Signals,
    ) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"before")
        command = process(
            settings, *words("upload_file", bucket, "--part_size=5MiB"), stdin=subprocess.PIPE
        )
        assert command.stdin is not None
        # A fault that never comes: it counts the requests.
        proxy.set({"do": "stall", "method": "PATCH"})
        command.stdin.write(bytes(12 * MIB))
        command.stdin.flush()
        proxy.wait_for_requests(2)  # it has begun, and waits for more
        command.send_signal(number)
        _, err = command.communicate(timeout=60)
        assert command.returncode == 130
        assert err == b"CommandError: Interrupted.\n"
        assert objects(aws, bucket) == {"k": b"before"}
        assert unfinished(aws, bucket) == []

    @pytest.mark.aws_servers("ministack")
    def test_a_failure_leaves_nothing(
        self, settings: Settings, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        fault = {"do": "status", "status": 403, "code": "AccessDenied"}
        proxy.set(fault | {"method": "PUT", "path": "partNumber=2"})
        done = raw(
            settings, *words("upload_file", bucket, "--part_size=5MiB"), input=bytes(21 * MIB)
        )
        assert done.returncode == 1
        assert done.stderr.startswith(b"CommandError: ")
        assert objects(aws, bucket) == {}
        assert unfinished(aws, bucket) == []

    def test_to_append_is_refused(self, ministack: LocalAWS, bucket: str, s3: Run) -> None:
        result = s3("upload_file", "--append", stdin="more")
        assert (result.code, result.out) == (2, "")
        assert "S3 cannot append" in result.err
        assert "read_object --key log/1 --key log/2" in result.err
        assert objects(ministack, bucket) == {}


class TestDownload:
    def test_bytes_as_they_are(self, settings: Settings, ministack: LocalAWS, bucket: str) -> None:
        for size in (0, 1, 3 * MIB):
            content = stored(ministack, bucket, size)
            done = raw(settings, *words("download_file", bucket))
            assert (done.returncode, done.stdout, done.stderr) == (0, content, b"")

    def test_the_answer_for_programs_goes_to_stderr(
        self, aws: LocalAWS, bucket: str, s3: Run
    ) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"content")
        result = s3("download_file", "--format", "jsonl")
        assert (result.code, result.out) == (0, "content")
        assert json.loads(result.err)["bytes"] == 7

    def test_progress_stays_out_of_it(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"content")
        assert s3("download_file", tty=True) == Result(0, "content", "")
        shown = s3("upload_file", tty=True, stdin="." * 100_000)
        assert (shown.code, shown.out) == (0, "")
        assert "100k" in shown.err
        assert "%" not in s3("upload_file", "--no_progress", tty=True, stdin=".").err

    def test_ranges(self, aws: LocalAWS, bucket: str, s3: Run, run: Run, tmp_path: Path) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        assert s3("download_file", "--range", "2-4") == Result(0, "234", "")
        target = tmp_path / "f"
        where = ("aws_s3", "download_file", "--bucket", bucket, "--key", "k", "--fname", target)
        assert run(*where, "--range=-3", "--format", "json").code == 0
        assert target.read_bytes() == b"789"
        assert run(*where, "--range", "x").code == 2
        assert run(*where, "--range", "10-").code == 1
        assert target.read_bytes() == b"789"

    @pytest.mark.aws_servers("ministack")
    @pytest.mark.parametrize("size", [10, 3 * MIB])
    def test_a_wrong_checksum_is_a_failure_though_bytes_were_written(
        self, settings: Settings, proxy: FaultProxy, aws: LocalAWS, bucket: str, size: int
    ) -> None:
        content = stored(aws, bucket, size, ChecksumAlgorithm="CRC32")
        proxy.set({"do": "damage", "method": "GET"})
        done = raw(settings, *words("download_file", bucket))
        assert done.returncode == 1
        assert b"do not match their checksum" in done.stderr
        assert done.stdout != content
        # Of a small one nothing is written before all of it was compared.
        assert bool(done.stdout) == (size > MIB)

    @pytest.mark.aws_servers("ministack")
    def test_an_interrupt(
        self, settings: Settings, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        stored(aws, bucket, 9 * MIB)
        proxy.set({"do": "drip", "method": "GET", "rate": 1_000_000})
        command = process(settings, *words("download_file", bucket))
        assert command.stdout is not None
        assert command.stdout.read(1)
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=30)
        assert command.returncode == 130
        assert err == b"CommandError: Interrupted.\n"
        assert len(out) < 9 * MIB

    def test_the_names_that_the_system_has_for_them(
        self, settings: Settings, ministack: LocalAWS, bucket: str
    ) -> None:
        given = ("--bucket", bucket, "--key", "k", "--fname")
        assert raw(settings, "upload_file", *given, "/dev/stdin", input=b"x").returncode == 0
        done = raw(settings, "download_file", *given, "/dev/stdout")
        assert (done.returncode, done.stdout) == (0, b"x")

    def test_into_another_program_and_out_of_it(
        self, settings: Settings, ministack: LocalAWS, bucket: str, tmp_path: Path
    ) -> None:
        (tmp_path / "from").mkdir()
        (tmp_path / "to").mkdir()
        (tmp_path / "from" / "file").write_bytes(content := os.urandom(6 * MIB))
        manage = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'manage.py'))} aws_s3"
        up = " ".join(words("upload_file", bucket, "--part_size=5MiB"))
        down = " ".join(words("download_file", bucket))
        script = (
            f"set -e -o pipefail; tar c -C {tmp_path}/from file | {manage} {up}; "
            f"{manage} {down} | tar x -C {tmp_path}/to"
        )
        subprocess.run(
            ["bash", "-c", script], env=process_environment(settings.AWS, {}), check=True
        )
        assert (tmp_path / "to" / "file").read_bytes() == content


# Memory


@pytest.fixture
def sink(settings: Settings) -> Iterator[BareStore]:
    """A store that keeps nothing of what it gets."""
    with bare_store() as store:
        store.keep = lambda body: b""
        store.etag = lambda body: "none"
        settings.AWS = store.settings()
        yield store


def peak(settings: Settings, size: int, action: str) -> int:
    """The most KiB that a command took which moved so many bytes."""
    given = f"import sys\nfor _ in range({size // MIB}): sys.stdout.buffer.write(bytes(1 << 20))"
    writer = subprocess.Popen([sys.executable, "-c", given], stdout=subprocess.PIPE)
    command = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "aws_s3", *words(action, "bucket")],
        cwd=ROOT,
        env=process_environment(settings.AWS, {}),
        stdin=writer.stdout,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    writer.stdout.close()
    assert command.stdout is not None
    got = 0
    while block := command.stdout.read(MIB):
        got += len(block)
    assert command.stderr is not None
    err = command.stderr.read().decode()
    command.stdout.close()
    command.stderr.close()
    assert command.wait() == 0, err
    writer.kill()
    writer.wait()
    assert got == (size if action == "download_file" else 0)
    found = re.search(r"(\d+)\s*$", err)
    assert found, err
    return int(found[1])


LARGE = [
    pytest.param(100 * MIB, id="100 MiB"),
    pytest.param(GIB, id="1 GiB", marks=pytest.mark.slow),
]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("size", LARGE)
def test_an_upload_of_any_size_takes_the_same_memory(
    settings: Settings, sink: BareStore, size: int
) -> None:
    few = peak(settings, MIB, "upload_file")
    assert peak(settings, size, "upload_file") <= few + MOST_MORE
    assert sink.count("part") == size // (8 * MIB) + (1 if size % (8 * MIB) else 0)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("size", LARGE)
def test_a_download_of_any_size_takes_the_same_memory(
    settings: Settings, sink: BareStore, size: int
) -> None:
    sink.body = bytes(MIB)
    few = peak(settings, MIB, "download_file")
    sink.body = bytes(size)
    assert peak(settings, size, "download_file") <= few + MOST_MORE // 4

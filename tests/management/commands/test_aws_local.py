"""`manage.py aws_local`, in the foreground as its user runs it."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
import pytest

from philo_aws.environ import aws as aws_from
from tests import servers
from tests.running import Result
from tests.servers import free_port

Start = Callable[..., "subprocess.Popen[str]"]


def printed(process: subprocess.Popen[str]) -> str:
    """What it prints until it waits."""
    assert process.stdout
    text = ""
    while not text.endswith("Ctrl-C stops it.\n"):
        line = process.stdout.readline()
        assert line, f"it ended: {process.communicate()}"
        text += line
    return text


def pasted(text: str) -> dict[str, Any]:
    """The dict that settings.py would get."""
    found = re.search(r"^AWS = (\{.*?^\})$", text, re.DOTALL | re.MULTILINE)
    assert found
    value = ast.literal_eval(found[1])
    assert isinstance(value, dict)
    return value


def boto(settings: dict[str, Any]) -> servers.LocalAWS:
    return servers.LocalAWS(
        name="local", endpoint_url=settings["endpoint_url"], credentials=settings["credentials"]
    )


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, 0, ""),
        (signal.SIGINT, 130, "Stopped. The data is in {}.\n"),
        (signal.SIGHUP, 130, "Stopped. The data is in {}.\n"),
    ],
)
def test_runs_until_it_is_told_to_stop(
    number: signal.Signals, code: int, said: str, start_process: Start, tmp_path: Path
) -> None:
    folder, port = tmp_path / "data", free_port()
    process = start_process("aws_local", "--port", port, "--data-dir", folder)
    text = printed(process)
    assert text.startswith(f"Local AWS at http://127.0.0.1:{port}, data in {folder}\n")
    user = boto(pasted(text))
    name = user.make_bucket()
    user.close()

    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (code, "", said.format(folder))

    text = printed(again := start_process("aws_local", "--port=0", "--data_dir", folder))
    user = boto(pasted(text))
    assert user.client("s3").head_bucket(Bucket=name)
    user.close()
    again.terminate()
    again.communicate(timeout=20)


def test_under_nohup_a_hangup_is_ignored(start_process: Start, tmp_path: Path) -> None:
    process = start_process(
        "aws_local",
        "--port=0",
        "--data-dir",
        tmp_path / "data",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    text = printed(process)
    process.send_signal(signal.SIGHUP)
    user = boto(pasted(text))
    assert user.make_bucket()
    user.close()
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_in_a_locale_of_ascii(start_process: Start, tmp_path: Path) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    folder = tmp_path / "größe"
    process = start_process("aws_local", "--port=0", "--data-dir", folder, env=ascii_only)
    assert pasted(printed(process))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Stopped. The data is in " in err
    assert "Traceback" not in err
    assert folder.is_dir()


def test_a_full_disk_behind_stdout_is_told(start_process: Start, tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        process = start_process(
            "aws_local", "--port=0", "--data-dir", tmp_path / "data", stdout=full
        )
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("CommandError: ")
    assert "Traceback" not in err
    assert "No space left" in err


def test_both_forms_of_the_settings_are_the_same(start_process: Start, tmp_path: Path) -> None:
    process = start_process("aws_local", "--port=0", "--data-dir", tmp_path)
    text = printed(process)
    env = environ.Env()
    env.ENVIRON = dict(re.findall(r"^(AWS_\w+)=(.*)$", text, re.MULTILINE))
    assert aws_from(env) == pasted(text)
    process.terminate()
    process.communicate(timeout=20)


def test_auth_prints_keys_that_are_verified(start_process: Start, tmp_path: Path) -> None:
    process = start_process("aws_local", "--auth", "--port=0", "--data-dir", tmp_path)
    text = printed(process)
    assert "Signatures and IAM policies are verified" in text
    settings = pasted(text)
    user = boto(settings)
    assert user.client("sts").get_caller_identity()["Arn"].endswith("/local-developer")
    user.close()
    settings["credentials"]["aws_secret_access_key"] = "wrong"
    stranger = boto(settings)
    with pytest.raises(stranger.client("s3").exceptions.ClientError, match="SignatureDoesNotMatch"):
        stranger.client("s3").list_buckets()
    stranger.close()
    process.terminate()
    process.communicate(timeout=20)


def test_reset_empties_the_folder(start_process: Start, tmp_path: Path) -> None:
    for reset in ([], ["--reset"]):
        process = start_process("aws_local", "--port=0", "--data-dir", tmp_path, *reset)
        user = boto(pasted(printed(process)))
        assert user.client("s3").list_buckets()["Buckets"] == []
        user.make_bucket()
        user.close()
        process.terminate()
        process.communicate(timeout=20)


def test_data_goes_into_a_folder_here_by_default(start_process: Start, tmp_path: Path) -> None:
    process = start_process("aws_local", "--port=0", cwd=tmp_path)
    assert f"data in {tmp_path / '.aws-local'}\n" in printed(process)
    process.terminate()
    process.communicate(timeout=20)
    assert [path.name for path in tmp_path.iterdir()] == [".aws-local"]


def test_needs_no_faultless_settings(start_process: Start, tmp_path: Path, settings: Any) -> None:
    settings.AWS = {"endpiont_url": 1}
    process = start_process("aws_local", "--port=0", "--data-dir", tmp_path)
    printed(process)
    process.terminate()
    assert process.communicate(timeout=20)[1] == ""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_server_that_dies_ends_it_with_the_reason(start_process: Start, tmp_path: Path) -> None:
    process = start_process("aws_local", "--port=0", "--data-dir", tmp_path)
    printed(process)
    os.kill(server_of(process.pid), signal.SIGKILL)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, "ended unasked" in err, "Traceback" in err) == (1, True, False)


def server_of(pid: int) -> int:
    """The child of the child."""
    parents = {
        int(stat.parent.name): int(stat.read_text().rpartition(")")[2].split()[1])
        for stat in Path("/proc").glob("[0-9]*/stat")
    }
    for _ in range(2):
        pid = next(child for child, parent in parents.items() if parent == pid)
    return pid


class TestErrors:
    def test_a_taken_port(self, run: Callable[..., Result], tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            result = run("aws_local", "--port", port, "--data-dir", tmp_path / "data")
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith(f"CommandError: Port {port} of 127.0.0.1 is taken.")
        assert not (tmp_path / "data").exists()

    def test_an_address_for_all_to_reach(self, run: Callable[..., Result]) -> None:
        result = run("aws_local", "--host", "0.0.0.0")  # noqa: S104
        assert (result.code, result.out) == (1, "")
        assert "'0.0.0.0' is not a loopback address." in result.err

    def test_a_folder_in_use(
        self, start_process: Start, run: Callable[..., Result], tmp_path: Path
    ) -> None:
        process = start_process("aws_local", "--port=0", "--data-dir", tmp_path)
        printed(process)
        result = run("aws_local", "--port=0", "--data-dir", tmp_path)
        assert result.code == 1
        assert f"in use by the local AWS of process {process.pid}" in result.err
        process.terminate()
        process.communicate(timeout=20)

    def test_a_port_that_is_no_number(self, run: Callable[..., Result]) -> None:
        result = run("aws_local", "--port", "http")
        assert (result.code, result.out) == (2, "")
        assert "invalid int value: 'http'" in result.err


def test_help_says_what_it_does_and_each_default(run: Callable[..., Result]) -> None:
    result = run("aws_local", "--help")
    text = " ".join(result.out.split())
    assert result.code == 0
    assert "until Ctrl-C" in text
    assert "loopback address (default: 127.0.0.1)" in text
    assert "(default: 4566)" in text
    assert "(default: .aws-local in BASE_DIR, else here)" in text


def test_a_server_that_cannot_be_installed_is_told(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ministack" else find_spec(name)
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    done = run("aws_local", "--port=0", "--data-dir", tmp_path / "data", "--wheels", "/no/wheels")
    assert (done.code, done.out) == (1, "")
    assert done.err == "CommandError: There is no folder of wheels '/no/wheels'. Check the path.\n"
    done = run("aws_local", "--port=0", "--data-dir", tmp_path / "data", "--wheels", tmp_path)
    assert (done.code, done.out) == (1, "")
    told, said = done.err.split("\n", 1)
    assert told.startswith("The local AWS is installed, once: ")
    assert said.startswith("CommandError: The folder of wheels does not have ministack")
    assert not (tmp_path / "data").exists()

from __future__ import annotations

import importlib.util
import socket
import sys
from pathlib import Path

import pytest

from philo_aws import local
from philo_aws.local import guard, launch


def program(folder: Path, content: str) -> None:
    path = folder / "ministack"
    path.write_text(content)
    path.chmod(0o755)


class TestServerCommand:
    def test_this_python_where_it_has_ministack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
        assert launch.server_command() == [sys.executable, "-P", guard.__file__]

    @pytest.mark.parametrize(
        "first_lines",
        [
            "#!{python}\n",
            "#!{python} -sE\n",
            "#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\n",
            "#!/usr/bin/env {python}\n",
        ],
    )
    def test_else_the_python_of_the_program_on_the_path(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first_lines: str
    ) -> None:
        program(tmp_path, first_lines.format(python=sys.executable))
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert launch.server_command() == [sys.executable, guard.__file__]

    def test_the_program_of_another_python_runs(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        having_ministack = launch.server_command()[0]
        program(tmp_path, f"#!{having_ministack}\n")
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", str(tmp_path))
        with local.start() as aws:
            assert aws.pid

    @pytest.mark.parametrize("content", ["", "#!/bin/sh\n", "\x7fELF", "#!/no/python\n"])
    def test_a_program_that_cannot_be_guarded_is_not_run(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
    ) -> None:
        program(tmp_path, content)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(local.LocalAWSError, match="cannot be run behind the guard"):
            local.start()

    def test_else_the_python_of_its_own_environment(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(launch, "own_python", lambda wheels: f"python of {wheels}")
        assert launch.server_command("wheels") == ["python of wheels", "-I", guard.__file__]

    def test_does_not_import_it(self) -> None:
        launch.server_command()
        assert "ministack" not in sys.modules


class TestLoopback:
    @pytest.mark.parametrize(
        ("host", "address"),
        [("127.0.0.1", "127.0.0.1"), ("127.1.2.3", "127.1.2.3"), ("localhost", "127.0.0.1")],
    )
    def test_taken(self, host: str, address: str) -> None:
        assert launch.loopback(host) == address

    @pytest.mark.parametrize(
        "host",
        ["0.0.0.0", "", "::", "192.0.2.1", "169.254.0.1", "example.org", "127.1"],  # noqa: S104
    )
    def test_refused(self, host: str) -> None:
        with pytest.raises(local.LocalAWSError, match="is not a loopback address"):
            local.start(host=host)

    def test_ipv6_is_refused_because_the_server_cannot(self) -> None:
        with pytest.raises(local.LocalAWSError, match="cannot listen on '::1'"):
            local.start(host="::1")


class TestUsablePort:
    def test_zero_gives_a_free_one(self) -> None:
        port = launch.usable_port("127.0.0.1", 0)
        with socket.create_server(("127.0.0.1", port)):
            assert port > 1023

    def test_one_that_a_former_connection_still_closes_on_is_usable(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)):
                accepted, _ = listener.accept()
                accepted.close()
        assert launch.usable_port("127.0.0.1", port) == port

    @pytest.mark.parametrize("port", [-1, 65536])
    def test_impossible(self, port: int) -> None:
        with pytest.raises(local.LocalAWSError, match=f"{port} is no port"):
            local.start(port=port)

    def test_an_address_that_the_machine_does_not_have(self) -> None:
        with pytest.raises(local.LocalAWSError, match=r"Port 4566 of 192\.0\.2\.1 cannot be used"):
            launch.usable_port("192.0.2.1", 4566)

"""The environment of the embedded AWS's own: made once, whole or not at all."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from philo_aws import local
from philo_aws.local import making
from tests.running import ROOT

# A package of the name and version that is wanted, so that no test fetches anything.
APP = "def main():\n    print('a ministack')\n"
METADATA = "Metadata-Version: 2.1\nName: ministack\nVersion: {version}\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
MAKE = "from philo_aws.local import making; print(making.own_python())"


def wheel(folder: Path, app: str = APP) -> Path:
    """Put a wheel of ministack into a folder."""
    folder.mkdir(exist_ok=True)
    info = f"ministack-{making.VERSION}.dist-info"
    with zipfile.ZipFile(folder / f"ministack-{making.VERSION}-py3-none-any.whl", "w") as made:
        made.writestr("ministack/__init__.py", "")
        made.writestr("ministack/app.py", app)
        made.writestr(f"{info}/METADATA", METADATA.format(version=making.VERSION))
        made.writestr(f"{info}/WHEEL", WHEEL)
        made.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where environments go in these tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(making.WHEELS_VARIABLE, raising=False)
    return tmp_path / "cache" / "django-philo-aws"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return wheel(tmp_path / "wheels")


def left(cache: Path) -> list[str]:
    """What is in the cache, but for the lock."""
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".lock")


def start(wheels: Path, cache: Path) -> subprocess.Popen[str]:
    env = os.environ | {
        making.WHEELS_VARIABLE: str(wheels),
        "XDG_CACHE_HOME": str(cache.parent),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-c", MAKE],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


class TestMade:
    def test_once_and_with_a_word_about_it(
        self, wheels: Path, cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        python = making.own_python(wheels)
        assert python == str(making.own_folder() / "bin" / "python")
        shown = subprocess.run(
            [python, "-c", "import ministack.app; ministack.app.main()"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stdout == "a ministack\n"
        told = capsys.readouterr().err
        assert told.startswith(f"The local AWS is installed, once: ministack {making.VERSION}")
        assert left(cache) == [making.own_folder().name]
        assert making.own_python() == python
        assert capsys.readouterr().err == ""

    def test_the_site_s_environment_is_not_touched(self, wheels: Path) -> None:
        folder = Path(sysconfig.get_path("purelib"))
        before = sorted(path.name for path in folder.iterdir())
        making.own_python(wheels)
        assert sorted(path.name for path in folder.iterdir()) == before

    def test_whatever_pip_is_told_elsewhere(
        self, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("PIP_USER", "1")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "shadow"))
        making.own_python(wheels)
        assert not (tmp_path / "elsewhere").exists()

    def test_by_a_pip_of_its_own_where_the_site_has_none(
        self, wheels: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        python = Path(making.own_python(wheels))
        assert subprocess.run([python, "-c", "import ministack, pip"], check=False).returncode == 0

    def test_two_at_once_make_one(self, wheels: Path, cache: Path) -> None:
        both = [start(wheels, cache) for _ in range(2)]
        told = [process.communicate(timeout=120) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert len({out for out, _ in told}) == 1
        assert sum("The local AWS is installed, once" in err for _, err in told) == 1
        assert left(cache) == [making.own_folder().name]

    def test_anew_where_its_python_is_gone(self, wheels: Path) -> None:
        python = Path(making.own_python(wheels))
        python.unlink()
        python.symlink_to("/no/such/python")
        assert making.own_python(wheels) == str(python)
        assert subprocess.run([python, "-c", "import ministack"], check=False).returncode == 0


class TestInterrupted:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
    def test_nothing_is_taken_for_whole(
        self, wheels: Path, cache: Path, number: signal.Signals
    ) -> None:
        process = start(wheels, cache)
        assert process.stderr
        assert process.stderr.readline().startswith("The local AWS is installed")
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
        assert process.returncode
        assert not making.own_folder().exists()
        if number == signal.SIGINT:
            assert left(cache) == []
        making.own_python(wheels)
        assert left(cache) == [making.own_folder().name]

    def test_one_that_waits_can_be_interrupted(self, wheels: Path, cache: Path) -> None:
        cache.mkdir(parents=True)
        with making._locked(making.own_folder()):
            process = start(wheels, cache)
            assert process.stderr
            assert process.stderr.readline().startswith("Another process is installing")
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=60)
        assert process.returncode
        assert left(cache) == []


class TestNotMade:
    def failed(self, cache: Path, make: Callable[[], object]) -> str:
        with pytest.raises(local.LocalAWSError) as failed:
            make()
        assert not making.own_folder().exists()
        if cache.exists():
            assert left(cache) == []
        return str(failed.value)

    def test_without_a_network(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
        said = self.failed(cache, making.own_python)
        assert "which pip could not fetch. Check the network" in said
        assert f"pip download ministack=={making.VERSION}" in said
        assert "`aws_local --wheels wheels`" in said

    def test_from_a_folder_without_it(self, cache: Path, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        said = self.failed(cache, lambda: making.own_python(tmp_path / "empty"))
        assert "The folder of wheels does not have ministack" in said

    def test_from_a_folder_that_is_not_there(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(making.WHEELS_VARIABLE, "/no/wheels")
        said = self.failed(cache, making.own_python)
        assert said == "There is no folder of wheels '/no/wheels'. Check the path."

    def test_one_that_cannot_be_imported(self, cache: Path, tmp_path: Path) -> None:
        broken = wheel(tmp_path / "broken", "import no_such_module\n")
        said = self.failed(cache, lambda: making.own_python(broken))
        assert "cannot be imported by this Python" in said

    def test_without_venv(
        self, cache: Path, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # As Debian's Python without the package python3-venv.
        python = tmp_path / "python"
        python.write_text("#!/bin/sh\necho No module named venv >&2\nexit 1\n")
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        said = self.failed(cache, lambda: making.own_python(wheels))
        assert "apt-get install python3-venv" in said
        assert "No module named venv" in said

    def test_where_nothing_may_be_written(
        self, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        with pytest.raises(local.LocalAWSError, match="Set XDG_CACHE_HOME to a folder"):
            making.own_python(wheels)


class TestPlace:
    def test_a_relative_one_is_ignored(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", "cache")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setattr(sys, "platform", "linux")
        assert making.own_folder().parent == tmp_path / ".cache" / "django-philo-aws"
        monkeypatch.setattr(sys, "platform", "darwin")
        assert making.own_folder().parent == tmp_path / "Library/Caches" / "django-philo-aws"

    def test_each_python_and_version_has_its_own(self) -> None:
        name = making.own_folder().name
        assert making.VERSION in name
        assert str(sys.implementation.cache_tag) in name


def test_it_is_what_start_runs_where_there_is_no_other(
    wheels: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The wheel's program ends at once, and what it wrote is in the error.
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ministack" else find_spec(name)
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(local.LocalAWSError, match="ended while it started"):
        local.start(wheels=wheels)


def test_threads_of_one_process_make_one(wheels: Path, cache: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(making.own_python(wheels))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert left(cache) == [making.own_folder().name]

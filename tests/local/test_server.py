"""The embedded AWS from outside: started, used, stopped and killed for real."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from philo_aws import local
from philo_aws.local import launch, server
from tests import servers
from tests.running import ROOT

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

Plain = Callable[[local.LocalAWS], servers.LocalAWS]


@contextlib.contextmanager
def environment(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> Iterator[None]:
    """Undone before the suite looks for AWS variables that a test has left behind."""
    with monkeypatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def run_instead(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(server, "server_command", lambda wheels: [sys.executable, "-c", program])


@pytest.fixture(scope="module")
def running() -> Iterator[local.LocalAWS]:
    with local.start(host="localhost") as aws:
        yield aws


@pytest.fixture(scope="module")
def verifying() -> Iterator[local.LocalAWS]:
    with local.start(auth=True) as aws:
        yield aws


class TestServices:
    def test_all_that_the_package_asks_answers(self, running: local.LocalAWS, plain: Plain) -> None:
        boto = plain(running)
        name, queue = boto.make_bucket(), boto.make_queue()
        boto.client("s3").put_object(Bucket=name, Key="a/b", Body=b"text")
        boto.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")

        assert boto.client("s3").get_object(Bucket=name, Key="a/b")["Body"].read() == b"text"
        received = boto.client("sqs").receive_message(QueueUrl=queue)
        assert received["Messages"][0]["Body"] == "hello"
        assert boto.client("sts").get_caller_identity()["Account"] == "000000000000"
        assert boto.client("iam").list_users()["Users"] == []
        regions = boto.client("ec2").describe_regions()["Regions"]
        assert "eu-west-1" in {region["RegionName"] for region in regions}
        assert boto.client("account").list_regions()["Regions"]
        boto.client("cloudwatch").put_metric_data(
            Namespace="N", MetricData=[{"MetricName": "m", "Value": 1.0}]
        )

    def test_services_that_run_code_are_off(self, running: local.LocalAWS, plain: Plain) -> None:
        with pytest.raises(ClientError):
            plain(running).client("lambda").list_functions()

    def test_settings_lead_there(self, running: local.LocalAWS) -> None:
        assert running.settings() == {
            "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
            "region": "us-east-1",
            "endpoint_url": running.endpoint_url,
        }

    @linux
    def test_listens_on_loopback_only_and_on_one_port_only(self, running: local.LocalAWS) -> None:
        port = int(running.endpoint_url.rpartition(":")[2])
        assert listening(running.pid) == [("127.0.0.1", port)]


class TestEnvironment:
    @linux
    def test_nothing_of_the_machines_aws_proxies_or_docker_gets_in(
        self, monkeypatch: pytest.MonkeyPatch, plain: Plain
    ) -> None:
        hostile = {
            "AWS_ACCESS_KEY_ID": "machine",
            "AWS_SECRET_ACCESS_KEY": "machine",
            "AWS_PROFILE": "machine",
            "AWS_ENDPOINT_URL": "http://192.0.2.1",
            "BIND_HOST": "0.0.0.0",  # noqa: S104
            "EDGE_PORT": "1",
            "SERVICES": "lambda",
            "AUTH": "true",
            "MINISTACK_HOST": "machine",
            "DOCKER_HOST": "tcp://192.0.2.1:2375",
            "HTTP_PROXY": "http://192.0.2.1:1",
            "http_proxy": "http://192.0.2.1:1",
            "PYTHONWARNINGS": "error",
        }
        with environment(monkeypatch, hostile), local.start() as aws:
            variables = dict(
                pair.split("=", 1)
                for pair in Path(f"/proc/{aws.pid}/environ").read_text().split("\0")
                if pair
            )
            listens = listening(aws.pid)

        assert not {name for name, value in hostile.items() if variables.get(name) == value}
        assert [address for address, port in listens] == ["127.0.0.1"]
        # Where the server finds cryptography, these listen on all addresses.
        assert (variables["IOT_MTLS_ENABLED"], variables["SFTP_ENABLED"]) == ("0", "0")
        assert not Path(variables["DOCKER_HOST"].removeprefix("unix://")).exists()

    def test_users_are_made_whatever_the_machines_aws_configuration(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = ("AWS_PROFILE", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_REGION", "http_proxy")
        hostile = dict.fromkeys(names, "nonsense")
        with environment(monkeypatch, hostile), local.start(auth=True) as aws:
            assert aws.credentials["aws_access_key_id"] != "test"


class TestData:
    def test_is_kept_from_run_to_run(self, tmp_path: Path, plain: Plain) -> None:
        folder = tmp_path / "new" / "data"
        with local.start(data_dir=folder) as aws:
            boto = plain(aws)
            name = boto.make_bucket()
            queue = boto.make_queue("kept", DelaySeconds="7")
            boto.client("s3").put_object(
                Bucket=name, Key="a b", Body=b"text", ContentType="text/x", Metadata={"k": "v"}
            )
            boto.client("sqs").send_message(QueueUrl=queue, MessageBody="hello", DelaySeconds=0)

        with local.start(data_dir=folder) as aws:
            boto = plain(aws)
            kept = boto.client("s3").get_object(Bucket=name, Key="a b")
            assert (kept["Body"].read(), kept["ContentType"]) == (b"text", "text/x")
            assert kept["Metadata"] == {"k": "v"}
            queue = boto.client("sqs").get_queue_url(QueueName="kept")["QueueUrl"]
            # The port is another one now, and the URL says so.
            assert queue.startswith(aws.endpoint_url)
            attributes = boto.client("sqs").get_queue_attributes(
                QueueUrl=queue, AttributeNames=["DelaySeconds"]
            )
            assert attributes["Attributes"] == {"DelaySeconds": "7"}
            received = boto.client("sqs").receive_message(QueueUrl=queue)
            assert received["Messages"][0]["Body"] == "hello"

    def test_goes_with_the_server_where_no_folder_is_given(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with local.start() as aws:
            assert aws.data_dir is None
            assert len(list(tmp_path.iterdir())) == 1
        assert list(tmp_path.iterdir()) == []

    def test_reset_at_the_start(self, tmp_path: Path, plain: Plain) -> None:
        with local.start(data_dir=tmp_path) as aws:
            plain(aws).make_bucket()
            plain(aws).make_queue()
        with local.start(data_dir=tmp_path, reset=True) as aws:
            assert is_empty(plain(aws))

    def test_reset_while_it_runs(self, tmp_path: Path, plain: Plain) -> None:
        with local.start(data_dir=tmp_path) as aws:
            boto = plain(aws)
            name = boto.make_bucket()
            boto.client("s3").put_object(Bucket=name, Key="k", Body=b"")
            boto.make_queue()
            aws.reset()
            assert is_empty(boto)
        with local.start(data_dir=tmp_path) as aws:
            assert is_empty(plain(aws))

    def test_two_servers_cannot_have_one_folder(self, tmp_path: Path) -> None:
        with (
            local.start(data_dir=tmp_path) as aws,
            pytest.raises(local.DataFolderError) as refused,
        ):
            local.start(data_dir=tmp_path)
        assert f"process {os.getpid()} ({aws.endpoint_url})" in str(refused.value)
        local.start(data_dir=tmp_path).stop()


class TestAuth:
    def test_the_keys_work_and_a_wrong_secret_does_not(
        self, verifying: local.LocalAWS, plain: Plain
    ) -> None:
        boto = plain(verifying)
        boto.client("s3").put_object(Bucket=boto.make_bucket(), Key="k", Body=b"")
        boto.client("sqs").send_message(QueueUrl=boto.make_queue(), MessageBody="m")
        identity = boto.client("sts").get_caller_identity()
        assert identity["Arn"].endswith(":user/local-developer")
        assert boto.client("ec2").describe_regions()["Regions"]

        wrong = verifying.credentials | {"aws_secret_access_key": "wrong"}
        with pytest.raises(ClientError) as refused:
            plain(replace(verifying, credentials=wrong)).client("s3").list_buckets()
        assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"

    def test_policies_are_enforced(self, verifying: local.LocalAWS, plain: Plain) -> None:
        with pytest.raises(ClientError) as refused:
            plain(verifying).client("iam").create_user(UserName="another")
        assert refused.value.response["Error"]["Code"] == "AccessDenied"

    def test_secrets_are_not_in_the_repr(self, verifying: local.LocalAWS) -> None:
        assert verifying.credentials["aws_secret_access_key"] not in repr(verifying)

    def test_the_keys_stay_from_run_to_run(self, tmp_path: Path, plain: Plain) -> None:
        with local.start(auth=True, data_dir=tmp_path) as aws:
            keys, name = aws.credentials, plain(aws).make_bucket()
        with local.start(data_dir=tmp_path) as aws:
            assert aws.credentials["aws_access_key_id"] == "test"
        with local.start(auth=True, data_dir=tmp_path) as aws:
            assert aws.credentials == keys
            assert plain(aws).client("s3").head_bucket(Bucket=name)

    def test_a_reset_makes_new_ones(self, tmp_path: Path, plain: Plain) -> None:
        with local.start(auth=True, data_dir=tmp_path) as aws:
            old = dict(aws.credentials)
            plain(aws).make_bucket()
            aws.reset()
            assert aws.credentials != old
            assert is_empty(plain(aws))
            new = aws.credentials
        with local.start(auth=True, data_dir=tmp_path) as aws:
            assert aws.credentials == new


class TestStop:
    def test_ends_the_server_before_it_returns(self) -> None:
        aws = local.start()
        aws.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(aws.pid, 0)

    def test_twice_is_once(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        aws = local.start(data_dir=tmp_path)
        aws.stop()
        aws.stop()
        assert caplog.records == []

    def test_kills_a_server_that_does_not_end_and_says_so(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(server, "GRACE_SECONDS", 0.1)
        aws = local.start(data_dir=tmp_path)
        os.kill(aws.pid, signal.SIGSTOP)
        with caplog.at_level(logging.WARNING):
            aws.stop()
        assert "did not end in order" in caplog.text
        with pytest.raises(ProcessLookupError):
            os.kill(aws.pid, 0)

    def test_a_server_that_ended_unasked_is_reported(self, tmp_path: Path) -> None:
        with local.start(data_dir=tmp_path) as aws:
            (tmp_path / "server.log").write_text("the reason\n")
            os.kill(aws.pid, signal.SIGKILL)
            with pytest.raises(local.LocalAWSError, match=r"ended unasked.*\nthe reason"):
                aws.wait()

    def test_a_reset_of_a_stopped_one_says_that_it_does_not_answer(self) -> None:
        with local.start() as aws:
            pass
        with pytest.raises(local.LocalAWSError, match="does not answer"):
            aws.reset()


class TestFailingStart:
    def test_a_taken_port(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(local.PortTakenError, match=f"Port {port} of 127.0.0.1 is taken"):
                local.start(port=port)

    def test_a_free_port_that_is_taken_meanwhile_is_replaced(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = [other.getsockname()[1]]

            def slow(address: str, port: int) -> int:
                return taken.pop() if taken and not port else launch.usable_port(address, port)

            start_slowly = [0]
            monkeypatch.setattr(
                server,
                "usable_port",
                lambda address, port: start_slowly.pop() if start_slowly else slow(address, port),
            )
            with local.start() as aws:
                assert not aws.endpoint_url.endswith(f":{other.getsockname()[1]}")
            assert taken == []

    def test_a_server_that_ends_shows_the_end_of_its_log(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        run_instead(monkeypatch, "import sys; sys.exit('no luck today')")
        for folder in (None, tmp_path):
            with pytest.raises(local.LocalAWSError, match="ended while it started") as failed:
                local.start(data_dir=folder)
            assert str(failed.value).endswith("no luck today")

    def test_a_silent_server_is_given_up_and_killed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(server, "START_SECONDS", 1.5)
        note = tmp_path / "pid"
        run_instead(
            monkeypatch,
            f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)",
        )
        with pytest.raises(local.LocalAWSError, match=r"silent for 2 s.*\n\(nothing\)"):
            local.start()
        with pytest.raises(ProcessLookupError):
            os.kill(int(note.read_text()), 0)

    def test_another_server_on_the_port_is_not_taken_for_ours(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with local.start() as other:
            monkeypatch.setattr(server, "START_SECONDS", 0.3)
            port = int(other.endpoint_url.rpartition(":")[2])
            # It came between our look at the port and our server.
            monkeypatch.setattr(server, "usable_port", lambda address, wanted: port)
            run_instead(monkeypatch, "import time; time.sleep(60)")
            with pytest.raises(local.LocalAWSError, match="silent"):
                local.start()

    def test_leaves_the_folder_free(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        with monkeypatch.context() as broken:
            run_instead(broken, "")
            with pytest.raises(local.LocalAWSError):
                local.start(data_dir=tmp_path)
        local.start(data_dir=tmp_path).stop()


PARENT = """
import os, signal, sys, time
from philo_aws import local

# What started the tests may ignore it, as nohup does, and its processes would too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
aws = local.start(data_dir=sys.argv[1])
if "fork" in sys.argv and os.fork() == 0:
    time.sleep(60)
    os._exit(0)
if "fork-and-stop" in sys.argv:
    if os.fork() == 0:
        signal.alarm(10)
        aws.stop()
        os._exit(0)
    assert os.wait()[1] == 0
print(aws.endpoint_url, aws.pid, flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def parent(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """A process that has started the server: itself, the server's URL and pid."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    ) as process:
        assert process.stdout
        try:
            url, pid = process.stdout.readline().split()
            yield process, url, int(pid)
        finally:
            # With the children it forked; gone where there are none.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


class TestParent:
    """The server ends, its data saved, when the process that started it is gone."""

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
    def test_killed(self, number: signal.Signals, tmp_path: Path, plain: Plain) -> None:
        with parent(tmp_path) as (process, url, pid):
            boto = servers.LocalAWS(name="local", endpoint_url=url)
            queue = boto.make_queue("made-before-the-kill")
            boto.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
            boto.close()
            process.send_signal(number)
            process.wait()

        # Starting again at once waits until the data is saved.
        with local.start(data_dir=tmp_path) as aws:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
            sqs = plain(aws).client("sqs")
            queue = sqs.get_queue_url(QueueName="made-before-the-kill")["QueueUrl"]
            assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "hello"

    def test_killed_while_a_child_that_it_forked_lives_on(
        self, tmp_path: Path, await_end: Callable[[int], None]
    ) -> None:
        with parent(tmp_path, "fork") as (process, _, pid):
            process.kill()
            process.wait()
            await_end(pid)
        assert list((tmp_path / "state").iterdir())

    @linux
    def test_the_supervisor_killed(self, tmp_path: Path, await_end: Callable[[int], None]) -> None:
        with local.start(data_dir=tmp_path) as aws:
            stat = Path(f"/proc/{aws.pid}/stat").read_text()
            os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
            await_end(aws.pid)
        assert list((tmp_path / "state").iterdir())

    def test_a_forked_child_cannot_stop_it(self, tmp_path: Path, plain: Plain) -> None:
        with parent(tmp_path, "fork-and-stop") as (_, url, _):
            boto = servers.LocalAWS(name="local", endpoint_url=url)
            assert is_empty(boto)
            boto.close()


def is_empty(boto: servers.LocalAWS) -> bool:
    buckets = boto.client("s3").list_buckets()["Buckets"]
    return not buckets and not boto.client("sqs").list_queues().get("QueueUrls")


def listening(pid: int) -> list[tuple[str, int]]:
    """The TCP addresses that a process listens on, IPv6 ones as they are in /proc."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(descriptor)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in inodes:
                address, _, port = columns[1].partition(":")
                if table == "tcp":
                    address = socket.inet_ntoa(bytes.fromhex(address)[::-1])
                found.append((address, int(port, 16)))
    return found

"""A Ceph of one monitor, one in-memory OSD and one S3 gateway, from Debian's packages.

    apt-get install --no-install-recommends radosgw ceph-mon ceph-osd

The gateway verifies signatures. It knows one region and no SQS.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.servers import HOST, LocalAWS, ServerError, answers_http, free_port, process, scrubbed

PROGRAMS = (
    "radosgw",
    "radosgw-admin",
    "ceph",
    "ceph-mon",
    "ceph-osd",
    "ceph-authtool",
    "monmaptool",
)
# Without cephx keys the gateway never gets past its first authentication request.
KEYS = {
    "mon.": ["mon", "allow *"],
    "client.admin": ["mon", "allow *", "osd", "allow *", "mgr", "allow *"],
    "client.rgw": ["mon", "allow rwx", "osd", "allow rwx"],
    "osd.0": ["mon", "allow profile osd", "osd", "allow *", "mgr", "allow profile osd"],
}
# The paxos intervals make pool changes, of which a gateway's first start needs many, immediate;
# tcp_nodelay multiplies the rate of small downloads.
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = [v2:{host}:{mon_v2},v1:{host}:{mon_v1}]
public addr = {host}
cluster addr = {host}
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = {folder}/keyring
paxos propose interval = 0.05
paxos min wait = 0.01
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 2
mon data = {folder}/mon
mon cluster log file = {folder}/cluster.log
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
run dir = {folder}
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
log file = {folder}/$name.log
crash dir = {folder}/crash
[client.rgw]
rgw frontends = beast endpoint={host}:{gateway} tcp_nodelay=1
rgw dns name = localhost
rgw enable usage log = false
rgw s3 auth use keystone = false
"""


def missing() -> str:
    """What is not installed, or nothing."""
    return ", ".join(program for program in PROGRAMS if not shutil.which(program))


def version() -> str:
    """The version that the gateway gives of itself."""
    answer = subprocess.run(["radosgw", "--version"], capture_output=True, text=True, check=True)
    return "Ceph radosgw " + answer.stdout.split()[2]


class Ceph:
    """Ceph's tools on the configuration of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configuration = str(folder / "ceph.conf")

    def tool(self, program: str, *arguments: str) -> str:
        """Run one to its end and return what it printed."""
        try:
            return subprocess.run(
                [program, *arguments],
                env=scrubbed(os.environ) | {"CEPH_CONF": self.configuration},
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
        except subprocess.CalledProcessError as error:
            raise ServerError(f"{program} {' '.join(arguments)}:\n{error.stderr}") from error

    def configure(self, ports: Mapping[str, int]) -> None:
        """Write the configuration, the keys and the map of the one monitor."""
        for name in ("mon", "osd", "crash"):
            (self.folder / name).mkdir(parents=True)
        fsid = str(uuid.uuid4())
        text = CONFIGURATION.format(folder=self.folder, fsid=fsid, host=HOST, **ports)
        Path(self.configuration).write_text(text)
        self.tool("ceph-authtool", "--create-keyring", "keyring")
        for name, capabilities in KEYS.items():
            pairs = zip(capabilities[::2], capabilities[1::2], strict=True)
            caps = [part for who, what in pairs for part in ("--cap", who, what)]
            self.tool("ceph-authtool", "keyring", "--gen-key", "-n", name, *caps)
        address = f"[v2:{HOST}:{ports['mon_v2']},v1:{HOST}:{ports['mon_v1']}]"
        self.tool("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, "monmap")
        self.tool("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring")

    def monitor_answers(self) -> bool:
        """Whether the monitor has formed its quorum of one."""
        with contextlib.suppress(ServerError, subprocess.TimeoutExpired):
            return bool(self.tool("ceph", "--connect-timeout", "5", "mon", "stat"))
        return False

    def osd_is_up(self) -> bool:
        """Whether objects can be written."""
        status = json.loads(self.tool("ceph", "osd", "stat", "--format", "json"))
        return bool(status["num_up_osds"] == 1)

    def make_user(self) -> dict[str, str]:
        """Make the S3 user of the tests and return its keys."""
        answer = self.tool(
            "radosgw-admin", "-n", "client.rgw", "user", "create", "--uid", "tests",
            "--display-name", "Tests", "--max-buckets", "0",
        )  # fmt: skip
        (key,) = json.loads(answer)["keys"]
        return {"aws_access_key_id": key["access_key"], "aws_secret_access_key": key["secret_key"]}


@contextlib.contextmanager
def running(folder: Path) -> Iterator[LocalAWS]:
    """Start monitor, OSD and gateway; stop them in the reverse order."""
    if lacking := missing():
        raise ServerError(f"radosgw needs {lacking}: apt-get install radosgw ceph-mon ceph-osd")
    ceph = Ceph(folder)
    ports = {name: free_port() for name in ("mon_v2", "mon_v1", "gateway")}
    ceph.configure(ports)
    environment = {"CEPH_CONF": ceph.configuration}
    with contextlib.ExitStack() as stack:

        def start(*command: str, ready: Callable[[], bool]) -> None:
            stack.enter_context(process(command, folder=folder, env=environment, ready=ready))

        start("ceph-mon", "-f", "-i", "a", ready=ceph.monitor_answers)
        osd = str(uuid.uuid4())
        ceph.tool("ceph", "osd", "new", osd)
        ceph.tool("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        start("ceph-osd", "-f", "-i", "0", ready=ceph.osd_is_up)
        start("radosgw", "-f", "-n", "client.rgw", ready=lambda: answers_http(ports["gateway"]))
        yield LocalAWS(
            name="radosgw",
            endpoint_url=f"http://{HOST}:{ports['gateway']}",
            credentials=ceph.make_user(),
        )

"""What is run as the embedded AWS, where it may listen, and what it gets to know."""

from __future__ import annotations

import errno
import importlib.util
import ipaddress
import os
import shlex
import shutil
import socket
import sys

from . import guard
from .errors import LocalAWSError, PortTakenError
from .folder import DataFolder
from .identity import REGION
from .making import own_python

# Only what this package talks to: among the server's others are some that run code or open ports.
SERVICES = ("s3", "sqs", "sts", "iam", "ec2", "account", "monitoring")
# The server is configured by some two hundred variables without a common prefix, so it gets only
# the variables named here and those of :func:`environment`.
PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "PYENV_ROOT",
    "PYENV_VERSION",
)


def server_command(wheels: str | os.PathLike[str] | None = None) -> list[str]:
    """Return how ministack is run behind the guard: by the first Python that has it.

    This one, that of the program on the PATH, or that of the embedded AWS's own environment, which
    is made where it is missing: see :func:`~philo_aws.local.making.own_python`.
    """
    if importlib.util.find_spec("ministack"):
        return [sys.executable, "-P", guard.__file__]
    if program := shutil.which("ministack"):
        return [_python_of(program), guard.__file__]
    return [own_python(wheels), "-I", guard.__file__]


def _python_of(program: str) -> str:
    """Return the Python that ``program``, made by pip or pipx, is run by."""
    with open(program, "rb") as script:
        lines = script.read(4096).decode(errors="replace").splitlines()[:2]
    words = shlex.split(lines[0][2:]) if lines and lines[0].startswith("#!") else []
    if words and words[0].endswith("/sh") and len(lines) > 1 and lines[1].startswith("'''exec'"):
        # pip writes it so where the path is too long, or has a space, for a first line.
        words = shlex.split(lines[1].removeprefix("'''exec'"))
    elif len(words) > 1 and words[0].endswith("/env"):
        words = words[1:]
    if words and "python" in os.path.basename(words[0]) and (found := shutil.which(words[0])):
        return found
    raise LocalAWSError(
        f"{program!r} is not a script of a Python that can be found, so it cannot be run behind the"
        " guard that keeps web pages out. Take it off the PATH: then one is installed in an"
        " environment of its own."
    )


def loopback(host: str) -> str:
    """Return the address of ``host``, which has to be one that only this machine can reach."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise LocalAWSError(
            f"{host!r} is not a loopback address. The local AWS takes calls from anybody who can"
            " reach it, so it listens on this machine alone: give 127.0.0.1."
        )
    if address.version != 4:
        raise LocalAWSError(
            f"The server of the local AWS cannot listen on {host!r}, an IPv6 address."
            " Give 127.0.0.1."
        )
    return str(address)


def usable_port(address: str, port: int) -> int:
    """Return ``port`` if the server can listen there; for 0, one on which nobody listens."""
    if not 0 <= port <= 65535:
        raise LocalAWSError(f"{port} is no port. Give 1 to 65535, or 0 for a free one.")
    with socket.socket() as probe:
        if port:
            # As the server does: connections of a former run that are still closing do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(
                    f"Port {port} of {address} is taken. Stop what listens there, or give another"
                    " port."
                ) from error
            raise LocalAWSError(
                f"Port {port} of {address} cannot be used: {error.strerror}. Give another one, from"
                " 1024 on."
            ) from error
        return int(probe.getsockname()[1])


def environment(
    address: str, port: int, folder: DataFolder, *, auth: bool, token: str
) -> dict[str, str]:
    """Return the server's whole environment; who knows ``token`` may use the server's own paths.

    Nothing of the machine's AWS configuration, proxies or Docker is in it.
    """
    variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    variables |= {
        "BIND_HOST": address,
        # Not GATEWAY_PORT: that one would be stored in the URLs of the queues, which would then be
        # wrong in the next run on another port. Without it URLs follow the caller's Host header.
        "EDGE_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "AUTH": "true" if auth else "false",
        "SERVICES": ",".join(SERVICES),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder.scratch}/no-docker",
        "MINISTACK_REGION": REGION,
        guard.TOKEN_VARIABLE: token,
        "TMPDIR": str(folder.scratch),
        "S3_DATA_DIR": str(folder.objects),
        "STATE_DIR": str(folder.state),
        "PYTHONUNBUFFERED": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if auth:
        # Forms signed with the root's key, which the guard cannot see, are verified by this secret.
        variables["AWS_SECRET_ACCESS_KEY"] = token
    if folder.kept:
        # Either alone is half of it: bodies without buckets, or buckets without bodies.
        variables |= {"PERSIST_STATE": "1", "S3_PERSIST": "1"}
    return variables

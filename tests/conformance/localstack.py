"""LocalStack's SQS, in the Python 3.13 environment that `make conformance-servers` builds."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.running import ROOT
from tests.servers import HOST, LocalAWS, ServerError, answers_http, free_port, process

PYTHON = Path(os.environ.get("LOCALSTACK_PYTHON", ROOT / ".venv-localstack" / "bin" / "python"))


def missing() -> str:
    """What is not installed, or nothing."""
    return "" if PYTHON.exists() else str(PYTHON)


def version() -> str:
    """The version of the installed package."""
    script = "from importlib.metadata import version; print(version('localstack-core'))"
    answer = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True, check=True)
    return "LocalStack " + answer.stdout.strip()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[LocalAWS]:
    """Start it with S3 and SQS alone and nothing fetched from outside."""
    if missing():
        raise ServerError(f"LocalStack needs {PYTHON}: make conformance-servers")
    port = free_port()
    environment = {
        "GATEWAY_LISTEN": f"{HOST}:{port}",
        "LOCALSTACK_HOST": f"{HOST}:{port}",
        "SERVICES": "s3,sqs",
        "STRICT_SERVICE_LOADING": "1",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DNS_ADDRESS": "0",
        "USE_SSL": "0",
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(folder / "data"),
        "LS_LOG": "warning",
    }
    with process(
        [str(PYTHON), "-P", str(Path(__file__).with_name("localstack_main.py"))],
        folder=folder,
        env=environment,
        ready=lambda: answers_http(port, "/_localstack/health"),
    ):
        yield LocalAWS(name="localstack", endpoint_url=f"http://{HOST}:{port}")

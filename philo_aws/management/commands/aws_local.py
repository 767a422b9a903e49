"""``manage.py aws_local``: the embedded AWS in the foreground."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from ...local import LocalAWS, LocalAWSError, start
from ..interrupts import terminable
from ..output import escape
from ..process import INTERRUPTED, AWSCommand

DEFAULT_PORT = 4566
DEFAULT_FOLDER = ".aws-local"


class Command(AWSCommand):
    """Run an AWS of one's own on loopback until Ctrl-C."""

    help = (
        "Run a local AWS (S3, SQS, STS, IAM) on this machine alone, until Ctrl-C. Buckets, objects"
        " and queues are kept in a folder from run to run."
    )
    # The settings of the AWS to be used are what one is about to write.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add where to listen, where to keep the data, and how strict to be."""
        parser.add_argument(
            "--host", default="127.0.0.1", help="loopback address (default: %(default)s)"
        )
        parser.add_argument(
            "--port",
            type=int,
            default=DEFAULT_PORT,
            help="port; 0 takes a free one (default: %(default)s)",
        )
        parser.add_argument(
            "--data-dir",
            "--data_dir",
            help=f"folder that keeps the data (default: {DEFAULT_FOLDER} in BASE_DIR, else here)",
        )
        parser.add_argument("--reset", action="store_true", help="empty the folder first")
        parser.add_argument(
            "--auth",
            action="store_true",
            help="verify signatures and IAM policies; prints the keys of a user made for this",
        )
        parser.add_argument(
            "--wheels",
            metavar="DIR",
            help="folder of wheels to install the server from, where it is not installed yet",
        )

    def handle(
        self,
        *,
        host: str,
        port: int,
        data_dir: str | None,
        reset: bool,
        auth: bool,
        wheels: str | None,
        **options: Any,
    ) -> None:
        """Start, say where and how, and wait."""
        base = Path(getattr(settings, "BASE_DIR", "."))
        folder = Path(data_dir or base / DEFAULT_FOLDER).absolute()
        try:
            with (
                terminable(),
                _exit_on_sigterm(),
                start(
                    host=host, port=port, data_dir=folder, auth=auth, reset=reset, wheels=wheels
                ) as aws,
            ):
                self.stdout.write(describe(aws))
                self.stdout.flush()
                aws.wait()
        except LocalAWSError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        except KeyboardInterrupt:
            self.stderr.write(f"Stopped. The data is in {escape(str(folder))}.", style_func=str)
            raise SystemExit(INTERRUPTED) from None


def describe(aws: LocalAWS) -> str:
    """Return where ``aws`` is, and the settings that lead there."""
    keys = aws.credentials
    checked = (
        "Signatures and IAM policies are verified; these keys may use S3, SQS and CloudWatch."
        if aws.auth
        else "Signatures are not verified: --auth has them verified."
    )
    return f"""\
Local AWS at {aws.endpoint_url}, data in {escape(str(aws.data_dir))}
{checked}

For settings.py:

AWS = {json.dumps(aws.settings(), indent=4)}

Or for .env, where settings.py has AWS = philo_aws.environ.aws(env):

AWS_ACCESS_KEY_ID={keys["aws_access_key_id"]}
AWS_SECRET_ACCESS_KEY={keys["aws_secret_access_key"]}
AWS_REGION={aws.settings()["region"]}
AWS_ENDPOINT_URL={aws.endpoint_url}

Ctrl-C stops it."""


@contextlib.contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        # Asked to end, it ends: that is no failure.
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

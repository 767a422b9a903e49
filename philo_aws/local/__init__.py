"""The embedded AWS: a real server process on loopback for development, demos and tests.

It speaks S3, SQS, STS, IAM, CloudWatch and EC2's and the account's regions. Nothing here is ever
started by the rest of the package: it runs because somebody called :func:`start`, or typed
``manage.py aws_local``.
"""

from __future__ import annotations

from .errors import DataFolderError, LocalAWSError, PortTakenError
from .server import LocalAWS, start

__all__ = ["DataFolderError", "LocalAWS", "LocalAWSError", "PortTakenError", "start"]

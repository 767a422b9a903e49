"""What can go wrong with the embedded AWS."""

from __future__ import annotations

from ..exceptions import AWSError


class LocalAWSError(AWSError):
    """The embedded AWS cannot be started, or does not answer."""


class PortTakenError(LocalAWSError):
    """Something else listens on the port."""


class DataFolderError(LocalAWSError):
    """The data folder is in use, is somebody else's, or cannot be written."""

"""The far end of what moves, lists or deletes many objects: named once, checked before all else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ... import arguments
from ...conf import Purpose, TransferConfig, get_config
from ...knobs import PURPOSES
from ...regions import check_region
from .extra_args import check_transfer_args, given_for
from .names import check_bucket_name, check_prefix


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Objects of a bucket, those below a prefix or all, and how they are asked for."""

    bucket: str
    """The bucket's name."""
    region: str | None = None
    """Its region; ``None`` means the settings'."""
    prefix: str = ""
    """What every key begins with."""
    extra_args: Mapping[str, Any] = field(default_factory=dict)
    """boto's parameters for every object."""
    transfer: TransferConfig | None = None
    """How the engine works; ``None`` means the settings'."""
    purpose: Purpose = "commands"
    """Which timeouts hold."""

    @property
    def tuning(self) -> TransferConfig:
        """How the engine works."""
        return self.transfer or get_config().transfer

    def given_for(self, operation: str) -> dict[str, Any]:
        """Return what of ``extra_args`` goes with a request of this operation."""
        return given_for(operation, self.extra_args)


def make_remote(
    bucket_name: str,
    region_name: str | None,
    prefix: str,
    extra_args: Mapping[str, Any] | None,
    transfer: TransferConfig | None,
    purpose: Purpose,
) -> Remote:
    """Return the far end of a transfer, its names checked; ``prefix`` is a folder, or empty.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    check_bucket_name(arguments.text("bucket_name", bucket_name))
    prefix = arguments.text("prefix", prefix)
    purpose = arguments.one_of("purpose", purpose, PURPOSES)
    if transfer is not None:
        arguments.instance_of("transfer", transfer, TransferConfig)
    if region_name is not None and arguments.text("region_name", region_name):
        check_region("s3", region_name)
    if prefix and not prefix.endswith("/"):
        # Else "static" would take part in "static-old/" as well, and deleting would be worse.
        prefix += "/"
    return Remote(
        bucket=bucket_name,
        region=region_name,
        prefix=check_prefix(prefix),
        extra_args=check_transfer_args(arguments.mapping("extra_args", extra_args)),
        transfer=transfer,
        purpose=purpose,
    )

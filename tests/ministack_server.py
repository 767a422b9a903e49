"""ministack, with the two checksums that it has in Python summed up by awscrt.

They take it half a second for a MiB, in the one thread that answers all tests. Started by the
Python that has ministack, which may have no awscrt: then they take their time.
"""

from __future__ import annotations

import contextlib
import importlib
import runpy


def quicken() -> bool:
    """Put awscrt's functions in the place of ministack's; false where one of both has none."""
    s3 = importlib.import_module("ministack.services.s3")
    try:
        checksums = importlib.import_module("awscrt.checksums")
    except ImportError:
        return False
    names = {"_crc64nvme": checksums.crc64nvme, "_crc32c": checksums.crc32c}
    if not all(hasattr(s3, name) for name in names):
        return False
    for name, function in names.items():
        setattr(s3, name, function)
    return True


if __name__ == "__main__":
    with contextlib.suppress(ImportError):  # ministack itself says what is missing
        quicken()
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)

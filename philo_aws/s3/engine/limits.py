"""Sizes that both engines keep to."""

from __future__ import annotations

from ...conf import MIB

MOST_PARTS = 10_000
"""Parts of one upload: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html."""
IN_MEMORY = 8 * MIB
"""The largest download that is held in memory before it is written."""
SMALLEST_PART = 5 * MIB
"""Bytes of every part but the last, at least; from the same page."""


def part_size_for(size: int, part_size: int) -> int:
    """Return ``part_size``, grown to whole MiB where ``size`` would need more than 10,000 parts."""
    part_size = max(part_size, SMALLEST_PART)
    needed = -(-size // MOST_PARTS)
    return part_size if needed <= part_size else -(-needed // MIB) * MIB

"""The part size that follows from S3's limits."""

from __future__ import annotations

import pytest

from philo_aws.limits import MAX_OBJECT_SIZE, MAX_PARTS, MIB, MIN_PART_SIZE, part_size_for


@pytest.mark.parametrize(
    "size, wanted, expected",
    [
        (0, 8 * MIB, 8 * MIB),
        (1, 1, MIN_PART_SIZE),
        (MAX_PARTS * 8 * MIB, 8 * MIB, 8 * MIB),
        (MAX_PARTS * 8 * MIB + 1, 8 * MIB, 9 * MIB),
        (MAX_PARTS * 9 * MIB, 8 * MIB, 9 * MIB),
        (MAX_PARTS * 9 * MIB + 1, 8 * MIB, 10 * MIB),
        (MAX_OBJECT_SIZE, 8 * MIB, 5 * 1024 * MIB),
    ],
)
def test_no_object_has_more_than_ten_thousand_parts(size: int, wanted: int, expected: int) -> None:
    part_size = part_size_for(size, wanted)
    assert part_size == expected
    assert -(-size // part_size) <= MAX_PARTS

"""The limits of S3 and SQS by which settings are checked too, and the part size that follows.

They are those of https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html where nothing
else is said.
"""

from __future__ import annotations

MIB = 1024**2
GIB = 1024**3

MAX_PARTS = 10_000
"""Parts of one object."""
MIN_PART_SIZE = 5 * MIB
"""Bytes of every part but the last, at least."""
MAX_PART_SIZE = 5 * GIB
"""Bytes of one part at most."""
MAX_OBJECT_SIZE = MAX_PARTS * MAX_PART_SIZE
"""The bytes of the largest object: 48.8 TiB."""
MAX_SINGLE_COPY = 5 * GIB
"""Bytes that one request copies: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
MAX_KEYS = 1000
"""Keys of one page of a listing, and of one request that deletes:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
MAX_KEY_BYTES = 1024
"""Bytes of a key in UTF-8:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
MAX_METADATA_BYTES = 2048
"""Bytes of an object's metadata, names and values together:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
MAX_TAGS = 10
"""Tags of an object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html"""
MAX_TAG_NAME = 128
"""Characters of a tag's name."""
MAX_TAG_VALUE = 256
"""Characters of a tag's value."""
MAX_LINK_SECONDS = 7 * 24 * 3600
"""Seconds that a presigned URL lives:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html"""
MAX_VISIBILITY_TIMEOUT = 12 * 3600
"""Seconds that SQS hides a received message at most, all renewals together:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
MAX_WAIT_TIME = 20
"""Seconds that SQS lets a receive wait:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""


def part_size_for(size: int, wanted: int) -> int:
    """Return the bytes of a part of an object of ``size`` bytes.

    It is ``wanted``, but 5 MiB at least, and grown to whole MiB where 10,000 parts would not do.
    """
    part_size = max(wanted, MIN_PART_SIZE)
    needed = -(-size // MAX_PARTS)
    return part_size if needed <= part_size else -(-needed // MIB) * MIB

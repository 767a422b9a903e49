"""A bucket that keeps versions, as tests write and read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.servers import LocalAWS


@dataclass(frozen=True)
class Versioned:
    """A bucket with versioning, and the plain client for it."""

    client: Any
    bucket: str

    def put(self, key: str, body: bytes = b"x", **options: Any) -> str:
        """Write an object and return the id of its version."""
        answer = self.client.put_object(Bucket=self.bucket, Key=key, Body=body, **options)
        return str(answer["VersionId"])

    def delete(self, key: str) -> str:
        """Delete an object and return the id of the delete marker."""
        return str(self.client.delete_object(Bucket=self.bucket, Key=key)["VersionId"])

    def read(self, key: str) -> bytes:
        """Return what the key means now."""
        return bytes(self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def contents(self) -> dict[str, bytes]:
        """Return what all keys mean now."""
        found = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", ())
        return {item["Key"]: self.read(item["Key"]) for item in found}

    def ids(self, key: str) -> list[str]:
        """Return the ids of all versions and delete markers of a key."""
        told = self.client.list_object_versions(Bucket=self.bucket, Prefix=key)
        found = [*told.get("Versions", ()), *told.get("DeleteMarkers", ())]
        return [item["VersionId"] for item in found if item["Key"] == key]

    def written(self, key: str, version_id: str) -> datetime:
        """Return when a version or a delete marker was written."""
        told = self.client.list_object_versions(Bucket=self.bucket, Prefix=key)
        found = [*told.get("Versions", ()), *told.get("DeleteMarkers", ())]
        [moment] = [item["LastModified"] for item in found if item["VersionId"] == version_id]
        assert isinstance(moment, datetime)
        return moment


def versioned_bucket(aws: LocalAWS) -> Versioned:
    """Make a bucket that keeps versions."""
    made = Versioned(aws.client("s3"), aws.make_bucket())
    made.client.put_bucket_versioning(
        Bucket=made.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return made

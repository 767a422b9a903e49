from __future__ import annotations

from pathlib import Path

import pytest

from philo_aws import s3
from tests.s3.engine.conftest import engine_name, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.s3.files.test_tree import plant


@pytest.fixture
def synced(bucket: str, tmp_path: Path) -> Path:
    """A folder that the bucket is equal to."""
    plant(tmp_path / "up", "a", "b/c", "b/d", "z")
    s3.sync(tmp_path / "up", bucket)
    return tmp_path / "up"

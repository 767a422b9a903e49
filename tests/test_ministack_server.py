"""What the suite's own server sums up is right, and was worth being written anew."""

from __future__ import annotations

import importlib
import importlib.util
import os

import pytest

from tests import ministack_server

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ministack") is None, reason="ministack is in another Python"
)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> object:
    """The module of S3 of ministack, which is as it was afterwards."""
    s3 = importlib.import_module("ministack.services.s3")
    for name in ("_crc64nvme", "_crc32c"):
        monkeypatch.setattr(s3, name, getattr(s3, name))
    return s3


def test_the_sums_are_those_of_ministack(kept: object) -> None:
    own = {name: getattr(kept, name) for name in ("_crc64nvme", "_crc32c")}
    assert ministack_server.quicken()
    for name, function in own.items():
        quick = getattr(kept, name)
        # When this fails, ministack is as quick itself, or has no such function any more.
        assert quick is not function
        for size in (0, 1, 9, 1000):
            body = os.urandom(size)
            assert quick(body) == function(body)
        assert (
            quick(b"123456789")
            == {
                "_crc64nvme": 0xAE8B14860A799888,
                "_crc32c": 0xE3069283,
            }[name]
        )

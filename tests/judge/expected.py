"""The tests of Django's that cannot pass, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.judge.verdict import Expected

EXPECTED: Mapping[str, Sequence[Expected]] = {}

from __future__ import annotations

from philo_aws.s3.spool import Spool


def test_what_goes_in_comes_out_as_often_as_asked() -> None:
    pairs = [("a\nb", ""), ("caf\xe9 \U0001f600", "/x/\udcff"), ("", "")] * 30_000
    with Spool() as spool:
        for first, second in pairs:
            spool.add(first, second)
        assert len(spool) == len(pairs)
        assert list(spool) == pairs
        assert list(spool) == pairs

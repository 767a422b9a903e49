from __future__ import annotations

import pytest

from philo_aws.exceptions import Kind
from philo_aws.sqs.outcome import kind_of_failure


@pytest.mark.parametrize(
    ("code", "by_sender", "kind"),
    [
        ("InternalError", False, Kind.TRANSIENT),
        ("SomethingNew", False, Kind.TRANSIENT),
        ("", False, Kind.TRANSIENT),
        ("RequestThrottled", False, Kind.THROTTLED),
        ("RequestThrottled", True, Kind.THROTTLED),
        ("KMS.ThrottlingException", True, Kind.THROTTLED),
        ("InvalidParameterValue", True, Kind.PERMANENT),
        ("InternalError", True, Kind.PERMANENT),
    ],
)
def test_whether_an_entry_is_sent_again(code: str, by_sender: bool, kind: Kind) -> None:
    assert kind_of_failure({"Code": code, "SenderFault": by_sender}) is kind

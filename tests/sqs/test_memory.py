"""What a hundred thousand messages take: a process of its own sends them to a scripted server."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from philo_aws.sqs.md5 import md5_of_body
from tests.running import ROOT
from tests.servers import TEST_CREDENTIALS, scrubbed
from tests.sqs.proxy import Call, Forward, Reply, running

SCRIPT = """
import re, sys
import django
from django.conf import settings
endpoint, access, secret, number = sys.argv[1:]
keys = {"aws_access_key_id": access, "aws_secret_access_key": secret}
aws = {"endpoint_url": endpoint, "region": "us-east-1", "credentials": keys}
settings.configure(INSTALLED_APPS=["philo_aws"], AWS=aws)
django.setup()
from philo_aws import sqs
url = endpoint + "/000000000000/jobs"
bodies = ("x" * 490 + f"{n:010}" for n in range(int(number)))
sent = sum(outcome.successful for outcome in sqs.send_entries(url, bodies))
with open("/proc/self/status") as status:
    print(sent, re.search(r"VmHWM:\\s*(\\d+)", status.read())[1])
"""


def accept(call: Call, forward: Forward) -> Reply:
    good = [
        {
            "Id": entry["Id"],
            "MessageId": "5fea7756-0ea4-451a-a703-a558b933e274",
            "MD5OfMessageBody": md5_of_body(entry["MessageBody"]),
        }
        for entry in call.body["Entries"]
    ]
    return Reply(200, {"Successful": good})


def peak(number: int) -> float:
    """The most MiB of a process that sends so many messages."""
    with running("http://127.0.0.1:1") as proxy:
        proxy.behaviour = accept
        answer = subprocess.run(
            [
                *(sys.executable, "-c", SCRIPT, proxy.endpoint_url),
                *(TEST_CREDENTIALS["aws_access_key_id"], TEST_CREDENTIALS["aws_secret_access_key"]),
                str(number),
            ],
            cwd=ROOT,
            env=scrubbed(os.environ),
            capture_output=True,
            text=True,
            check=True,
        )
    sent, kib = answer.stdout.split()
    assert int(sent) == number
    return int(kib) / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="systems that do not tell the peak")
def test_a_hundred_thousand_messages() -> None:
    few, many = peak(10_000), peak(100_000)

    assert many <= 80
    assert many - few <= 8

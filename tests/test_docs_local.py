"""What docs/local-aws.md says of the embedded AWS is so: each row, and what becomes of its data."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from philo_aws import local, sqs
from philo_aws.exceptions import UsageError
from tests import servers
from tests.local.conftest import is_running
from tests.servers import REGION, TEST_CREDENTIALS, LocalAWS
from tests.test_docs import _tables

Row = Callable[[LocalAWS, LocalAWS], None]
ROWS: dict[str, Row] = {}
"""By the first cell of a row: called with the server as it is, and with signatures verified."""

pytestmark = pytest.mark.aws_servers("ministack")


def row(what: str) -> Callable[[Row], Row]:
    def note(look: Row) -> Row:
        ROWS[what] = look
        return look

    return note


def refused(call: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**options)
    return str(raised.value.response["Error"]["Code"])


def keys_of(aws: LocalAWS, *actions: str) -> dict[str, str]:
    return LocalAWS(name="x", endpoint_url=aws.endpoint_url, admin=aws.admin).make_user(*actions)


@row("signatures")
def signatures(plain: LocalAWS, signed: LocalAWS) -> None:
    nobody = {"aws_access_key_id": "test", "aws_secret_access_key": "wrong"}
    assert plain.client("s3", credentials=nobody).list_buckets()
    known = {**signed.credentials, "aws_secret_access_key": "wrong"}
    wrong = LocalAWS(name="x", endpoint_url=signed.endpoint_url, credentials=known)
    assert refused(wrong.client("s3").list_buckets) == "SignatureDoesNotMatch"
    wrong.close()


@row("requests without a signature")
def unsigned(plain: LocalAWS, signed: LocalAWS) -> None:
    for aws in (plain, signed):
        bucket = aws.make_bucket()
        aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
        address = f"{aws.endpoint_url}/{bucket}/a"
        if aws is plain:
            with urllib.request.urlopen(address) as answer:
                assert answer.read() == b"x"
        else:
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(address)
            with raised.value:
                assert raised.value.code == 403


@row("policies of identities")
def policies(plain: LocalAWS, signed: LocalAWS) -> None:
    assert plain.client("s3", credentials=plain.make_user("sqs:*")).list_buckets()
    mine = signed.client("s3", credentials=keys_of(signed, "sqs:*"))
    assert refused(mine.list_buckets) == "AccessDenied"


@row("an object that is not there, for who may not list the bucket")
def absent(plain: LocalAWS, signed: LocalAWS) -> None:
    mine = signed.client("s3", credentials=keys_of(signed, "s3:GetObject"))
    assert refused(mine.head_object, Bucket=signed.make_bucket(), Key="nothing") == "404"


@row("`s3:PutObjectTagging` for tags that are set by an upload")
def tags_of_uploads(plain: LocalAWS, signed: LocalAWS) -> None:
    mine = signed.client("s3", credentials=keys_of(signed, "s3:PutObject"))
    mine.put_object(Bucket=signed.make_bucket(), Key="a", Body=b"", Tagging="a=b")


@row("`s3:GetObjectTagging` for the tags of a copy")
def tags_of_copies(plain: LocalAWS, signed: LocalAWS) -> None:
    bucket = signed.make_bucket()
    theirs = signed.client("s3")
    theirs.put_object(Bucket=bucket, Key="a", Body=b"", Tagging="a=b")
    mine = signed.client("s3", credentials=keys_of(signed, "s3:PutObject", "s3:GetObject"))
    mine.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    assert theirs.get_object_tagging(Bucket=bucket, Key="b")["TagSet"]


@row("`sqs:SendMessage`, `sqs:DeleteMessage` and `sqs:ChangeMessageVisibility`")
def batches(plain: LocalAWS, signed: LocalAWS) -> None:
    mine = signed.client("sqs", credentials=keys_of(signed, "sqs:SendMessage"))
    url = signed.make_queue()
    assert mine.send_message(QueueUrl=url, MessageBody="x")
    entries = [{"Id": "1", "MessageBody": "x"}]
    assert "AccessDenied" in refused(mine.send_message_batch, QueueUrl=url, Entries=entries)


@row("a bucket of another region")
def regions(plain: LocalAWS, signed: LocalAWS) -> None:
    bucket = plain.make_bucket("eu-west-1")
    assert plain.client("s3", REGION).head_bucket(Bucket=bucket)


@row("parts below 5 MiB that are not the last")
def small_parts(plain: LocalAWS, signed: LocalAWS) -> None:
    in_parts(plain)


def in_parts(aws: LocalAWS, **options: str) -> dict[str, Any]:
    where = {"Bucket": aws.make_bucket(), "Key": "a"}
    s3 = aws.client("s3")
    upload = s3.create_multipart_upload(**where, **options)["UploadId"]
    parts = []
    for number in (1, 2):
        part = s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=b"x", **options)
        sums = {name: part[name] for name in part if name.startswith("Checksum")}
        parts.append({"PartNumber": number, "ETag": part["ETag"], **sums})
    made = s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    return dict(made)


@row("the checksum `crc64nvme` of an upload in parts")
def composite(plain: LocalAWS, signed: LocalAWS) -> None:
    made = in_parts(plain, ChecksumAlgorithm="CRC64NVME")
    assert made.get("ChecksumType", "COMPOSITE") == "COMPOSITE"
    assert made["ChecksumCRC64NVME"].endswith("-2")


@row("a key of KMS that does not exist")
def missing_key(plain: LocalAWS, signed: LocalAWS) -> None:
    name = str(uuid.uuid4())
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": name}
    plain.client("s3").put_object(Bucket=plain.make_bucket(), Key="a", Body=b"", **encryption)


@row("`SelectObjectContent`")
def select(plain: LocalAWS, signed: LocalAWS) -> None:
    bucket = plain.make_bucket()
    plain.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1,2")
    code = refused(
        plain.client("s3").select_object_content,
        Bucket=bucket,
        Key="a",
        Expression="select * from s3object",
        ExpressionType="SQL",
        InputSerialization={"CSV": {}},
        OutputSerialization={"CSV": {}},
    )
    assert code == "MethodNotAllowed"


@row("message-move tasks (*Redrive* in the admin)")
def move_tasks(plain: LocalAWS, signed: LocalAWS) -> None:
    arn = f"arn:aws:sqs:{REGION}:000000000000:x"
    sqs = plain.client("sqs")
    assert refused(sqs.start_message_move_task, SourceArn=arn) == "InvalidAction"
    assert refused(sqs.list_message_move_tasks, SourceArn=arn) == "InvalidAction"


@row("the queues that have a dead-letter queue (`list_dead_letter_source_queues`)")
def sources(plain: LocalAWS, signed: LocalAWS) -> None:
    call = plain.client("sqs").list_dead_letter_source_queues
    assert refused(call, QueueUrl=plain.make_queue()) == "InvalidAction"


@row("a second purge within 60 seconds")
def purges(plain: LocalAWS, signed: LocalAWS) -> None:
    url = plain.make_queue()
    for _ in range(2):
        plain.client("sqs").purge_queue(QueueUrl=url)


@row("a queue of the name of one that was deleted less than 60 seconds ago")
def again(plain: LocalAWS, signed: LocalAWS) -> None:
    url = plain.make_queue()
    plain.client("sqs").delete_queue(QueueUrl=url)
    assert plain.make_queue(url.rpartition("/")[2])


@row("a value that is out of range, such as a delay of 901 seconds, sent by boto3 itself")
def out_of_range(plain: LocalAWS, signed: LocalAWS) -> None:
    url = plain.make_queue()
    plain.client("sqs").send_message(QueueUrl=url, MessageBody="x", DelaySeconds=901)
    with pytest.raises(UsageError):
        sqs.send_message(url, "x", delay_seconds=901)


@row("CloudWatch's figures, such as the age of the oldest message")
def figures(plain: LocalAWS, signed: LocalAWS) -> None:
    url = plain.make_queue()
    plain.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    found = plain.client("cloudwatch").list_metrics(
        Namespace="AWS/SQS",
        Dimensions=[{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
    )
    assert found["Metrics"] == []


TOLD = [row[0] for table in _tables("local-aws.md", "what", "at AWS", "here") for row in table]


def test_every_row_is_looked_at() -> None:
    assert set(TOLD) == ROWS.keys()


@pytest.mark.parametrize("what", TOLD)
def test_the_row_is_so(ministack: LocalAWS, signed_aws: LocalAWS, what: str) -> None:
    ROWS[what](ministack, signed_aws)


def test_other_services_are_not_there() -> None:
    with local.start() as aws:
        seen = LocalAWS(name="local", endpoint_url=aws.endpoint_url)
        assert seen.client("iam").list_users()
        assert refused(seen.client("kms").list_keys)
        assert refused(seen.client("cloudfront").list_distributions)
        seen.close()


def test_what_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    def seen(aws: local.LocalAWS) -> LocalAWS:
        return servers.LocalAWS(
            name="local", endpoint_url=aws.endpoint_url, credentials=TEST_CREDENTIALS
        )

    with local.start(data_dir=tmp_path) as aws:
        before = seen(aws)
        bucket = before.make_bucket()
        before.client("s3").put_object(Bucket=bucket, Key="kept", Body=b"x")
        before.make_queue("kept")
        before.close()
    with local.start(data_dir=tmp_path) as aws:
        before = seen(aws)
        assert before.client("sqs").list_queues().get("QueueUrls")
        before.client("s3").put_object(Bucket=bucket, Key="new", Body=b"x")
        before.make_queue("lost")
        before.close()
        os.kill(aws.pid, signal.SIGKILL)
        while is_running(aws.pid):
            time.sleep(0.01)  # it is no child of this process
    with local.start(data_dir=tmp_path) as aws:
        after = seen(aws)
        listed = after.client("s3").list_objects_v2(Bucket=bucket)
        queues = after.client("sqs").list_queues().get("QueueUrls", [])
        after.close()
    assert [found["Key"] for found in listed["Contents"]] == ["kept", "new"]
    assert [url.rpartition("/")[2] for url in queues] == ["kept"]

"""Answers that prove nothing are failures, whatever their status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.answers import PROOFS
from philo_aws.aws_errors import translated
from philo_aws.clients import get_client, get_session
from philo_aws.exceptions import Kind, ServiceError
from tests.test_patience import store_that

ONCE = {"commands": {"max_attempts": 1}}
SOURCE = {"Bucket": "b", "Key": "k"}

CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "put_object": lambda s3, sqs: s3.put_object(Bucket="bbb", Key="k", Body=b"x"),
    "upload_part": lambda s3, sqs: s3.upload_part(
        Bucket="bbb", Key="k", Body=b"x", PartNumber=1, UploadId="u"
    ),
    "create_multipart_upload": lambda s3, sqs: s3.create_multipart_upload(Bucket="bbb", Key="k"),
    "complete_multipart_upload": lambda s3, sqs: s3.complete_multipart_upload(
        Bucket="bbb",
        Key="k",
        UploadId="u",
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "e"}]},
    ),
    "copy_object": lambda s3, sqs: s3.copy_object(Bucket="bbb", Key="k", CopySource=SOURCE),
    "upload_part_copy": lambda s3, sqs: s3.upload_part_copy(
        Bucket="bbb", Key="k", CopySource=SOURCE, PartNumber=1, UploadId="u"
    ),
    "delete_object": lambda s3, sqs: s3.delete_object(Bucket="bbb", Key="k"),
    "head_object": lambda s3, sqs: s3.head_object(Bucket="bbb", Key="k"),
    "list_buckets": lambda s3, sqs: s3.list_buckets(),
    "send_message": lambda s3, sqs: sqs.send_message(QueueUrl="http://q/1/q", MessageBody="x"),
    "create_queue": lambda s3, sqs: sqs.create_queue(QueueName="q"),
    "get_queue_url": lambda s3, sqs: sqs.get_queue_url(QueueName="q"),
}


@pytest.mark.parametrize("body", ["", "<html>log in</html>", "<html><p>log in", "{}"])
@pytest.mark.parametrize("name", CALLS)
def test_an_answer_without_proof_is_no_success(settings: Settings, name: str, body: str) -> None:
    with store_that(settings, (200, body), timeouts=ONCE):
        if name == "delete_object" and not body:
            return  # AWS says 204, other stores say no more either
        with pytest.raises(ServiceError) as caught, translated():
            CALLS[name](get_client("s3"), get_client("sqs"))
    assert caught.value.kind is Kind.TRANSIENT
    # What is no XML at all botocore itself takes for a failure of the server.
    assert "endpoint" in str(caught.value) or caught.value.code == "500"


def test_the_table_names_operations_that_there_are() -> None:
    for service, proofs in PROOFS.items():
        model = get_session().get_service_model(service)
        assert proofs.keys() <= set(model.operation_names)

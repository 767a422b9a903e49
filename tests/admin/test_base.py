"""What every page has: one heading, labels, no script of its own, any language."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def test_one_heading_labels_and_captions(aws: LocalAWS, admin_client: Client, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    body = admin_client.get(f"/admin/philo_aws/bucket/{bucket}/change/").content.decode()
    assert body.count("<h1") == 1
    assert body.count("<caption>") == body.count("<table")
    assert 'aria-current="page"' in body
    for box in body.split('type="checkbox"')[1:]:
        assert "aria-label=" in box.partition(">")[0]


def test_no_page_carries_script_or_style_of_its_own(
    aws: LocalAWS, admin_client: Client, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    for page in ("change/", "object/?key=a", "upload/", "usage/", "share/?key=a", "delete/"):
        body = admin_client.get(f"/admin/philo_aws/bucket/{bucket}/{page}").content.decode()
        assert "<style" not in body
        assert " style=" not in body
        assert "<script>" not in body
        assert " onclick=" not in body


@pytest.mark.parametrize("language", ["he", "de"])
def test_pages_come_in_other_languages_and_directions(
    aws: LocalAWS, admin_client: Client, bucket: str, language: str
) -> None:
    response = admin_client.get(
        f"/admin/philo_aws/bucket/{bucket}/change/", headers={"accept-language": language}
    )
    assert response.status_code == 200

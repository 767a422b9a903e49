"""The page of the example project, on real servers."""

from __future__ import annotations

import urllib.parse
import urllib.request
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.servers import LocalAWS, free_port

AWKWARD_KEY = "a b/ä&x=<i>1</i>?#+%41.html"


@pytest.fixture
def example(aws: LocalAWS, bucket: str, queue_url: str, settings: Any) -> LocalAWS:
    settings.EXAMPLE_BUCKET, settings.EXAMPLE_QUEUE_URL = bucket, queue_url
    return aws


def token_of(staff: Client) -> str:
    staff.get("/")
    return staff.cookies["csrftoken"].value


class TestFiles:
    def test_lists_the_bucket(self, example: LocalAWS, bucket: str, staff: Client) -> None:
        s3 = example.client("s3")
        s3.put_object(Bucket=bucket, Key="reports/2024.txt", Body=b"x" * 2048)
        page = staff.get("/").content.decode()
        assert f"{bucket}: 1 object" in " ".join(page.split())
        assert "reports/2024.txt</a>" in page
        assert "2.0\xa0KB" in page

    def test_of_an_empty_bucket_says_so(self, example: LocalAWS, staff: Client) -> None:
        assert "The bucket is empty." in staff.get("/").content.decode()

    def test_keys_are_shown_as_text(self, example: LocalAWS, bucket: str, staff: Client) -> None:
        example.client("s3").put_object(Bucket=bucket, Key="<script>1</script>", Body=b"")
        page = staff.get("/").content.decode()
        assert "&lt;script&gt;1&lt;/script&gt;" in page
        assert "<script>1" not in page

    def test_without_a_bucket_it_says_what_to_set(self, staff: Client) -> None:
        page = staff.get("/").content.decode()
        assert "EXAMPLE_BUCKET" in page
        assert "manage.py demo" in page


class TestDownload:
    def link(self, staff: Client, key: str) -> str:
        page = staff.get("/").content.decode()
        href = page.split('<a href="/download/?', 1)[1].split('"', 1)[0]
        answer = staff.get(f"/download/?{href}")
        assert answer.status_code == 302
        return answer["Location"]

    @pytest.mark.parametrize("key", ["plain.txt", AWKWARD_KEY, "folder/"])
    def test_leads_from_the_page_to_the_bytes(
        self, example: LocalAWS, bucket: str, staff: Client, key: str
    ) -> None:
        example.client("s3").put_object(Bucket=bucket, Key=key, Body=b"<b>content</b>")
        link = self.link(staff, key)
        assert link.startswith(f"{example.endpoint_url}/{bucket}/")
        with urllib.request.urlopen(link) as answer:
            assert answer.read() == b"<b>content</b>"
            assert answer.headers["Content-Disposition"].startswith("attachment; filename")

    def test_the_link_lives_for_a_minute(
        self, example: LocalAWS, bucket: str, staff: Client
    ) -> None:
        example.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.link(staff, "k")).query)
        assert query["X-Amz-Expires"] == ["60"]

    @pytest.mark.parametrize("query", ["", "?key=", "?key=no-such-key"])
    def test_of_nothing_is_a_404(self, example: LocalAWS, staff: Client, query: str) -> None:
        assert staff.get(f"/download/{query}").status_code == 404


class TestSend:
    def test_puts_the_message_into_the_queue(
        self, example: LocalAWS, queue_url: str, staff: Client
    ) -> None:
        form = {"body": " Grüße\n", "csrfmiddlewaretoken": token_of(staff)}
        page = staff.post("/send/", form, follow=True).content.decode()
        received = example.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
        assert [message["Body"] for message in received] == [" Grüße\n"]
        assert f"Sent; its MessageId is {received[0]['MessageId']}." in page

    def test_of_nothing_sends_nothing(
        self, example: LocalAWS, queue_url: str, staff: Client
    ) -> None:
        form = {"body": "", "csrfmiddlewaretoken": token_of(staff)}
        page = staff.post("/send/", form, follow=True).content.decode()
        assert "There was no message to send." in page
        assert "Messages" not in example.client("sqs").receive_message(QueueUrl=queue_url)

    def test_of_what_sqs_does_not_take_says_why(self, example: LocalAWS, staff: Client) -> None:
        form = {"body": "x" * (1024 * 1024 + 1), "csrfmiddlewaretoken": token_of(staff)}
        answer = staff.post("/send/", form)
        assert answer.status_code == 400
        assert "1,048,576" in answer.content.decode()

    def test_needs_the_csrf_token(self, example: LocalAWS, queue_url: str, staff: Client) -> None:
        assert staff.post("/send/", {"body": "forged"}).status_code == 403
        assert "Messages" not in example.client("sqs").receive_message(QueueUrl=queue_url)

    def test_is_not_done_by_a_link(self, example: LocalAWS, staff: Client) -> None:
        assert staff.get("/send/", {"body": "linked"}).status_code == 405


class TestAccess:
    """Neither a stranger nor a customer gets in; no server is asked for them."""

    @pytest.mark.parametrize("path", ["/", "/download/?key=k"])
    def test_a_stranger_is_asked_to_log_in(self, site: None, db: None, path: str) -> None:
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/?next=")

    def test_a_stranger_sends_nothing(self, site: None, db: None) -> None:
        assert Client().post("/send/", {"body": "m"})["Location"].startswith("/admin/login/")

    @pytest.mark.parametrize("path", ["/", "/download/?key=k"])
    def test_a_user_who_is_not_staff_is_too(self, site: None, db: None, path: str) -> None:
        client = Client()
        client.force_login(get_user_model().objects.create_user("customer"))
        assert client.get(path)["Location"].startswith("/admin/login/")


class TestErrors:
    def test_a_missing_bucket_is_named(
        self, example: LocalAWS, settings: Any, staff: Client
    ) -> None:
        settings.EXAMPLE_BUCKET = "there-is-no-such-bucket"
        answer = staff.get("/")
        assert answer.status_code == 503
        assert "there-is-no-such-bucket" in answer.content.decode()
        assert "Try again" in answer.content.decode()

    def test_a_dead_endpoint_is_a_page_with_a_sentence(self, settings: Any, staff: Client) -> None:
        endpoint_url = f"http://127.0.0.1:{free_port()}"
        settings.AWS = {
            "endpoint_url": endpoint_url,
            "region": "us-east-1",
            "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
            "timeouts": {"web": {"max_attempts": 1}},
        }
        settings.EXAMPLE_BUCKET = "some-bucket"
        answer = staff.get("/")
        assert answer.status_code == 503
        assert endpoint_url in answer.content.decode()

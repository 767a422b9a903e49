"""What every page has: one heading, labels, no script of its own, any language, a purpose."""

from __future__ import annotations

import inspect
import pkgutil
from functools import partial
from importlib import import_module

import pytest
from django.test import Client

from philo_aws.admin.base import AWSView
from philo_aws.admin.waiting import PagePatience
from philo_aws.s3 import web
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


def test_what_pages_ask_is_told_its_purpose() -> None:
    def service(name: str, *, purpose: str = "commands") -> tuple[str, str]:
        return name, purpose

    view = AWSView()
    view.patience = PagePatience()
    assert view.ask_aws(service, "a") == ("a", "web")
    assert view.ask_aws_together({1: partial(service, name="b")}) == {1: ("b", "web")}
    assert view.wait_for(service, "c", purpose="c") == ("c", "c")


def test_the_work_for_pages_has_their_purpose_of_itself() -> None:
    modules = [
        import_module(f"{web.__name__}.{each.name}") for each in pkgutil.iter_modules(web.__path__)
    ]
    purposes = {
        f"{module.__name__}.{name}": parameters["purpose"].default
        for module in modules
        for name, found in vars(module).items()
        if getattr(found, "__module__", "") == module.__name__
        and callable(found)
        and not name.startswith("_")
        and "purpose" in (parameters := inspect.signature(found).parameters)
    }
    assert len(purposes) > 15
    assert set(purposes.values()) == {"web"}

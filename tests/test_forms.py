"""The field alone, as in a form of a site; tests/admin/test_picker.py has it with a person."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils import translation

from philo_aws.exceptions import InvalidRequestError
from philo_aws.forms import ObjectField, ObjectInput
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def stored(aws: LocalAWS, bucket: str) -> str:
    for key in ("press/photo.jpg", "other.jpg", " spaces at the ends "):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    return bucket


def refusal(field: ObjectField, value: str) -> Any:
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    return caught.value.error_list[0].code


@pytest.mark.parametrize("value", ["press/photo.jpg", " spaces at the ends "])
def test_an_object_that_is_there_is_its_key(stored: str, value: str) -> None:
    assert ObjectField(bucket=stored).clean(value) == value


def test_an_address_may_be_typed_too(stored: str) -> None:
    field = ObjectField(bucket=stored)
    assert field.clean(f"s3://{stored}/other.jpg") == "other.jpg"
    assert field.clean(f"arn:aws:s3:::{stored}/other.jpg\n") == "other.jpg"
    assert refusal(field, "s3://another-bucket/other.jpg") == "bucket"
    assert refusal(field, "s3://_/other.jpg") == "form"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("press/no-such.jpg", "missing"),
        ("other.jpg", "prefix"),
        ("press/", "folder"),
        ("press/a\nb", "control"),
        ("press/" + "x" * 1024, "aws"),
        ("press/" + "x" * 2000, "max_length"),
        ("", "required"),
    ],
)
def test_what_is_none_is_refused(stored: str, value: str, code: str) -> None:
    assert refusal(ObjectField(bucket=stored, prefix="press/"), value) == code


def test_where_it_may_be_empty_nothing_is_asked() -> None:
    assert ObjectField(bucket="no-such-bucket", required=False).clean("") == ""


def test_a_dead_store_is_a_sentence(stored: str, settings: Any) -> None:
    settings.AWS = {**settings.AWS, "endpoint_url": "http://127.0.0.1:1"}
    with pytest.raises(ValidationError) as caught:
        ObjectField(bucket=stored).clean("press/photo.jpg")
    assert caught.value.error_list[0].code == "aws"


def test_what_the_form_had_before_is_taken_as_it_is() -> None:
    class Form(forms.Form):
        picture = ObjectField(bucket="no-such-bucket")

    form = Form({"picture": "gone.jpg"}, initial={"picture": "gone.jpg"})
    assert form.is_valid()
    assert not form.has_changed()


def test_without_a_bucket_somebody_has_to_be_asked_for() -> None:
    with pytest.raises(ImproperlyConfigured, match="ObjectPickerMixin"):
        ObjectField().clean("media/a.jpg")


def test_what_makes_no_sense_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="give 'bucket' too"):
        ObjectField(prefix="press/")
    with pytest.raises(InvalidRequestError):
        ObjectField(bucket="_")


def test_outside_of_an_admin_it_is_a_text_input() -> None:
    class Form(forms.Form):
        picture = ObjectField(bucket="media")

    page = str(Form(initial={"picture": '"><script>'})["picture"])
    assert 'type="text"' in page
    assert "<script>" not in page
    assert "<a" not in page
    assert "philo_aws/picker.js" in str(Form().media)
    assert isinstance(Form().fields["picture"].widget, ObjectInput)


def test_its_sentences_are_in_the_language_of_the_page(stored: str) -> None:
    with translation.override("de"), pytest.raises(ValidationError) as caught:
        ObjectField(bucket=stored).clean("press/")
    with translation.override("de"):
        assert caught.value.messages == ["Dies ist ein Ordner. Wählen Sie ein Objekt darin."]

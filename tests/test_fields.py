from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import migrations, models
from django.db.migrations.writer import MigrationWriter
from django.forms import Textarea

from philo_aws import forms
from philo_aws.fields import ObjectField


def made(**options: Any) -> ObjectField:
    field = ObjectField(**options)
    field.set_attributes_from_name("picture")
    return field


def test_migrations_have_it_as_the_column_that_it_is() -> None:
    field = made(bucket="media", prefix="press/", blank=True)
    assert field.deconstruct() == (
        "picture",
        "django.db.models.CharField",
        [],
        {"max_length": 1100, "blank": True},
    )
    assert field.deconstruct() == made(bucket="other", blank=True).deconstruct()
    operation = migrations.AddField("release", "picture", field)
    written, imports = MigrationWriter.serialize(operation.field)
    assert written == "models.CharField(blank=True, max_length=1100)"
    assert imports == {"from django.db import models"}


def test_a_shorter_column_may_be_had() -> None:
    assert made(max_length=200).deconstruct()[3] == {"max_length": 200}


def test_its_form_field_knows_the_bucket() -> None:
    field = made(bucket="media", prefix="press/", max_length=200).formfield()
    assert isinstance(field, forms.ObjectField)
    assert (field.bucket, field.prefix, field.max_length) == ("media", "press/", 200)
    assert not made(blank=True, bucket="media").formfield().required


def test_the_admins_widget_for_text_does_not_take_its_place_and_another_does() -> None:
    field = made(bucket="media").formfield(widget=AdminTextInputWidget)
    assert isinstance(field.widget, forms.ObjectInput)
    assert isinstance(made(bucket="media").formfield(widget=Textarea).widget, Textarea)


def test_a_copy_of_it_is_the_same() -> None:
    copy = made(bucket="media", prefix="press/").clone()
    assert (copy.bucket, copy.prefix, copy.max_length) == ("media", "press/", 1100)
    assert isinstance(copy, models.CharField)

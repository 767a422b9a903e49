from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from philo_aws.models import Bucket, Queue

PERMISSIONS = {
    "bucket": {
        "add_bucket",
        "change_bucket_settings",
        "change_object",
        "copy_object",
        "delete_bucket",
        "delete_object",
        "download_object",
        "list_objects",
        "restore_object",
        "share_object",
        "upload_object",
        "view_bucket",
        "view_bucket_settings",
    },
    "queue": {
        "add_queue",
        "change_queue",
        "delete_message",
        "delete_queue",
        "purge_queue",
        "receive_message",
        "redrive_queue",
        "send_message",
        "view_queue",
    },
}


@pytest.mark.parametrize("model", ["bucket", "queue"])
def test_migrate_makes_one_permission_for_each_action(db: None, model: str) -> None:
    from django.contrib.auth.models import Permission

    found = Permission.objects.filter(
        content_type__app_label="philo_aws", content_type__model=model
    )
    assert set(found.values_list("codename", flat=True)) == PERMISSIONS[model]


def test_the_migration_says_what_the_models_say(db: None) -> None:
    call_command("makemigrations", "philo_aws", check=True, dry_run=True, verbosity=0)


def test_no_table_is_made_and_none_is_asked(db: None, django_assert_num_queries: Any) -> None:
    from django.db import connection

    assert not [name for name in connection.introspection.table_names() if "philo_aws" in name]
    with django_assert_num_queries(0):
        assert list(Bucket.objects.all()) == []
        assert Queue.objects.count() == 0


def test_dumpdata_works(db: None) -> None:
    output = io.StringIO()
    call_command("dumpdata", "philo_aws", stdout=output)
    assert json.loads(output.getvalue()) == []


def test_an_instance_reads_as_its_name() -> None:
    assert str(Bucket(name="b")) == "b"
    assert str(Queue(name="us-east-1/q")) == "us-east-1/q"

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Bucket",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=255, primary_key=True, serialize=False, verbose_name="name"
                    ),
                ),
            ],
            options={
                "verbose_name": "bucket",
                "verbose_name_plural": "buckets",
                "permissions": (
                    ("list_objects", "Can list the objects of a bucket"),
                    ("download_object", "Can download and preview objects"),
                    ("share_object", "Can make links that download an object without a login"),
                    ("upload_object", "Can upload objects and create folders"),
                    ("copy_object", "Can copy objects"),
                    ("change_object", "Can change the metadata, tags and storage class of objects"),
                    ("delete_object", "Can delete objects and their versions"),
                    ("restore_object", "Can bring back deleted objects and old versions"),
                ),
                "managed": False,
                "default_permissions": ("add", "delete", "view"),
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Queue",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=255, primary_key=True, serialize=False, verbose_name="name"
                    ),
                ),
            ],
            options={
                "verbose_name": "queue",
                "verbose_name_plural": "queues",
                "permissions": (
                    ("receive_message", "Can receive the messages of a queue"),
                    ("send_message", "Can send messages to a queue"),
                    ("delete_message", "Can delete messages of a queue"),
                    ("purge_queue", "Can purge a queue"),
                    ("redrive_queue", "Can move the messages of a dead-letter queue back"),
                ),
                "managed": False,
                "default_permissions": ("add", "change", "delete", "view"),
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
    ]

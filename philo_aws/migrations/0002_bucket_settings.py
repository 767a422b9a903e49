from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("philo_aws", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="bucket",
            options={
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "default_permissions": ("add", "delete", "view"),
                "managed": False,
                "permissions": (
                    ("list_objects", "Can list the objects of a bucket"),
                    ("download_object", "Can download and preview objects"),
                    ("share_object", "Can make links that download an object without a login"),
                    ("upload_object", "Can upload objects and create folders"),
                    ("copy_object", "Can copy objects"),
                    ("change_object", "Can change the metadata, tags and storage class of objects"),
                    ("delete_object", "Can delete objects and their versions"),
                    ("restore_object", "Can bring back deleted objects and old versions"),
                    ("view_bucket_settings", "Can see the settings of a bucket"),
                    ("change_bucket_settings", "Can change the settings of a bucket"),
                ),
                "verbose_name": "bucket",
                "verbose_name_plural": "buckets",
            },
        ),
    ]

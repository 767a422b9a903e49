from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('example_project', '0003_task'),
    ]

    operations = [
        migrations.AddField(
            model_name='photo',
            name='original',
            field=models.CharField(blank=True, help_text='Where the picture was taken from.', max_length=1100),
        ),
    ]

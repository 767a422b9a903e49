"""The admin pages: an S3 browser and an SQS console, without a database table.

Registered with the default admin site here. For another site register the same classes there::

    from philo_aws.admin import BucketAdmin, QueueAdmin
    from philo_aws.models import Bucket, Queue

    site.register(Bucket, BucketAdmin)
    site.register(Queue, QueueAdmin)
"""

from __future__ import annotations

from django.contrib import admin

from ..models import Bucket, Queue
from .buckets import BucketAdmin
from .picker import ObjectPickerMixin
from .queues import QueueAdmin

admin.site.register(Bucket, BucketAdmin)
admin.site.register(Queue, QueueAdmin)

__all__ = ["BucketAdmin", "ObjectPickerMixin", "QueueAdmin"]

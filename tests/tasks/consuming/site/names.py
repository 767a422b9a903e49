"""Django's tasks where there are, else those of the package `django-tasks`."""

from __future__ import annotations

import django

from philo_aws.tasks.names import BACKPORT, DJANGO, names

IS_NATIVE = django.VERSION >= (6, 0)
NAMES = names(DJANGO if IS_NATIVE else BACKPORT)
BACKEND = "philo_aws.tasks.SQSBackend" if IS_NATIVE else "philo_aws.tasks.backport.SQSBackend"
APPS = [] if IS_NATIVE else ["django_tasks"]

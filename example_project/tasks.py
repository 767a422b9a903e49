"""What is done in the background: ``manage.py aws_sqs consume --tasks default`` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.base import ContentFile

from .models import Photo
from .pictures import thumbnail
from .queues import IS_NATIVE

# A site of its own has the first two lines, or on Django 5.2 the others.
if TYPE_CHECKING or IS_NATIVE:
    from django.tasks import task
    from django.tasks.exceptions import TaskResultDoesNotExist
else:
    from django_tasks import task
    from django_tasks.exceptions import TaskResultDoesNotExist


@task()
def make_thumbnail(pk: int) -> str | None:
    """Make the small picture of a photo, and return its name.

    SQS may give a message twice, so it bears being done twice: the name of the small picture
    follows from the image's, what is kept under it is left there, and to note it in the row again
    changes nothing. An image that cannot be read is an error: the task is tried again, and its
    message is parked in the end.
    """
    photo = Photo.objects.filter(pk=pk).first()
    if photo is None:
        return None  # deleted since
    if photo.has_thumbnail:
        return photo.thumbnail_name
    storage, name = photo.image.storage, photo.thumbnail_name
    # It is there without a note where a run died in between; in a bucket it is then whole.
    if not storage.exists(name):
        with photo.image.open() as image:
            kept = storage.save(name, ContentFile(thumbnail(image)))
        if kept != name:
            storage.delete(kept)  # another worker was quicker: no name is taken twice
    # Of this image alone: the photo may have got another one meanwhile, which has its own task.
    Photo.objects.filter(pk=pk, image=photo.image.name).update(thumbnail=name)
    return name


def state_of(photo: Photo) -> str:
    """Return how it is with the small picture of a photo, for people."""
    if photo.has_thumbnail:
        return "done"
    if not photo.task_id:
        return "not asked for"
    try:
        result = make_thumbnail.get_result(photo.task_id)
    except (NotImplementedError, TaskResultDoesNotExist):
        return "not known"  # nothing keeps results, or not for so long
    failures = [error.exception_class_path.rpartition(".")[2] for error in result.errors]
    state = {"READY": "waiting", "RUNNING": "running", "SUCCESSFUL": "done", "FAILED": "failed"}
    told = state[str(result.status)]
    return f"{told}: {failures[-1]}, attempt {len(failures)}" if failures else told

"""What is done with the messages of the example's queue: ``manage.py aws_sqs consume``."""

from __future__ import annotations

from django.conf import settings
from django.core.files.base import ContentFile

from philo_aws.sqs.consumer import Message, Reject, handler

from .models import Photo
from .pictures import thumbnail


@handler(settings.EXAMPLE_PHOTOS_QUEUE_URL or "example-photos")
def make_thumbnail(message: Message) -> None:
    """Make the small picture of the photo that a message names: ``{"photo": 12}``.

    SQS may give a message twice, so it bears being done twice: the name of the small picture
    follows from the image's, what is kept under it is left there, and to note it in the row again
    changes nothing. An image that cannot be read is an error: the message comes again, and is
    parked in the end.
    """
    asked = message.json()
    key = asked.get("photo") if isinstance(asked, dict) else None
    if type(key) is not int:
        raise Reject('This queue is for {"photo": the key of a photo}.')
    photo = Photo.objects.filter(pk=key).first()
    if photo is None or photo.has_thumbnail:
        return  # deleted since, or done already
    storage, name = photo.image.storage, photo.thumbnail_name
    # It is there without a note where a run died in between; in a bucket it is then whole.
    if not storage.exists(name):
        with photo.image.open() as image:
            kept = storage.save(name, ContentFile(thumbnail(image)))
        if kept != name:
            storage.delete(kept)  # another consumer was quicker: no name is taken twice
    # Of this image alone: the photo may have got another one meanwhile, which has its own message.
    Photo.objects.filter(pk=key, image=photo.image.name).update(thumbnail=name)

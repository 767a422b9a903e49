"""What is done with messages that are no tasks of this site: ``manage.py aws_sqs consume``.

A task is enqueued and run by one site. A handler is for what others send, in a form of their own.
"""

from __future__ import annotations

from django.conf import settings

from philo_aws.sqs.consumer import Message, Reject, handler

from .models import LONGEST_CAPTION, Photo


@handler(settings.EXAMPLE_QUEUE_URL or "example-messages")
def take_caption(message: Message) -> None:
    """Take what somebody says of a photo: ``{"photo": 12, "caption": "Hills at dawn"}``.

    Done twice it changes nothing more. What is no such message is parked at once, with the reason.
    """
    said = message.json()
    if not isinstance(said, dict) or type(said.get("photo")) is not int:
        raise Reject('Give {"photo": the key of a photo, "caption": a text}.')
    caption = said.get("caption")
    if not isinstance(caption, str) or len(caption) > LONGEST_CAPTION:
        raise Reject(f'"caption" is to be a text of at most {LONGEST_CAPTION} characters.')
    if not Photo.objects.filter(pk=said["photo"]).update(caption=caption):
        raise Reject(f"There is no photo {said['photo']}.")

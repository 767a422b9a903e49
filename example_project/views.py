"""Two pages for staff: the files of a bucket with a message to a queue, and photos of a model."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from philo_aws import s3, sqs
from philo_aws.exceptions import AWSError, InvalidRequestError, NotFoundError

from .models import Photo
from .tasks import state_of

# Long enough to follow a redirect, too short to be of use to whoever finds the link later.
LINK_SECONDS = 60
LATEST = 60

View = Callable[[HttpRequest], HttpResponse]
if TYPE_CHECKING:
    PhotoModelForm = forms.ModelForm[Photo]
else:
    PhotoModelForm = forms.ModelForm


class MessageForm(forms.Form):
    """What goes to the queue."""

    body = forms.CharField(label="Message", strip=False, widget=forms.Textarea({"rows": 3}))


class PhotoForm(PhotoModelForm):
    """A photo to add."""

    class Meta:
        model = Photo
        fields = ["title", "image", "caption", "attachment"]


def aws_errors_shown(view: View) -> View:
    """Answer with a page that says what is wrong with AWS, instead of a server error."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except AWSError as error:
            status = 400 if isinstance(error, InvalidRequestError) else 503
            shown = photos_page if request.path == reverse("photos") else page
            return shown(request, error=error, status=status)

    return wrapped


def page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return the page of files, in the admin's clothes."""
    context = admin.site.each_context(request) | {
        "title": "Files and messages",
        "bucket": settings.EXAMPLE_BUCKET,
        "queue_url": settings.EXAMPLE_QUEUE_URL,
        **context,
    }
    return render(request, "example_project/files.html", context, status=status)


def photos_page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return the page of photos, in the same clothes."""
    context = admin.site.each_context(request) | {"title": "Photos", **context}
    return render(request, "example_project/photos.html", context, status=status)


@require_GET
@staff_member_required
@aws_errors_shown
def files(request: HttpRequest) -> HttpResponse:
    """List the bucket, and offer to send a message."""
    if not settings.EXAMPLE_BUCKET:
        return page(request)
    answer = s3.list_objects_v2(settings.EXAMPLE_BUCKET, purpose="web")
    return page(request, objects=answer["Contents"], form=MessageForm())


@require_GET
@staff_member_required
@aws_errors_shown
def download(request: HttpRequest) -> HttpResponse:
    """Send the browser to S3 for the object: its bytes do not pass through this site.

    The key is a parameter because a path could not hold every key.
    """
    key = request.GET.get("key")
    if not key:
        raise Http404("No key was given.")
    try:
        s3.head_object(settings.EXAMPLE_BUCKET, key, purpose="web")
    except NotFoundError as error:
        raise Http404(str(error)) from error
    link = s3.presign(
        settings.EXAMPLE_BUCKET,
        key,
        expires_in=LINK_SECONDS,
        # As an attachment: HTML or SVG that somebody uploaded is not to run in the browser.
        content_disposition=content_disposition_header(True, key.rpartition("/")[2] or "object"),
        purpose="web",
    )
    return redirect(link.url)


@require_POST
@staff_member_required
@aws_errors_shown
def send(request: HttpRequest) -> HttpResponse:
    """Send a message to the queue of the settings; the browser never names another."""
    form = MessageForm(request.POST)
    if form.is_valid():
        answer = sqs.send_message(
            settings.EXAMPLE_QUEUE_URL, form.cleaned_data["body"], purpose="web"
        )
        messages.success(request, f"Sent; its MessageId is {answer['MessageId']}.")
    else:
        messages.error(request, "There was no message to send.")
    return redirect("files")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_member_required
@aws_errors_shown
def photos(request: HttpRequest) -> HttpResponse:
    """Show the latest photos, and add one.

    Nothing here knows of S3: the fields of the model ask the site's default storage.
    """
    form = PhotoForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        # Files go first: where one fails there is no row, and the page can still ask the database.
        with transaction.atomic():
            photo = form.save()
        messages.success(request, f"Added; the picture is kept as {photo.image.name}.")
        return redirect("photos")
    latest = [(photo, state_of(photo)) for photo in Photo.objects.all()[:LATEST]]
    return photos_page(request, photos=latest, form=form)

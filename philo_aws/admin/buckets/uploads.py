"""Upload files: a form for every browser, and a way in parts for those that run scripts.

The script asks to begin, sends each part straight to S3 where the bucket's CORS rules and the
page's own policy allow it and through here where not, and asks to finish. Through here a part is at
most :data:`MAX_PART` bytes, so memory stays flat however large the file is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import (
    AWSError,
    ConflictError,
    IncompleteError,
    InvalidRequestError,
    NetworkError,
)
from ...s3.files.charset import LARGEST, is_utf8
from ...s3.files.media_types import guess_type, is_text
from ...s3.web import browser_uploads
from ...s3.web.content import upload_stream
from ...s3.web.cors import allows_origin
from ...sentences import Sentence, localized
from ..base import Button
from ..jobs import Job
from ..operations import OperationOutcome, OperationView
from ..posted import read_json
from ..text import visible
from .base import BucketView
from .forms import UploadForm
from .upload_panel import SCRIPTS, panel_of

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import JsonResponse

MAX_PART = 64 * 1024**2
MAX_JSON = 16 * 1024


class UploadView(OperationView, BucketView):
    """The page with the form, which works without a script."""

    route = "<str:object_id>/upload/"
    about = "folder"
    permissions = ("upload_object",)
    title = _("Upload")
    buttons = (Button(at=("contents",), order=10, kind="primary"),)
    form_class = UploadForm
    submit_label = _("Upload")
    template_name = "admin/philo_aws/bucket/upload.html"
    scripts = SCRIPTS
    multipart = True

    def get_context(self, **context: Any) -> dict[str, Any]:
        return super().get_context(
            **context,
            upload_panel=panel_of(self, shown=True),
            unfinished_url=self.link("unfinished", prefix=self.folder),
        )

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        done: list[str] = []
        refused: list[str] = []
        for file in data["files"]:
            key = self.folder + file.name
            try:
                upload_stream(
                    file,
                    self.bucket,
                    key,
                    content_type=content_type_of(file.name, file),
                    overwrite=data["overwrite"],
                )
            except AWSError as error:
                if error.may_be_done:
                    self.audit(
                        f"Upload of {visible(key)!r}: AWS did not say whether it was done; it may "
                        "be."
                    )
                refused.append(f"{visible(file.name)}: {visible(error.message)}")
                if isinstance(error, NetworkError):
                    # Each of the others would wait as long for nothing.
                    rest = len(data["files"]) - len(done) - len(refused)
                    if rest:
                        refused.append(
                            ngettext(
                                "%(count)s more file was not tried.",
                                "%(count)s more files were not tried.",
                                rest,
                            )
                            % {"count": rest}
                        )
                    break
            else:
                done.append(file.name)
                note_upload(self, self.job, key, file.size, left=len(data["files"]) - len(done))
        message = ngettext(
            "%(count)s file was uploaded.", "%(count)s files were uploaded.", len(done)
        ) % {"count": len(done)}
        if not refused:
            return OperationOutcome(message=message)
        return OperationOutcome(message=f"{message} {' '.join(refused)}", level=messages.WARNING)

    def get_success_url(self) -> str:
        return self.folder_url() or super().get_success_url()


class UploadStepView(BucketView):
    """A step that the script asks for; its data are JSON."""

    permissions = ("upload_object",)
    about = "body"
    answers_json = True
    http_method_names = ["post", "options"]

    def post(self, *args: Any, **kwargs: Any) -> JsonResponse:
        self.writing = True
        try:
            data = self.read()
            self.require(self.permissions, key=_text(data, "key"))
            return self.json(self.step(data))
        except ConflictError as error:
            return self.json({"error": localized(error.message), "code": error.code}, status=409)
        except (InvalidRequestError, IncompleteError) as error:
            return self.json({"error": localized(error.message), "code": error.code}, status=400)

    def read(self) -> dict[str, Any]:
        """Return what the script sent.

        Raises :exc:`~philo_aws.exceptions.InvalidRequestError`.
        """
        return read_json(self.request, MAX_JSON)

    def step(self, data: dict[str, Any]) -> dict[str, Any]:
        """Do it and return the answer."""
        raise NotImplementedError


class BeginUploadView(UploadStepView):
    """Begins an upload and says how large its parts are and where they go."""

    route = "<str:object_id>/upload/begin/"

    def step(self, data: dict[str, Any]) -> dict[str, Any]:
        key, size = _text(data, "key"), _whole(data, "size")
        check_below(self.folder, key)
        begun = self.ask_aws(
            browser_uploads.begin,
            self.bucket,
            key,
            size,
            content_type=content_type_of(key),
            overwrite=data.get("overwrite") is True,
        )
        origin = self.request.headers.get("Origin", "")
        direct = bool(origin) and self.ask_aws(allows_origin, self.bucket, origin, "PUT")
        if not direct and begun.part_size > MAX_PART:
            browser_uploads.abort(self.bucket, key, begun.upload_id)
            raise InvalidRequestError(
                gettext("This file is too large to go through this site. Use manage.py aws_s3.")
            )
        return {"upload_id": begun.upload_id, "part_size": begun.part_size, "direct": direct}


class SignPartView(UploadStepView):
    """Gives the link to which one part is sent."""

    route = "<str:object_id>/upload/sign/"

    def step(self, data: dict[str, Any]) -> dict[str, Any]:
        link = self.ask_aws(
            browser_uploads.sign_part,
            self.bucket,
            _text(data, "key"),
            _text(data, "upload_id"),
            _whole(data, "part_number"),
        )
        return {"url": link.url}


class SendPartView(UploadStepView):
    """Takes one part and hands it on; key, upload and number are in the query."""

    route = "<str:object_id>/upload/part/"

    def read(self) -> dict[str, Any]:
        number = self.parameter("part_number")
        return {
            "key": self.key,
            "upload_id": self.parameter("upload_id"),
            "part_number": int(number) if number.isascii() and number.isdecimal() else 0,
        }

    def step(self, data: dict[str, Any]) -> dict[str, Any]:
        length = self.request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_PART:
            raise InvalidRequestError(gettext("The part is too large."), code="EntityTooLarge")
        body = self.request.read(int(length))
        if len(body) != int(length):
            raise IncompleteError(gettext("The part broke off."))
        browser_uploads.send_part(
            self.bucket,
            data["key"],
            data["upload_id"],
            data["part_number"],
            body,
        )
        return {"received": len(body)}


class FinishUploadView(UploadStepView):
    """Makes the object of the parts, and writes the audit entry."""

    route = "<str:object_id>/upload/finish/"

    def step(self, data: dict[str, Any]) -> dict[str, Any]:
        key, size = _text(data, "key"), _whole(data, "size")
        upload_id = _text(data, "upload_id")
        try:
            self.ask_aws(
                browser_uploads.finish,
                self.bucket,
                key,
                upload_id,
                size,
                overwrite=data.get("overwrite") is True,
            )
        except AWSError as error:
            if error.may_be_done:
                self.audit(
                    f"Upload of {visible(key)!r} ({size:,} bytes): AWS did not say whether it was "
                    "done; it may be."
                )
            raise
        token, left = data.get("job"), data.get("left")
        job = Job(self, token=token if isinstance(token, str) else "")
        note_upload(self, job, key, size, left=left if isinstance(left, int) else 0)
        return {"url": self.link("object", key=key), **job.carried({})}


class AbortUploadView(UploadStepView):
    """Gives an upload up."""

    route = "<str:object_id>/upload/abort/"

    def step(self, data: dict[str, Any]) -> dict[str, Any]:
        key, upload_id = _text(data, "key"), _text(data, "upload_id")
        self.ask_aws(browser_uploads.abort, self.bucket, key, upload_id)
        return {}


def note_upload(view: BucketView, job: Job, key: str, size: int, *, left: int) -> None:
    """Write into the history that an object was uploaded, one of those of the job."""
    name = repr(visible(key))
    job.tell(
        {view.obj: f"Uploaded {name}."},
        {"files": 1, "bytes": size},
        unfinished=left > 0,
        name=name,
    )


def check_below(folder: str, key: str) -> None:
    """Refuse a key that is not in ``folder`` or leads out of it once it is a path somewhere.

    What the folder itself is called does not matter. Raises
    :exc:`~philo_aws.exceptions.InvalidRequestError`.
    """
    if not key.startswith(folder) or not {"", ".", ".."}.isdisjoint(key[len(folder) :].split("/")):
        raise InvalidRequestError(
            Sentence(
                gettext_noop("{key!r} is no path of a file in the folder {folder!r}."),
                key=key,
                folder=folder,
            )
        )


def content_type_of(name: str, file: UploadedFile[Any] | None = None) -> str:
    """Return the content type of a file by its name, the same on every machine.

    A packed file stays one: told its encoding, a browser would unpack it when it is downloaded.
    With ``file`` a text is declared to be UTF-8 where it is.
    """
    content_type, encoding = guess_type(name)
    if encoding:
        return "application/octet-stream"
    if file is not None and is_text(content_type) and (file.size or 0) <= LARGEST:
        utf8 = is_utf8(file.chunks())
        file.seek(0)
        return f"{content_type}; charset=utf-8" if utf8 else content_type
    return content_type


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(Sentence(gettext_noop("{name} is missing."), name=name))
    return value


def _whole(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidRequestError(Sentence(gettext_noop("{name} is no number."), name=name))
    return value

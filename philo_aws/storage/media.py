"""Files of a site's people: ``STORAGES["default"]`` on S3."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.files.utils import validate_file_name
from django.utils.deconstruct import deconstructible

from ..conf import Purpose
from ..exceptions import AccessDeniedError, AWSError, ConflictError, ObjectNotFoundError
from . import batch
from .contents import PLAIN_SIZE, is_packed_here, stored, with_type_of
from .names import normalised, path_of_url, required
from .options import Kind, Options, read_options

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from ..s3.request.remote import Remote
    from .batch import Batch
    from .files import S3File
    from .links import Links

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


@deconstructible(path="philo_aws.storage.S3Storage")
class S3Storage(Storage):
    """Files as objects of one bucket, below one folder of it; with FileSystemStorage's manners.

    The options are keywords: see :class:`~philo_aws.storage.options.Options`, of which ``bucket``
    must be given. ``settings.AWS`` says which AWS, by whose identity and how. Nothing is read or
    sent when a storage is made; its clients are those of the process, so it may be used from many
    threads, forked and pickled. What fails raises an
    :exc:`~philo_aws.exceptions.AWSError`, but for :exc:`FileNotFoundError`,
    :exc:`FileExistsError`, :exc:`ValueError` and
    :exc:`~django.core.exceptions.SuspiciousFileOperation`, as FileSystemStorage has them.
    """

    defaults: ClassVar[Mapping[str, Any]] = {}
    """Options that a subclass gives; those of the constructor win."""
    kind: ClassVar[Kind] = "media"
    """Which options there are."""
    purpose: ClassVar[Purpose] = "web"
    """Which timeouts hold: somebody waits for the page."""

    def __init__(self, **options: Any) -> None:
        """Look at the options.

        Raises :exc:`~django.core.exceptions.ImproperlyConfigured` that names all faulty ones.
        """
        self.options: Options = read_options(self.with_defaults(options), self.kind)

    @classmethod
    def with_defaults(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return what this class makes of options that are given: its own defaults added."""
        made: dict[str, Any] = {}
        for one in reversed(cls.__mro__):
            made |= vars(one).get("defaults", {})
        if options.get("cloudfront_key") and "signed" not in options:
            made.pop("signed", None)  # a key is there to be signed with
        return made | dict(options)

    def __eq__(self, other: object) -> bool:
        # Another class may know better: Django's default_storage stands for the one behind it.
        if type(self) is not type(other):
            return NotImplemented
        return self.options == other.options

    def __hash__(self) -> int:
        return hash((type(self), self.options))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_links"}

    # What it is made of

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.options.bucket

    @property
    def location(self) -> str:
        """The folder, with a slash at its end; empty for the whole bucket."""
        return self.options.location

    @property
    def client(self) -> S3Client:
        """boto3's client for what the storage itself has no method for."""
        from ..s3.request.access import client_for

        return client_for(self.options.bucket, self.options.region, self.purpose)

    def remote(self) -> Remote:
        """Return the far end of the transfers of this storage.

        Raises :exc:`~philo_aws.exceptions.UsageError` for ``extra_args`` that boto has not.
        """
        from ..s3.request.remote import make_remote

        made = self.options
        return make_remote(
            made.bucket, made.region, made.location, made.extra_args, None, self.purpose
        )

    def name_of(self, name: Any) -> str:
        """Return a name as a path below the location, which itself is an empty text.

        Raises :exc:`~django.core.exceptions.SuspiciousFileOperation` for what is not below it.
        """
        return normalised(name)

    def key_of(self, name: Any) -> str:
        """Return the key of the object of a name.

        Raises :exc:`ValueError` without a name, and what :meth:`name_of` raises.
        """
        return self.options.location + required(name)

    def headers_for(self, name: str) -> dict[str, str]:
        """Return the HTTP headers of the object of a name; subclasses may say more.

        The type follows from the name, the rest from the option ``headers``. What is saved under a
        name that tells nothing may bring a type of its own.
        """
        return dict(self._headers.of(name))

    @property
    def _headers(self) -> Any:
        made = vars(self).get("_made_headers")
        if made is None:
            from ..s3.headers import Headers

            made = self._made_headers = Headers(self.options.headers)
        return made

    # Reading

    def _open(self, name: Any, mode: str = "rb") -> File[Any] | S3File:
        """Return the file of a name, open: see :class:`~philo_aws.storage.files.S3File`.

        Raises :exc:`FileNotFoundError`, for ``x`` :exc:`FileExistsError`, and :exc:`ValueError` for
        a mode that cannot be.
        """
        from .files import S3File

        name = required(name)
        here = batch.active(self)
        found = here.open(name, mode) if here is not None and mode in ("r", "rb", "rt") else None
        return S3File(name, mode, self) if found is None else found

    def exists(self, name: Any) -> bool:
        """Say whether there is a file or a folder of this name.

        Raises :exc:`~philo_aws.exceptions.AccessDeniedError` where the identity may not list the
        bucket: S3 then does not tell a missing object from a forbidden one.
        """
        name = normalised(name)
        if not name:
            return True
        here = batch.active(self)
        if here is not None:
            return bool(here.exists(name))
        try:
            self._head(name)
        except FileNotFoundError:
            return self._is_folder(name)
        except AccessDeniedError as error:
            raise AccessDeniedError(
                f"{error.message} S3 answers so too where there is no such object and the identity "
                f"has no s3:ListBucket on {self.bucket!r}: allow it that.",
                code=error.code,
                request_id=error.request_id,
            ) from error
        return True

    def _is_folder(self, name: str) -> bool:
        from ..s3.web.page import list_page

        page = list_page(
            self.options.bucket,
            self.options.region,
            prefix=f"{self.key_of(name)}/",
            delimiter="",
            limit=1,
            purpose=self.purpose,
        )
        return bool(page.entries)

    def listdir(self, path: Any) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder.

        A folder that is not there is an empty one, as S3 has no folders; the objects that stand for
        empty ones are no files.
        """
        name = normalised(path)
        here = batch.active(self)
        if here is not None:
            folders, files = here.listdir(name)
            return list(folders), list(files)
        from ..s3.listing.stream import pages

        remote = self.remote()
        prefix = remote.prefix + (f"{name}/" if name else "")
        cut = len(prefix)
        folders, files = [], []
        for page in pages(
            remote.bucket,
            remote.region,
            prefix=prefix,
            purpose=self.purpose,
            extra_args={**remote.given_for("ListObjectsV2"), "Delimiter": "/"},
        ):
            folders += [one[cut:-1] for one in page.folders]
            files += [key[cut:] for key in page.columns.keys if key != prefix]
        return folders, files

    def size(self, name: Any) -> int:
        """Return the bytes of a file, of what the option ``gzip`` packed those before it did.

        Raises :exc:`FileNotFoundError`.
        """
        name = required(name)
        here = batch.active(self)
        found = here.size(name) if here is not None else None
        if found is not None:
            return int(found)
        head = self._head(name)
        encoding = str(head.get("ContentEncoding", ""))
        if is_packed_here(name, encoding, self.options.gzip):
            plain = head.get("Metadata", {}).get(PLAIN_SIZE.removeprefix("x-amz-meta-"), "")
            if plain.isascii() and plain.isdigit():
                return int(plain)
        return int(head["ContentLength"])

    def get_modified_time(self, name: Any) -> datetime.datetime:
        """Return when a file was written, with its time zone where ``USE_TZ`` is on.

        Raises :exc:`FileNotFoundError`.
        """
        name = required(name)
        here = batch.active(self)
        found = here.get_modified_time(name) if here is not None else None
        moment: datetime.datetime = found or self._head(name)["LastModified"]
        if settings.USE_TZ:
            return moment
        # The machine's own zone, as FileSystemStorage has it, and not the one that is activated.
        return datetime.datetime.fromtimestamp(moment.timestamp())  # noqa: DTZ006

    def get_created_time(self, name: Any) -> datetime.datetime:
        """Return the same: an object is never changed, only written anew."""
        return self.get_modified_time(name)

    def get_accessed_time(self, name: Any) -> datetime.datetime:
        """Raise :exc:`NotImplementedError`: S3 does not tell."""
        raise NotImplementedError("S3 does not tell when an object was last read.")

    def _head(self, name: str) -> dict[str, Any]:
        from ..s3.objects.properties import head_object

        remote = self.remote()
        try:
            return head_object(
                remote.bucket,
                self.key_of(name),
                remote.region,
                extra_args=remote.given_for("HeadObject"),
                purpose=self.purpose,
            )
        except ObjectNotFoundError as error:
            raise FileNotFoundError(f"There is no file {name!r} in {self.bucket!r}.") from error

    # Writing

    def save(self, name: Any, content: Any, max_length: int | None = None) -> str:
        """Save ``content`` from its beginning, and return the name it has got.

        Where nothing may be overwritten, which is so without ``allow_overwrite``, S3 itself refuses
        a name that is taken: of any number that save under one name at once, each gets another.
        ``content`` is never closed. Raises :exc:`FileExistsError` where no other name is offered.
        """
        if name is None:
            name = content.name
        if not hasattr(content, "chunks"):
            content = File(content, name)
        name = str(name).replace("\\", "/")
        validate_file_name(name, allow_relative_path=True)
        if self._looks_first(name, content, max_length):
            name = self.get_available_name(name, max_length=max_length)
            validate_file_name(name, allow_relative_path=True)
        while True:
            try:
                saved = self._save(name, content)
            except FileExistsError:
                other = self.get_available_name(name, max_length=max_length)
                if other == name or not _can_be_read_again(content):
                    raise
                name = other
            else:
                validate_file_name(saved, allow_relative_path=True)
                return saved

    def _looks_first(self, name: str, content: Any, max_length: int | None) -> bool:
        """Say whether a free name is looked for before anything is sent, which takes requests."""
        own = type(self)
        return (
            self.options.allow_overwrite  # nothing is asked then
            or batch.active(self) is not None
            or bool(max_length and len(name) > max_length)
            or own.get_available_name is not S3Storage.get_available_name
            or own.is_name_available is not S3Storage.is_name_available
            or own.exists is not S3Storage.exists
            or not _can_be_read_again(content)
        )

    def _save(self, name: str, content: Any) -> str:
        name = required(name)
        here = batch.active(self)
        if here is not None:
            here.save(name, content)
            return name
        try:
            self._put(name, content)
        except ConflictError as error:
            if error.code not in _TAKEN:
                raise
            raise FileExistsError(
                f"There is a file {name!r} in {self.bucket!r} already."
            ) from error
        return name

    def _put(self, name: str, content: Any) -> None:
        from ..s3.transfer.writer import ObjectWriter, upload_content

        remote, headers = self.remote(), self.headers_for(name)
        where: dict[str, Any] = {
            "extra_args": remote.extra_args,
            "if_none_match": not self.options.allow_overwrite,
            "purpose": self.purpose,
        }
        target = (remote.bucket, self.key_of(name), remote.region)
        own = with_type_of(content, name, headers)
        if file := _large_file(content, own, self.options.gzip):
            upload_content(file, *target, headers=own, **where)
            return
        if _can_be_read_again(content):
            content.seek(0)
        made = stored(content, name, headers, self.options.gzip)
        writer = ObjectWriter(*target, headers=made.headers, **where)
        try:
            for block in made.blocks:
                writer.write(block)
            writer.close()
        except BaseException:
            with contextlib.suppress(AWSError):
                writer.abort()
            raise

    def delete(self, name: Any) -> None:
        """Delete a file; one that is not there is deleted already.

        Raises :exc:`ValueError` without a name.
        """
        name = required(name)
        here = batch.active(self)
        if here is not None:
            here.delete(name)
            return
        from ..s3.delete_requests import delete_one

        error = delete_one(self.remote(), self.key_of(name))
        if error is not None:
            raise error

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Say whether a new file may have this name."""
        if self.options.allow_overwrite:
            return not (max_length and len(name) > max_length)
        return super().is_name_available(name, max_length=max_length)

    def get_alternative_name(self, file_root: str, file_ext: str) -> str:
        """Return another name for a new file: the same one where overwriting is allowed."""
        if self.options.allow_overwrite:
            return f"{file_root}{file_ext}"
        return super().get_alternative_name(file_root, file_ext)

    @contextlib.contextmanager
    def batch(self) -> Iterator[Batch]:
        """Do everything that the block saves and deletes in one run at its end.

        See :class:`~philo_aws.storage.batch.Batch`. Nothing is sent where the block raises.
        """
        with batch.begun(self) as made:
            yield made

    # Addresses

    def url(
        self,
        name: Any,
        *,
        parameters: Mapping[str, Any] | None = None,
        expires_in: int | None = None,
    ) -> str:
        """Return the address of a file, which no request is made for.

        ``parameters`` are boto's for what a signed one answers
        (``ResponseContentDisposition``, …), ``expires_in`` are its seconds.
        """
        return self._made_links().url(path_of_url(name), parameters, expires_in)

    def presign_upload(
        self, name: Any, *, content_type: str | None = None, expires_in: int | None = None
    ) -> str:
        """Return an address that takes one PUT of this file until it expires.

        With ``content_type`` the PUT has to send that header. Whoever has the address may overwrite
        what is there.
        """
        return self._made_links().presign_upload(
            required(name), content_type=content_type, expires_in=expires_in
        )

    def _made_links(self) -> Links:
        made: Links | None = vars(self).get("_links")
        if made is None:
            from .links import Links

            made = self._links = Links(self.options, self._site_url)
        return made

    def _site_url(self) -> str:
        """Return what the site's own settings say that URLs begin with."""
        return str(settings.MEDIA_URL or "")


def _can_be_read_again(content: Any) -> bool:
    try:
        return bool(content.seekable())
    except (AttributeError, ValueError):
        return hasattr(content, "seek")


def _large_file(
    content: Any, headers: Mapping[str, str], gzip: tuple[str, ...]
) -> str | BinaryIO | None:
    """Return a content that is a large file of this machine, by its path or open; else nothing."""
    import os

    from ..s3.transfer.local_file import descriptor_of
    from .contents import IN_MEMORY, is_packed

    if is_packed(headers, gzip):
        return None
    if hasattr(content, "temporary_file_path"):
        path = str(content.temporary_file_path())
        try:
            return path if os.path.getsize(path) > IN_MEMORY else None
        except OSError:
            return None
    if getattr(type(content), "chunks", None) is not File.chunks:
        return None  # a class that gives its content in its own way
    file: BinaryIO = content.file
    descriptor = descriptor_of(file)
    if descriptor is None or os.fstat(descriptor).st_size <= IN_MEMORY:
        return None
    return file

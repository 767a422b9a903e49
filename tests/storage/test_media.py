"""Files of media on S3, over a socket: what FileSystemStorage does, and what S3 does better."""

from __future__ import annotations

import asyncio
import copy
import datetime
import io
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import models
from django.db.migrations.writer import MigrationWriter
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.test import AsyncClient
from django.urls import path
from pytest_django import Settings

from philo_aws import clients
from philo_aws.exceptions import AccessDeniedError, BucketNotFoundError, UsageError
from philo_aws.storage import S3StaticStorage, S3Storage
from tests.servers import LocalAWS

Made = Callable[..., S3Storage]
MIB = 1024 * 1024


@pytest.fixture
def made(bucket: str) -> Made:
    return lambda **options: S3Storage(**{"bucket": bucket, "location": "media", **options})


@pytest.fixture
def storage(made: Made) -> S3Storage:
    return made()


@pytest.fixture
def requests(aws: LocalAWS) -> Iterator[list[str]]:
    """The operations that clients of this process have sent, in their order."""
    sent: list[str] = []

    def note(request: Any, **kwargs: Any) -> None:
        sent.append(f"{request.method} {kwargs['event_name'].rpartition('.')[2]}")

    clients.clear()
    for purpose in ("web", "commands", "web_writes"):
        for checksums in (True, False):
            client = clients.get_client("s3", purpose=purpose, checksums=checksums)
            client.meta.events.register("before-send.s3", note)
    yield sent
    clients.clear()


def keys(storage: S3Storage) -> set[str]:
    listed = storage.client.list_objects_v2(Bucket=storage.bucket)
    return {item["Key"] for item in listed.get("Contents", [])}


def head(storage: S3Storage, name: str) -> dict[str, Any]:
    return dict(storage.client.head_object(Bucket=storage.bucket, Key=storage.key_of(name)))


def text_of(storage: S3Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return bytes(file.read())


def test_a_file_is_saved_read_and_deleted(storage: S3Storage) -> None:
    assert storage.save("a/b.txt", ContentFile(b"text")) == "a/b.txt"
    assert keys(storage) == {"media/a/b.txt"}
    assert storage.exists("a/b.txt")
    assert storage.size("a/b.txt") == 4
    assert text_of(storage, "a/b.txt") == b"text"
    storage.delete("a/b.txt")
    storage.delete("a/b.txt")
    assert not storage.exists("a/b.txt")
    assert keys(storage) == set()


def test_nothing_is_read_or_sent_when_it_is_made(settings: Settings) -> None:
    settings.AWS = {"region": "no region", "endpoint_url": 3}
    assert S3Storage(bucket="media-files", extra_args={"Nonsense": 1}).bucket == "media-files"
    made = S3Storage(bucket="media-files")
    assert copy.deepcopy(made) == made
    with pytest.raises(ImproperlyConfigured):
        made.exists("a")


def test_a_name_that_is_taken_is_kept_and_another_one_given(storage: S3Storage) -> None:
    first = storage.save("a.txt", ContentFile(b"one"))
    second = storage.save("a.txt", ContentFile(b"two"))
    assert first == "a.txt"
    assert second.startswith("a_")
    assert second.endswith(".txt")
    assert (text_of(storage, first), text_of(storage, second)) == (b"one", b"two")


def test_with_overwriting_the_name_is_kept(made: Made) -> None:
    storage = made(allow_overwrite=True)
    assert storage.save("a.txt", ContentFile(b"one")) == "a.txt"
    assert storage.save("a.txt", ContentFile(b"two")) == "a.txt"
    assert text_of(storage, "a.txt") == b"two"
    assert keys(storage) == {"media/a.txt"}


def test_of_many_that_save_under_one_name_each_gets_its_own(storage: S3Storage) -> None:
    ready = threading.Barrier(8)

    def save(number: int) -> str:
        ready.wait()
        return storage.save("same.txt", ContentFile(f"{number}".encode()))

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(save, range(8)))
    assert len(set(names)) == 8
    assert [text_of(storage, name) for name in names] == [b"%d" % number for number in range(8)]


def test_a_free_name_takes_one_request(storage: S3Storage, requests: list[str]) -> None:
    storage.save("a.txt", ContentFile(b"text"))
    assert requests == ["PUT PutObject"]


def test_a_taken_name_takes_three(storage: S3Storage, requests: list[str]) -> None:
    storage.save("a.txt", ContentFile(b"text"))
    requests.clear()
    storage.save("a.txt", ContentFile(b"other"))
    # That it was refused, that it is not ours, whether another is free, and that one.
    assert requests.count("PUT PutObject") == 2
    assert not {one for one in requests if one.split()[0] not in ("PUT", "HEAD", "GET")}
    assert len(requests) <= 6


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        (lambda storage: storage.open("a.txt").close(), ["GET GetObject"]),
        (lambda storage: storage.size("a.txt"), ["HEAD HeadObject"]),
        (lambda storage: storage.exists("a.txt"), ["HEAD HeadObject"]),
        (lambda storage: storage.exists("none"), ["HEAD HeadObject", "GET ListObjectsV2"]),
        (lambda storage: storage.get_modified_time("a.txt"), ["HEAD HeadObject"]),
        (lambda storage: storage.delete("a.txt"), ["DELETE DeleteObject"]),
        (lambda storage: storage.listdir(""), ["GET ListObjectsV2"]),
        (lambda storage: storage.url("a.txt"), []),
    ],
)
def test_each_method_takes_its_requests_and_no_more(
    storage: S3Storage, requests: list[str], do: Callable[[S3Storage], object], expected: list[str]
) -> None:
    storage.save("a.txt", ContentFile(b"text"))
    requests.clear()
    do(storage)
    assert requests == expected


def test_a_name_too_long_is_cut(storage: S3Storage) -> None:
    name = storage.save("x" * 50 + ".txt", ContentFile(b"1"), max_length=20)
    assert len(name) <= 20
    assert name.endswith(".txt")
    taken = storage.save(name, ContentFile(b"2"), max_length=20)
    assert taken != name
    assert len(taken) <= 20
    with pytest.raises(SuspiciousFileOperation):
        storage.save("a/" + "x" * 50 + ".txt", ContentFile(b"1"), max_length=5)


def test_a_subclass_says_which_names_are_free(bucket: str) -> None:
    class Numbered(S3Storage):
        def get_available_name(self, name: str, max_length: int | None = None) -> str:
            return f"numbered/{name}"

    storage = Numbered(bucket=bucket)
    assert storage.save("a.txt", ContentFile(b"1")) == "numbered/a.txt"


def test_a_subclass_that_offers_no_other_name_is_told(bucket: str) -> None:
    class Stubborn(S3Storage):
        def get_available_name(self, name: str, max_length: int | None = None) -> str:
            return name

    storage = Stubborn(bucket=bucket)
    storage.save("a.txt", ContentFile(b"1"))
    with pytest.raises(FileExistsError, match=r"a\.txt"):
        storage.save("a.txt", ContentFile(b"2"))
    assert text_of(storage, "a.txt") == b"1"


def test_a_stream_that_is_read_once_is_saved_under_a_free_name(storage: S3Storage) -> None:
    class Stream(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._rest = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            return self._rest.readinto(buffer)

    storage.save("a.bin", ContentFile(b"one"))
    stream: Any = Stream(b"two")
    name = storage.save("a.bin", File(stream, "a.bin"))
    assert name != "a.bin"
    assert text_of(storage, name) == b"two"


def test_the_name_of_the_content_is_used_where_none_is_given(storage: S3Storage) -> None:
    assert storage.save(None, ContentFile(b"1", name="b.txt")) == "b.txt"
    assert storage.save("c.txt", io.BytesIO(b"2")) == "c.txt"
    assert text_of(storage, "c.txt") == b"2"


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a/../x", "..\\x"])
def test_no_file_is_saved_outside_of_the_location(storage: S3Storage, name: str) -> None:
    with pytest.raises(SuspiciousFileOperation):
        storage.save(name, ContentFile(b"1"))
    assert keys(storage) == set()


@pytest.mark.parametrize("do", ["open", "delete", "exists", "size", "url", "get_modified_time"])
def test_nothing_outside_of_the_location_is_looked_at(made: Made, do: str) -> None:
    for storage in (made(), made(location="")):
        with pytest.raises(SuspiciousFileOperation):
            getattr(storage, do)("a/../../secret.txt")


def test_without_a_name_there_is_no_file(storage: S3Storage) -> None:
    methods: list[Callable[[Any], object]]
    methods = [storage.open, storage.delete, storage.size, storage.get_modified_time]
    for do in methods:
        for name in ("", None):
            with pytest.raises(ValueError, match="no name of a file"):
                do(name)
    assert storage.exists("")


def test_a_file_that_is_not_there_is_not_found(storage: S3Storage) -> None:
    for do in (storage.open, storage.size, storage.get_modified_time):
        with pytest.raises(FileNotFoundError):
            do("none.txt")
    assert not storage.exists("none.txt")


def test_a_folder_is_there_while_something_is_in_it(storage: S3Storage) -> None:
    storage.save("a/b/c.txt", ContentFile(b"1"))
    assert storage.exists("a")
    assert storage.exists("a/b/")
    assert not storage.exists("a/bb")
    assert not storage.exists("a/b/c")
    assert storage.listdir("") == (["a"], [])
    assert storage.listdir("a/b") == ([], ["c.txt"])
    assert storage.listdir("none") == ([], [])


def test_the_marks_of_folders_are_no_files(storage: S3Storage) -> None:
    for key in ("media/", "media/empty/", "media/a.txt"):
        storage.client.put_object(Bucket=storage.bucket, Key=key, Body=b"")
    assert storage.listdir("") == (["empty"], ["a.txt"])
    assert storage.listdir("empty") == ([], [])
    assert storage.exists("empty")


def test_a_long_folder_is_listed_to_its_end(storage: S3Storage, made: Made) -> None:
    names = [f"{number:03}.txt" for number in range(5)]
    for name in names:
        storage.client.put_object(Bucket=storage.bucket, Key=f"media/{name}", Body=b"")
    pages = made(extra_args={"MaxKeys": 2})
    assert pages.listdir("") == ([], names)


def test_times_are_those_of_django(storage: S3Storage, settings: Settings) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    storage.save("a.txt", ContentFile(b"1"))
    moment = storage.get_modified_time("a.txt")
    assert before <= moment <= datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    assert storage.get_created_time("a.txt") == moment
    with pytest.raises(NotImplementedError):
        storage.get_accessed_time("a.txt")
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Tokyo"
    naive = storage.get_modified_time("a.txt")
    assert naive.tzinfo is None
    assert naive.astimezone(datetime.UTC) == moment


def test_there_is_no_local_path(storage: S3Storage) -> None:
    with pytest.raises(NotImplementedError):
        storage.path("a.txt")


def test_headers_follow_from_name_content_and_options(made: Made) -> None:
    storage = made(
        headers={"*.css": {"Cache-Control": "max-age=60"}, "*": {"x-amz-meta-by": "site"}},
        extra_args={"StorageClass": "STANDARD_IA"},
    )
    storage.save("a.css", ContentFile("grün"))
    found = head(storage, "a.css")
    assert found["ContentType"] == "text/css; charset=utf-8"
    assert found["CacheControl"] == "max-age=60"
    assert found["Metadata"] == {"by": "site"}
    assert found["StorageClass"] == "STANDARD_IA"


def test_a_page_uploaded_under_the_name_of_a_picture_is_stored_as_one(storage: S3Storage) -> None:
    upload = SimpleUploadedFile("a.png", b"<script>", content_type="text/html")
    storage.save("a.png", upload)
    assert head(storage, "a.png")["ContentType"] == "image/png"


def test_a_subclass_gives_options_and_headers(bucket: str) -> None:
    class Private(S3Storage):
        defaults = {"bucket": bucket, "location": "private"}

        def headers_for(self, name: str) -> dict[str, str]:
            return {**super().headers_for(name), "Content-Disposition": "attachment"}

    class Deeper(Private):
        defaults = {"location": "private/deeper"}

    Private().save("a.txt", ContentFile(b"1"))
    Deeper().save("a.txt", ContentFile(b"1"))
    assert keys(Private()) == {"private/a.txt", "private/deeper/a.txt"}
    assert head(Private(), "a.txt")["ContentDisposition"] == "attachment"
    assert Deeper(location="x").key_of("a") == "x/a"


def test_what_is_packed_reads_as_it_was(made: Made) -> None:
    storage = made(gzip=True)
    text = b"body { color: red }\n" * 100
    storage.save("a.css", ContentFile(text))
    found = head(storage, "a.css")
    assert found["ContentEncoding"] == "gzip"
    assert found["ContentLength"] < 200
    assert text_of(storage, "a.css") == text
    assert storage.size("a.css") == len(text)
    with storage.open("a.css", "r") as file:
        assert file.readline() == "body { color: red }\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_file_goes_in_parts_and_leaves_nothing_behind(made: Made, packed: bool) -> None:
    storage = made(gzip=("application/octet-stream",) if packed else False)
    data = bytes(range(256)) * (9 * MIB // 256 + 1)
    name = storage.save("big.bin", ContentFile(data))
    assert text_of(storage, name) == data
    if not packed:
        assert head(storage, name)["ETag"].endswith('-2"')
    again = storage.save("big.bin", ContentFile(data))
    assert again != name
    assert not storage.client.list_multipart_uploads(Bucket=storage.bucket).get("Uploads")


def test_an_upload_on_disk_is_sent_from_there_and_stays(storage: S3Storage) -> None:
    with TemporaryUploadedFile("big.bin", "text/html", 0, None) as upload:
        upload.write(b"x" * (9 * MIB))
        upload.seek(0)
        name = storage.save("big.bin", upload)
        other = storage.save("big.bin", upload)
        assert Path(upload.temporary_file_path()).exists()
        assert not upload.closed
    assert name == "big.bin" != other
    assert storage.size(other) == 9 * MIB
    assert head(storage, other)["ContentType"] == "application/octet-stream"
    assert not storage.client.list_multipart_uploads(Bucket=storage.bucket).get("Uploads")


def test_a_large_file_is_sent_from_where_it_is(storage: S3Storage, tmp_path: Path) -> None:
    data = bytes(range(256)) * (9 * MIB // 256 + 1)
    path = tmp_path / "big"
    path.write_bytes(data)
    with path.open("rb") as file:
        file.seek(5)
        content = File(file)
        content.content_type = "application/x-own"  # type: ignore[attr-defined]
        name = storage.save("big.bin", content)
        # Read by its descriptor: by chunks its place would be at the end.
        assert file.tell() == 5
    assert text_of(storage, name) == data
    assert head(storage, name)["ContentType"] == "application/x-own"
    assert head(storage, name)["ETag"].endswith('-2"')


def test_a_class_that_gives_its_own_chunks_is_asked_for_them(
    storage: S3Storage, tmp_path: Path
) -> None:
    class Other(File):  # type: ignore[type-arg]
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"its own"

    path = tmp_path / "big"
    path.write_bytes(bytes(9 * MIB))
    with path.open("rb") as file:
        name = storage.save("big.bin", Other(file))
    assert text_of(storage, name) == b"its own"


def test_a_content_that_fails_in_the_middle_stores_nothing(storage: S3Storage) -> None:
    class Broken:
        name = "big.bin"

        def chunks(self) -> Iterator[bytes]:
            for _ in range(20):
                yield b"x" * MIB
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        storage.save("big.bin", Broken())
    assert keys(storage) == set()
    assert not storage.client.list_multipart_uploads(Bucket=storage.bucket).get("Uploads")


def test_what_fails_is_said_by_the_errors_of_this_package(aws: LocalAWS, bucket: str) -> None:
    with pytest.raises(BucketNotFoundError):
        S3Storage(bucket="no-such-bucket-here").save("a.txt", ContentFile(b"1"))
    with pytest.raises(UsageError, match="Nonsense"):
        S3Storage(bucket=bucket, extra_args={"Nonsense": 1}).save("a.txt", ContentFile(b"1"))


def test_who_may_not_list_is_told_what_is_missing(signed_aws: LocalAWS, settings: Settings) -> None:
    bucket = signed_aws.make_bucket()
    keys = signed_aws.make_user("s3:GetObject", "s3:PutObject")
    settings.AWS = {**signed_aws.settings, "credentials": keys}
    storage = S3Storage(bucket=bucket)
    storage.save("a.txt", ContentFile(b"1"))
    assert storage.exists("a.txt")
    with pytest.raises(AccessDeniedError, match="s3:ListBucket"):
        storage.exists("none")


def test_it_is_found_by_the_settings_and_changes_with_them(
    settings: Settings, bucket: str, make_bucket: Callable[[], str]
) -> None:
    def choose(name: str) -> None:
        settings.STORAGES = {
            "default": {
                "BACKEND": "philo_aws.storage.S3Storage",
                "OPTIONS": {"bucket": name},
            },
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        }

    choose(bucket)
    assert storages["default"] == S3Storage(bucket=bucket)
    other = make_bucket()
    choose(other)
    assert storages["default"] == S3Storage(bucket=other)


def test_it_follows_the_settings_of_aws(aws: LocalAWS, storage: S3Storage, settings: Any) -> None:
    storage.save("a.txt", ContentFile(b"1"))
    settings.AWS = {**aws.settings, "endpoint_url": "http://127.0.0.1:1"}
    with pytest.raises(ConnectionError):
        storage.exists("a.txt")
    settings.AWS = aws.settings
    assert storage.exists("a.txt")


def test_it_can_be_pickled_compared_and_copied(made: Made) -> None:
    storage = made(gzip=True, extra_args={"ACL": "private"})
    storage.url("a.txt")
    storage.save("a.txt", ContentFile(b"1"))
    again = pickle.loads(pickle.dumps(storage))  # noqa: S301 - our own
    assert again == storage == copy.deepcopy(storage)
    assert hash(again) == hash(storage)
    assert again.size("a.txt") == 1
    assert made() != storage
    assert storage != Storage()


def test_it_equals_what_stands_for_it(settings: Settings, bucket: str) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "philo_aws.storage.S3Storage", "OPTIONS": {"bucket": bucket}},
    }
    assert default_storage == S3Storage(bucket=bucket)
    assert S3Storage(bucket=bucket) == default_storage
    assert S3Storage(bucket=bucket) != S3Storage(bucket=bucket, location="x")


def test_a_key_for_cloudfront_is_there_to_be_signed_with() -> None:
    made = S3StaticStorage(
        bucket="static-files",
        base_url="https://d111.cloudfront.net",
        cloudfront_key_id="K1",
        cloudfront_key="key.pem",
    )
    assert made.options.signed is None
    assert S3StaticStorage(bucket="static-files").options.signed is False


def test_no_secret_is_pickled(aws: LocalAWS, made: Made) -> None:
    storage = made()
    storage.url("a.txt")
    storage.save("a.txt", ContentFile(b"1"))
    secret = aws.credentials["aws_secret_access_key"]
    assert secret.encode() not in pickle.dumps(storage)


def test_a_migration_has_its_options(made: Made) -> None:
    field = models.FileField(storage=made(location="x"), upload_to="y")
    assert field.deconstruct()[3]["storage"] == made(location="x")
    written, imports = MigrationWriter.serialize(made(location="x"))
    assert written == f"philo_aws.storage.S3Storage(bucket={made().bucket!r}, location='x')"
    assert imports == {"import philo_aws.storage"}


def test_an_address_to_upload_takes_the_file(storage: S3Storage) -> None:
    import urllib.request

    url = storage.presign_upload("a b.txt", content_type="text/plain")
    request = urllib.request.Request(
        url, b"from outside", {"Content-Type": "text/plain"}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    assert text_of(storage, "a b.txt") == b"from outside"


def test_the_address_of_a_file_can_be_opened(storage: S3Storage) -> None:
    import urllib.request

    storage.save("ä b+c.txt", ContentFile(b"text"))
    with urllib.request.urlopen(storage.url("ä b+c.txt"), timeout=10) as answer:
        assert answer.read() == b"text"


def test_addresses_begin_with_the_sites_where_it_has_a_host(made: Made, settings: Settings) -> None:
    settings.MEDIA_URL = "https://media.example.com/x/"
    assert made().url("a b.txt") == "https://media.example.com/x/a%20b.txt"
    assert made(base_url="https://cdn.example.com").url("/a.txt") == "https://cdn.example.com/a.txt"
    settings.MEDIA_URL = "/media/"
    assert "X-Amz-Signature" in made().url("a.txt")
    assert "X-Amz-Signature" not in made(signed=False).url("a.txt")


def test_a_forked_process_has_connections_of_its_own(storage: S3Storage) -> None:
    storage.save("before.txt", ContentFile(b"before"))
    child = os.fork()
    if not child:
        # Whatever it raises must not go through what the parent has open.
        try:
            ok = text_of(storage, "before.txt") == b"before"
            storage.save("child.txt", ContentFile(b"child"))
            os._exit(0 if ok else 1)
        except BaseException:  # noqa: BLE001
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert text_of(storage, "child.txt") == b"child"
    assert text_of(storage, "before.txt") == b"before"


async def answer(request: HttpRequest) -> StreamingHttpResponse:
    """A view as an ASGI site has it: what waits goes to a thread, an address does not."""
    storage: Any = default_storage
    name = await sync_to_async(storage.save)("view.txt", ContentFile(b"from a view"))
    file = await sync_to_async(storage.open)(name)
    return FileResponse(file, filename="view.txt", headers={"X-Address": storage.url(name)})


urlpatterns = [path("answer", answer)]


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators")
@pytest.mark.parametrize("debug", [True, False])
def test_asynchronous_views_save_open_and_link(
    settings: Settings, bucket: str, debug: bool
) -> None:
    settings.DEBUG = debug
    settings.ROOT_URLCONF = __name__
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "philo_aws.storage.S3Storage", "OPTIONS": {"bucket": bucket}},
    }

    async def ask() -> tuple[bytes, str]:
        found: Any = await AsyncClient().get("/answer")
        body = b"".join([part async for part in found])
        await sync_to_async(found.close)()
        return body, found["X-Address"]

    body, address = asyncio.run(ask())
    assert body == b"from a view"
    assert "/view.txt?" in address

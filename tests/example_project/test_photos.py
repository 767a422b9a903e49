"""The photos of the example project: files of a model in a bucket, on real servers."""

from __future__ import annotations

import io
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from example_project.pictures import SIZE, landscape
from example_project.storages import storages
from tests.servers import LocalAWS, free_port

PICTURE = landscape("Noon")


@pytest.fixture
def media(aws: LocalAWS, bucket: str, settings: Any) -> str:
    """The bucket that uploads go to."""
    settings.STORAGES = storages(media_bucket=bucket, static_bucket="", folder=Path())
    return bucket


def picture(name: str = "hills.jpg", content: bytes = PICTURE) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def add(staff: Client, **form: Any) -> Any:
    staff.get("/photos/")
    token = staff.cookies["csrftoken"].value
    filled = {"title": "Hills", "image": picture(), "csrfmiddlewaretoken": token} | form
    return staff.post("/photos/", filled, follow=True)


def keys(aws: LocalAWS, bucket: str) -> list[str]:
    found = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in found.get("Contents", [])]


def sources(page: str) -> list[str]:
    return [part.split('"', 1)[0].replace("&amp;", "&") for part in page.split('<img src="')[1:]]


def test_an_upload_is_an_object_and_is_shown(aws: LocalAWS, media: str, staff: Client) -> None:
    page = add(staff).content.decode()
    assert "Added; the picture is kept as photos/hills.jpg." in page
    assert keys(aws, media) == ["media/photos/hills.jpg"]
    assert f'width="{SIZE[0]}" height="{SIZE[1]}" alt="Hills"' in page
    (source,) = sources(page)
    with urllib.request.urlopen(source) as answer:
        assert answer.read() == PICTURE
        # What the browser said of it does not count.
        assert answer.headers["Content-Type"] == "image/jpeg"


def test_one_name_for_two_is_two_objects(aws: LocalAWS, media: str, staff: Client) -> None:
    add(staff)
    page = add(staff, image=picture(content=landscape("Dusk"))).content.decode()
    assert len(keys(aws, media)) == 2
    shown = [urllib.request.urlopen(source).read() for source in sources(page)]
    assert shown == [landscape("Dusk"), PICTURE]


def test_an_attachment_is_downloaded_and_not_shown(
    aws: LocalAWS, media: str, staff: Client
) -> None:
    page = add(staff, attachment=SimpleUploadedFile("a.html", b"<script>1</script>"))
    link = page.content.decode().split('<small><a href="', 1)[1].split('"', 1)[0]
    with urllib.request.urlopen(link.replace("&amp;", "&")) as answer:
        assert answer.read() == b"<script>1</script>"
        assert answer.headers["Content-Disposition"] == "attachment"


def test_what_is_no_picture_is_refused(aws: LocalAWS, media: str, staff: Client) -> None:
    page = add(staff, image=picture("page.jpg", b"<script>1</script>")).content.decode()
    assert "Upload a valid image." in page
    assert keys(aws, media) == []


def test_the_list_asks_s3_for_nothing(
    aws: LocalAWS, media: str, staff: Client, settings: Any
) -> None:
    add(staff)
    # Where the bucket is would be asked once for each process; any other request fails from here.
    settings.AWS = settings.AWS | {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
    kept = storages(media_bucket=media, static_bucket="", folder=Path())
    kept["default"]["OPTIONS"]["region"] = "us-east-1"
    settings.STORAGES = kept
    page = staff.get("/photos/")
    assert page.status_code == 200
    assert len(sources(page.content.decode())) == 1


def test_the_admin_shows_them(aws: LocalAWS, media: str, staff: Client) -> None:
    add(staff)
    boss = Client()
    boss.force_login(get_user_model().objects.create_superuser("boss"))
    page = boss.get("/admin/example_project/photo/").content.decode()
    (source,) = [each for each in sources(page) if "hills.jpg" in each]
    with urllib.request.urlopen(source) as answer:
        assert answer.read() == PICTURE


def test_the_original_is_chosen_from_the_buckets(
    aws: LocalAWS, media: str, bucket: str, staff: Client
) -> None:
    from example_project.models import Photo

    add(staff)
    photo = Photo.objects.get()
    aws.client("s3").put_object(Bucket=bucket, Key="raw/hills.tif", Body=b"x")
    boss = Client()
    boss.force_login(get_user_model().objects.create_superuser("boss"))
    url = f"/admin/example_project/photo/{photo.pk}/change/"
    page = boss.get(url).content.decode()
    assert 'href="/admin/philo_aws/bucket/pick/"' in page
    for value, status in ((f"{bucket}/no-such", 200), (f"{bucket}/raw/hills.tif", 302)):
        assert boss.post(url, {"title": "Hills", "original": value}).status_code == status
    photo.refresh_from_db()
    assert photo.original == f"{bucket}/raw/hills.tif"


def test_without_a_bucket_they_are_on_the_disk(
    staff: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT, settings.MEDIA_URL = tmp_path, "/media/"
    settings.STORAGES = storages(media_bucket="", static_bucket="", folder=tmp_path)
    page = add(staff).content.decode()
    assert sources(page) == ["/media/photos/hills.jpg"]
    assert (tmp_path / "photos" / "hills.jpg").read_bytes() == PICTURE


class TestAccess:
    def test_a_stranger_is_asked_to_log_in(self, site: None, db: None) -> None:
        for answer in (Client().get("/photos/"), Client().post("/photos/", {"title": "x"})):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/?next=")

    def test_adding_needs_the_csrf_token(self, media: str, aws: LocalAWS, staff: Client) -> None:
        assert staff.post("/photos/", {"title": "x", "image": picture()}).status_code == 403
        assert keys(aws, media) == []


class TestErrors:
    def test_a_missing_bucket_is_named(
        self, aws: LocalAWS, media: str, staff: Client, settings: Any
    ) -> None:
        settings.STORAGES = storages(
            media_bucket="there-is-no-such-bucket", static_bucket="", folder=Path()
        )
        answer = add(staff)
        assert answer.status_code == 503
        assert "there-is-no-such-bucket" in answer.content.decode()
        assert 'href="/photos/">Try again' in answer.content.decode()

    def test_a_dead_endpoint_is_a_page_with_a_sentence(
        self, media: str, aws: LocalAWS, staff: Client, settings: Any
    ) -> None:
        endpoint_url = f"http://127.0.0.1:{free_port()}"
        settings.AWS = settings.AWS | {
            "endpoint_url": endpoint_url,
            "timeouts": {"web": {"max_attempts": 1}},
        }
        answer = add(staff)
        assert answer.status_code == 503
        assert endpoint_url in answer.content.decode()


@pytest.mark.parametrize("hour", ["Dawn", "Night"])
def test_pictures_are_drawn_the_same_each_time(hour: str) -> None:
    from PIL import Image

    assert landscape(hour) == landscape(hour)
    with Image.open(io.BytesIO(landscape(hour))) as opened:
        assert (opened.format, opened.size) == ("JPEG", SIZE)

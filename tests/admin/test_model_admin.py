"""What an admin is: pages and hooks that a subclass changes, on any site, with a history."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import path

from philo_aws.admin import BucketAdmin, QueueAdmin
from philo_aws.models import Bucket, Queue
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

other_site = admin.AdminSite(name="other")
partial_site = admin.AdminSite(name="partial")


class PartialAdmin(BucketAdmin):
    views = {name: view for name, view in BucketAdmin.views.items() if name != "share"}

    def has_delete_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_object_permission(request, obj)
        return bool(allowed) and not (obj and obj.name.startswith("b-"))


other_site.register(Bucket, BucketAdmin)
partial_site.register(Bucket, PartialAdmin)
urlpatterns = [
    path("admin/", admin.site.urls),
    path("other/", other_site.urls),
    path("partial/", partial_site.urls),
]
sites = override_settings(ROOT_URLCONF=__name__)


@sites
def test_another_site_links_only_to_itself(
    aws: LocalAWS, admin_client: Client, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="d/a", Body=b"")
    for page in (f"{bucket}/change/", f"{bucket}/object/?key=d/a", "", f"{bucket}/upload/"):
        body = admin_client.get(f"/other/philo_aws/bucket/{page}").content.decode()
        assert "/other/philo_aws/bucket/" in body
        assert "/admin/philo_aws" not in body


@sites
def test_a_page_taken_away_is_gone_and_not_linked(
    aws: LocalAWS, admin_client: Client, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    share = f"/partial/philo_aws/bucket/{bucket}/share/?key=a"
    assert admin_client.get(share.replace("partial", "other")).status_code == 200
    assert admin_client.get(share).status_code in (302, 404)
    body = admin_client.get(f"/partial/philo_aws/bucket/{bucket}/object/?key=a").content.decode()
    assert ">Share<" not in body
    assert ">Download<" in body


@sites
def test_a_hook_decides_by_the_name_of_the_bucket(
    aws: LocalAWS, admin_client: Client, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    page = f"/partial/philo_aws/bucket/{bucket}"
    assert ">Delete<" not in admin_client.get(f"{page}/object/?key=a").content.decode()
    assert admin_client.get(f"{page}/delete-objects/?select_key=a").status_code == 403
    answer = admin_client.get(f"{page}/delete-objects/?select_key=a".replace("partial", "other"))
    assert answer.status_code == 200


def test_the_history_page_shows_what_was_written(
    aws: LocalAWS, admin_client: Client, bucket: str
) -> None:
    page = f"/admin/philo_aws/bucket/{bucket}"
    admin_client.post(f"{page}/folder/", {"confirm": "yes", "name": "new<b>"})
    body = admin_client.get(f"{page}/history/").content.decode()
    assert "Created folder &#x27;new&lt;b&gt;/&#x27;." in body
    index = admin_client.get("/admin/").content.decode()
    assert f"{page}/change/" in index


PAIRS = [(BucketAdmin, Bucket), (QueueAdmin, Queue)]


def for_checkers(admin_class: type) -> Iterator[str]:
    """The names that only checkers of types are told."""
    for node in ast.walk(ast.parse(inspect.getsource(admin_class))):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from (
                ast.unparse(each.targets[0]) for each in node.body if isinstance(each, ast.Assign)
            )


@pytest.mark.parametrize(("admin_class", "model"), PAIRS)
def test_what_pages_need_has_its_hook_and_every_hook_its_page(
    admin_class: type[BucketAdmin | QueueAdmin], model: type[Bucket | Queue]
) -> None:
    own = dict(model._meta.permissions)
    needed = {
        codename
        for view in admin_class.views.values()
        for codename in (*view.permissions, *getattr(view, "permissions_at_target", ()))
    }
    assert needed - {"add", "change", "delete", "view"} == own.keys()
    for codename, sentence in own.items():
        hook = vars(admin_class)[f"has_{codename}_permission"]
        assert hook.__name__ == f"has_{codename}_permission"
        assert sentence in hook.__doc__
    assert set(for_checkers(admin_class)) == {f"has_{codename}_permission" for codename in own}


def test_a_hook_asks_for_its_own_permission(db: None, rf: Any) -> None:
    from django.contrib.auth.models import Permission, User

    user = User.objects.create_user("one", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="share_object"))
    request = rf.get("/")
    request.user = user
    site_admin = BucketAdmin(Bucket, other_site)
    assert site_admin.has_share_object_permission(request)
    assert site_admin.has_share_object_permission(request, Bucket(pk="b"))
    assert not site_admin.has_upload_object_permission(request, obj=None)

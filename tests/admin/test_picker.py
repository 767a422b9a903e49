"""The field in another model's admin: what may be chosen is what the person may list."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpRequest
from django.test import Client
from django.urls import path

from philo_aws.admin import BucketAdmin, ObjectPickerMixin
from philo_aws.forms import ObjectField
from philo_aws.models import Bucket
from tests.servers import LocalAWS


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """Any model with a text will do."""

    name = ObjectField(label="Picture")

    class Meta:
        model = Group
        fields = ("name",)


class GroupAdmin(ObjectPickerMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    form = GroupForm


class WithoutHidden(BucketAdmin):
    def has_access(self, request: HttpRequest, obj: Any) -> bool:
        return super().has_access(request, obj) and not obj.name.startswith("hidden-")


site = admin.AdminSite(name="picking")
site.register(Group, GroupAdmin)
site.register(Bucket, WithoutHidden)
alone = admin.AdminSite(name="alone")
alone.register(Group, GroupAdmin)
urlpatterns = [path("picking/", site.urls), path("alone/", alone.urls)]

pytestmark = [
    pytest.mark.urls(__name__),
    pytest.mark.aws_servers("ministack"),
    pytest.mark.filterwarnings("ignore:.*urls.W005"),
]

ADD = "/picking/auth/group/add/"


@pytest.fixture
def stored(aws: LocalAWS, bucket: str) -> str:
    aws.client("s3").put_object(Bucket=bucket, Key="press/photo.png", Body=b"x")
    return f"{bucket}/press/photo.png"


@pytest.fixture
def editor(staff: Callable[..., Client]) -> Callable[..., Client]:
    """A member of staff who may edit groups, and this of buckets."""

    def make(*codenames: str) -> Client:
        client = staff(*codenames)
        user = User.objects.get(pk=client.session["_auth_user_id"])
        user.user_permissions.add(
            *Permission.objects.filter(codename__in=("add_group", "change_group", "view_group"))
        )
        return client

    return make


def names() -> list[str]:
    return list(Group.objects.values_list("name", flat=True))


def test_what_one_may_list_can_be_chosen(
    editor: Callable[..., Client], stored: str, calls: list[str]
) -> None:
    response = editor("list_objects").post(ADD, {"name": stored})
    assert response.status_code == 302
    assert names() == [stored]
    assert calls == ["HeadObject"]


@pytest.mark.parametrize("key", ["press/photo.png", "no-such"])
def test_what_one_may_not_list_is_refused_whether_it_is_there_or_not(
    editor: Callable[..., Client], stored: str, bucket: str, calls: list[str], key: str
) -> None:
    response = editor("view_bucket").post(ADD, {"name": f"{bucket}/{key}"})
    assert "You may not see this object." in response.content.decode()
    assert not names()
    assert not calls


def test_a_bucket_that_the_site_hides_is_refused(
    editor: Callable[..., Client], calls: list[str]
) -> None:
    response = editor("list_objects").post(ADD, {"name": "hidden-bucket/a"})
    assert "You may not see this object." in response.content.decode()
    assert not calls


def test_what_is_not_there_is_refused(editor: Callable[..., Client], bucket: str) -> None:
    client = editor("list_objects")
    response = client.post(ADD, {"name": f"{bucket}/no-such"})
    assert "There is no such object." in response.content.decode()
    response = client.post(ADD, {"name": "only-a-bucket"})
    assert "Write the bucket, a slash and the key" in response.content.decode()


def test_a_row_whose_object_is_gone_or_hidden_can_still_be_saved(
    editor: Callable[..., Client], calls: list[str]
) -> None:
    group = Group.objects.create(name="hidden-bucket/gone.png")
    client = editor("list_objects")
    url = f"/picking/auth/group/{group.pk}/change/"
    assert client.post(url, {"name": "hidden-bucket/gone.png"}).status_code == 302
    assert "You may not see" in client.post(url, {"name": "hidden-bucket/b"}).content.decode()
    assert not calls


def test_the_form_has_the_way_to_the_buckets_and_to_what_was_chosen(
    editor: Callable[..., Client], stored: str, bucket: str, calls: list[str]
) -> None:
    group = Group.objects.create(name=stored)
    url = f"/picking/auth/group/{group.pk}/change/"
    page = unescape(
        editor("view_bucket", "list_objects", "download_object").get(url).content.decode()
    )
    assert 'href="/picking/philo_aws/bucket/pick/"' in page
    at = f"/picking/philo_aws/bucket/{bucket}/"
    assert f'href="{at}object/?key=press%2Fphoto.png"' in page
    assert f'src="{at}preview/?key=press%2Fphoto.png&as=thumbnail"' in page
    assert not calls
    looking = unescape(editor("list_objects").get(url).content.decode())
    assert "object/?key=" in looking
    assert "preview/?key=" not in looking
    nobody = unescape(editor().get(url).content.decode())
    assert "/bucket/" not in nobody
    assert stored in nobody


def test_who_comes_next_is_asked_for_by_their_own_permissions(
    editor: Callable[..., Client], stored: str
) -> None:
    assert editor("list_objects").post(ADD, {"name": stored}).status_code == 302
    assert "You may not see" in editor().post(ADD, {"name": f"{stored}x"}).content.decode()
    assert GroupForm.base_fields["name"].picking is None  # type: ignore[attr-defined]


def test_on_a_site_without_buckets_there_is_nothing_to_choose(
    admin_client: Client, stored: str
) -> None:
    assert "data-aws-choose" not in admin_client.get("/alone/auth/group/add/").content.decode()
    response = admin_client.post("/alone/auth/group/add/", {"name": stored})
    assert "You may not see this object." in response.content.decode()


def test_an_inline_and_a_model_field_ask_too(rf: Any, admin_user: User) -> None:
    from django.contrib.auth.models import Permission as Row

    from philo_aws.fields import ObjectField as ModelField

    request = rf.get("/")
    request.user = admin_user

    class RowForm(forms.ModelForm):  # type: ignore[type-arg]
        codename = ObjectField()

        class Meta:
            model = Row
            fields = ("codename",)

    class Inline(ObjectPickerMixin, admin.TabularInline):  # type: ignore[type-arg]
        model = Row
        form = RowForm

    formset = Inline(Row.content_type.field.related_model, site).get_formset(request)
    assert formset.form.base_fields["codename"].picking is not None
    column = ModelField(bucket="media")
    column.set_attributes_from_name("picture")
    field = GroupAdmin(Group, site).formfield_for_dbfield(column, request)
    assert field.picking is not None
    assert field.widget.picking is field.picking

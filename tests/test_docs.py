"""What the documentation says is so: its tables, its links and its examples."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Group, Permission, User
from django.core.management import load_command_class
from django.test import Client, override_settings
from django.test.utils import isolate_apps
from django.urls import path
from environ import Env

from philo_aws import checks as checks_of_settings
from philo_aws import conf, environ, exceptions, s3, sqs, validation
from philo_aws.access import access_of
from philo_aws.admin import BucketAdmin, QueueAdmin, json_text, markdown_text, posted, tabular
from philo_aws.admin import text as admin_text
from philo_aws.admin.buckets import (
    base,
    folder,
    kinds,
    lookups,
    objects,
    preview,
    removal,
    search,
    thumbnails,
    unfinished,
    uploads,
    usage,
    versions,
)
from philo_aws.admin.buckets import list as bucket_list
from philo_aws.admin.buckets import settings as bucket_settings
from philo_aws.admin.queues import drawer, held, message_forms, presentation
from philo_aws.admin.queues import list as queue_list
from philo_aws.admin.waiting import PAGE_SECONDS
from philo_aws.limits import MAX_KEYS
from philo_aws.management.actions import ActionCommand
from philo_aws.management.commands.aws_s3 import Command
from philo_aws.models import Bucket, Queue
from philo_aws.rules import OneOf, names_of, rules_of
from philo_aws.s3.transfer.comparisons import COMPARISONS
from philo_aws.s3.web import archive, deleted
from philo_aws.s3.web.cors import allows_origin
from philo_aws.s3.web.ends import find_end
from philo_aws.s3.web.search import search_step
from philo_aws.s3.web.steps import STEP_SECONDS, count_prefixes
from philo_aws.s3.web.usage import scan_usage
from philo_aws.sqs import looks, movesteps
from philo_aws.sqs.requeueing import MAX_HELD
from philo_aws.storage import checks, options
from philo_aws.storage.renamed import RENAMED
from tests.running import ROOT
from tests.servers import LocalAWS

DOCS = ROOT / "docs"
APP = ROOT / "philo_aws"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
EVERYWHERE = {"--format", "--quiet", "--wide"}
FLAG = re.compile(r"`(--[\w-]+)")


def text(name: str) -> str:
    return (DOCS / name).read_text()


def rows(page: str, *heading: str) -> list[list[str]]:
    """The rows of the table with these titles."""
    lines = iter(text(page).splitlines())
    wanted = f"| {' | '.join(heading)} |"
    assert wanted in lines, f"{page} has no table {wanted}"
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append(_cells(line))
        assert len(found[-1]) == len(heading), line
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def examples(page: str, language: str = "python") -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text(page), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


# Pages and links


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = re.search(r"```{toctree}\n(?:.*?\n\n)(.*?)```", text("index.md"), re.DOTALL)
    assert listed
    assert set(listed[1].split()) == {page.stem for page in DOCS.glob("*.md")} - {"index"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", prose):
        if not urlsplit(target).scheme:
            assert (page.parent / target).exists(), target


def test_the_architecture_names_every_module_and_no_other() -> None:
    told: dict[str, set[str]] = {"": set()}
    room = ""
    for place, what in rows("architecture.md", "place", "what it does"):
        for name in names(place):
            base = ROOT if name.split("/")[0] in ("tests", "benchmarks", "example_project") else APP
            assert (base / name).exists(), name
            room = name if base is APP and name.endswith("/") else ""
            told[""].add(name)
        if room:
            told.setdefault(room, set()).update(filter(str.isidentifier, names(what)))
    del told["migrations/"]
    for room, words in told.items():
        modules = {path.stem for path in (APP / room).glob("*.py")} - {"__init__"}
        found = words if room else {Path(name).stem for name in words if name.endswith(".py")}
        assert found == modules, room
    packages = {f"{path.parent.relative_to(APP)}/" for path in APP.glob("*/**/__init__.py")}
    assert packages - {"migrations/"} == told.keys() - {""}


# The admin


def test_the_permissions_are_those_of_the_models() -> None:
    documented = {(row[0].strip("`"), row[1]) for row in rows("admin.md", *_PERMISSIONS)}
    existing = set()
    for model in (Bucket, Queue):
        name = str(model._meta.model_name)
        existing |= {(f"{each}_{name}", name) for each in model._meta.default_permissions}
        existing |= {(each[0], name) for each in model._meta.permissions}
    assert documented == existing


_PERMISSIONS = ("permission", "of", "allows")


def test_every_permission_has_its_hook() -> None:
    for codename, model, _ in rows("admin.md", *_PERMISSIONS):
        name = codename.strip("`").removesuffix(f"_{model}")
        # Only Django's own four are called without the model's name.
        hook = name if name in ("add", "change", "delete", "view") else codename.strip("`")
        site_admin: Any = {"bucket": BucketAdmin, "queue": QueueAdmin}[model]
        assert callable(getattr(site_admin, f"has_{hook}_permission"))


def test_the_pages_that_can_be_replaced_are_all_named() -> None:
    for site_admin, (_, keys) in zip(
        (BucketAdmin, QueueAdmin), rows("admin.md", "admin", "keys of `views`"), strict=True
    ):
        assert names(keys) == list(site_admin.views)


def test_the_limits_are_those_of_the_pages() -> None:
    def default(function: Any, name: str) -> Any:
        return inspect.signature(function).parameters[name].default

    told = dict(rows("admin.md", "what", "how far it goes"))
    kib = 1024
    limits = {
        "objects and folders on a page": [folder.BrowseView.page_size, posted.SPARE_FIELDS],
        "buckets on a page": [bucket_list.PAGE_SIZE],
        "queues on a page": [queue_list.PAGE_SIZE],
        "sorting by backlog": [queue_list.MEASURED_LIMIT],
        "the way to the last page of a folder": [
            default(find_end, "most"),
            default(find_end, "seconds"),
        ],
        "a step of a search": [
            search.SearchView.search_limit,
            MAX_KEYS,
            default(search_step, "seconds"),
        ],
        "usage": [usage.UsageView.limit, default(scan_usage, "seconds")],
        "counting before a folder is deleted, copied or moved": [
            default(count_prefixes, "limit"),
            default(count_prefixes, "seconds"),
        ],
        "objects that are deleted for good without their number being typed": [
            removal.DeleteObjectsView.freely
        ],
        "one step of work on many or large objects": [STEP_SECONDS],
        "folders to choose a destination from": [
            lookups.MOST_FOLDERS,
            lookups.MOST_PAGES * MAX_KEYS,
        ],
        "what a page waits for AWS in all": [PAGE_SECONDS],
        "preview of text": [preview.TEXT_LIMIT / kib],
        "Markdown as a document": [
            markdown_text.MAX_INPUT,
            markdown_text.MAX_NESTING,
            markdown_text.MAX_OUTPUT,
        ],
        "preview of a table": [tabular.MAX_ROWS, tabular.MAX_COLUMNS, tabular.MAX_CELL],
        "preview of an image or a PDF": [kinds.EMBED_LIMIT / kib**2],
        "thumbnails in a list": [
            thumbnails.MOST_THUMBNAILS,
            thumbnails.THUMBNAIL_LIMIT / kib**2,
        ],
        "the link of a download": [base.LINK_SECONDS / 60],
        "the link of what is played": [preview.MEDIA_SECONDS / 3600],
        "versions on the page of an object": [objects.VERSIONS_SHOWN],
        "rules of one kind on the page of settings": [bucket_settings.RULES_SHOWN],
        "deleted objects, and folders that hold some, on a page": [versions.PAGE_SIZE],
        "versions looked through for deleted objects on a page": [deleted.SCAN_PAGES * MAX_KEYS],
        "unfinished uploads on a page": [unfinished.PAGE_SIZE],
        "messages that a person holds of a queue": [message_forms.MAX_LOOK, held.LEASE_SECONDS],
        "one look at messages": [looks.LOOK_SECONDS, looks.MAX_BYTES / kib**2],
        "messages of a look that is over": [drawer.KEPT_AFTER / 60],
        "one step of moving messages back": [movesteps.STEP_SECONDS, MAX_HELD],
        "a body on the page": [presentation.SHOWN_CHARACTERS, presentation.SHOWN_TOGETHER],
        "an attribute of a message": [presentation.SHOWN_OF_ATTRIBUTES],
        "any other value: a tag, a header, an error of a store": [admin_text.LONGEST],
        "JSON that is indented": [
            json_text.MAX_INPUT,
            json_text.MAX_DEPTH,
            json_text.MAX_OUTPUT,
        ],
        "folders in the breadcrumbs": [base.MOST_CRUMBS],
        "JSON that a script sends": [uploads.MAX_JSON / kib, queue_list.MAX_JSON / kib],
        "other forms": [],
        "an object of a zip that breaks off": [archive.RESUMED],
    }
    figures = {
        what: [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", cell)]
        for what, cell in told.items()
    }
    assert figures == limits


def example(page: str, part: str) -> str:
    [found] = [code for code in examples(page) if part in code]
    return found


def run_example(code: str, name: str = "docs_example") -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": name}
    exec(compile(code, name, "exec"), space)  # noqa: S102 - it is the documentation's own
    return space


def test_the_example_of_a_group_works(db: None) -> None:
    run_example(example("admin.md", "Media editors"))
    granted = Group.objects.get(name="Media editors").permissions
    wanted = {"view_bucket", "list_objects", "download_object", "upload_object"}
    assert set(granted.values_list("codename", flat=True)) == wanted


@pytest.fixture
def registry() -> Iterator[None]:
    before = dict(admin.site._registry)
    yield
    admin.site._registry = before


class Mounted:
    """The URLs of a site, as they are once the example has run."""

    def __init__(self, site: AdminSite) -> None:
        self.urlpatterns = [path(f"{site.name}/", site.urls)]


def test_the_example_of_one_hook_works(registry: None, db: None, rf: Any) -> None:
    run_example(example("admin.md", "TenantBucketAdmin"))
    buckets: Any = admin.site.get_model_admin(Bucket)
    queues: Any = admin.site.get_model_admin(Queue)
    request = rf.get("/")
    request.user = User.objects.create_user("ada", is_staff=True)
    every = Permission.objects.filter(content_type__app_label="philo_aws")
    request.user.user_permissions.set(every)
    tenants = Bucket(pk="tenants")
    for key, mine in (("ada/a", True), (None, True), ("", False), ("bob/a", False)):
        assert buckets.may(request, ["list_objects"], tenants, key=key) is mine
        assert not buckets.may(request, ["delete_object"], tenants, key=key)
        assert not buckets.may(request, ["list_objects"], Bucket(pk="other"), key=key)
    assert queues.may(request, ["send_message"], Queue(pk="eu-west-1/orders"))
    assert not queues.may(request, ["purge_queue"], Queue(pk="eu-west-1/orders"))
    request.user.is_superuser = True
    assert buckets.may(request, ["delete_object"], Bucket(pk="other"))


@pytest.mark.parametrize("page", ["admin.md", "settings.md"])
def test_the_rules_of_the_documentation_do_what_is_said(page: str, db: None, rf: Any) -> None:
    aws = run_example(example(page, '"access": ['))["AWS"]
    assert validation.validate(aws) == []
    Group.objects.bulk_create(Group(name=name) for name in ("Editors", "Support", "Operators"))
    with override_settings(AWS=aws):
        found = checks_of_settings.check_actions(None)
        found += checks_of_settings.check_groups(None, databases=["default"])
        assert found == []
        rules = conf.get_config().access
    editors, support = (access_of(rules, [name]) for name in ("Editors", "Support"))
    assert editors.to_bucket("media-eu", "delete_object", "exports/a")
    assert not editors.to_bucket("media-eu", "list_objects", "other/a")
    assert not editors.to_queue("eu-west-1/orders", "view_queue")
    assert support.to_bucket("media-eu", "list_objects", "other/a")
    assert not support.to_bucket("media-eu", "download_object", "other/a")
    assert support.to_queue("eu-west-1/orders-dead", "receive_message")
    assert not support.to_queue("eu-west-1/orders-dead", "delete_message")


@pytest.mark.aws_servers("ministack")
def test_the_example_of_hooks_by_name_works(
    aws: LocalAWS, registry: None, db: None, rf: Any
) -> None:
    made = run_example(example("admin.md", "OurBucketAdmin"))
    buckets, queues = (admin.site.get_model_admin(model) for model in (Bucket, Queue))
    assert isinstance(buckets, made["OurBucketAdmin"])
    assert isinstance(queues, made["OurQueueAdmin"])
    request = rf.get("/")
    request.user = User.objects.create_user("staff", is_staff=True)
    every = Permission.objects.filter(content_type__app_label="philo_aws")
    request.user.user_permissions.set(every)

    def may(codename: str, obj: Any) -> bool:
        chosen = buckets if isinstance(obj, Bucket) else queues
        return bool(getattr(chosen, f"has_{codename}_permission")(request, obj))

    assert may("delete_object", Bucket(pk="media"))
    assert not may("delete_object", Bucket(pk="legal-2026"))
    assert buckets.may(request, ["download_object"], Bucket(pk="example-media"))
    for hidden in ("site-backups", "arn:aws:s3:eu-west-1:123456789012:accesspoint/media"):
        assert not buckets.may(request, ["download_object"], Bucket(pk=hidden))
    assert may("purge_queue", Queue(pk="eu-west-1/mail"))
    assert not may("purge_queue", Queue(pk="eu-west-1/orders.fifo"))

    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    name = aws.make_bucket()
    aws.client("s3").put_object(Bucket=name, Key="a", Body=b"")
    with override_settings(ROOT_URLCONF=Mounted(admin.site)):
        page = f"/admin/philo_aws/bucket/{name}/"
        assert ">Share<" not in client.get(f"{page}object/?key=a").content.decode()
        assert client.get(f"{page}share/?key=a").status_code == 404


@pytest.mark.aws_servers("ministack")
def test_the_examples_of_another_page_and_another_site_work(aws: LocalAWS, db: None) -> None:
    site = run_example(example("admin.md", "AdminSite("))["operations"]
    replaced = run_example(example("admin.md", "page_size = 500"))["LongBucketAdmin"]
    name = aws.make_bucket()
    s3_client = aws.client("s3")
    for number in range(101):
        s3_client.put_object(Bucket=name, Key=f"{number:03}.txt", Body=b"")
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    page = f"/operations/philo_aws/bucket/{name}/change/"
    with override_settings(ROOT_URLCONF=Mounted(site)):
        body = client.get(page).content.decode()
        assert "099.txt" in body
        assert "100.txt" not in body
    site.unregister(Bucket)
    site.register(Bucket, replaced)
    with override_settings(ROOT_URLCONF=Mounted(site)):
        assert "100.txt" in client.get(page).content.decode()


@pytest.mark.aws_servers("ministack")
def test_the_example_of_a_field_that_chooses_works(
    db: None, aws: LocalAWS, bucket: str, registry: None, client: Client, admin_user: Any
) -> None:
    code = example("admin.md", "ObjectPickerMixin").replace("example-media", bucket)
    site = AdminSite(name="letterheads")
    site.register(Bucket, BucketAdmin)
    site.register(Group, run_example(code)["LetterheadAdmin"])
    aws.client("s3").put_object(Bucket=bucket, Key="letterheads/a.png", Body=b"x")
    client.force_login(admin_user)
    with override_settings(ROOT_URLCONF=Mounted(site)):
        page = client.get("/letterheads/auth/group/add/").content.decode()
        assert f"/bucket/{bucket}/pick/?prefix=letterheads%2F" in page
        for key, status in (("letterheads/b.png", 200), ("letterheads/a.png", 302)):
            answer = client.post("/letterheads/auth/group/add/", {"name": key})
            assert answer.status_code == status
    assert Group.objects.get().name == "letterheads/a.png"


@isolate_apps()
def test_the_example_of_a_model_field_works() -> None:
    release = run_example(example("admin.md", "class Release"))["Release"]
    assert release(picture="press/a.png").picture == "press/a.png"


@pytest.mark.aws_servers("ministack")
def test_the_cors_rules_let_the_pages_upload_straight(aws: LocalAWS, bucket: str) -> None:
    [rules] = examples("admin.md", "json")
    aws.client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration=json.loads(rules))
    assert allows_origin(bucket, "https://www.example.com", "PUT")
    assert not allows_origin(bucket, "https://www.example.org", "PUT")


def test_the_policy_is_one_that_django_takes() -> None:
    csp = pytest.importorskip("django.utils.csp", reason="Django 5.2 sends no policy itself")
    policy = run_example(example("admin.md", "SECURE_CSP"))["SECURE_CSP"]
    header = csp.build_policy(policy)
    assert "default-src 'self'" in header
    assert "connect-src 'self' https://my-bucket.s3.eu-west-1.amazonaws.com" in header


# Settings


def test_every_key_of_the_setting_is_described() -> None:
    [general, transfer, consumer] = _tables("settings.md", "key", "value", "default")
    assert _keys(general) == set(validation.KEYS)
    assert _keys(transfer) == set(rules_of(conf.TransferConfig))
    assert _keys(consumer) == set(rules_of(conf.ConsumerConfig))
    [services] = [row[1] for row in general if row[0] == "`endpoint_url`"]
    assert set(re.findall(r'"(\w+)"', services)) == set(validation.SERVICES)
    for knobs, table in ((conf.TransferConfig, transfer), (conf.ConsumerConfig, consumer)):
        for key, rule in rules_of(knobs).items():
            if isinstance(rule, OneOf):
                [told] = [row[1] for row in table if row[0] == f"`{key}`"]
                assert re.findall(r'"(\w+)"', told) == list(rule.choices)


def test_the_timeouts_are_the_defaults() -> None:
    defaults = conf.Timeouts()
    keys = list(rules_of(conf.Timeout))
    told = rows("settings.md", "set", *(f"`{key}`" for key in keys))
    assert [row[0].strip("`") for row in told] == list(names_of(conf.Timeouts))
    for row in told:
        chosen = getattr(defaults, row[0].strip("`"))
        shown = [None if cell.startswith("none") else float(cell.split()[0]) for cell in row[1:]]
        assert shown == [getattr(chosen, key) for key in keys]


def test_the_environment_is_read_as_told() -> None:
    class Noting(Env):  # type: ignore[misc]
        ENVIRON: dict[str, str] = {}
        asked: set[str] = set()

        def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
            self.asked.add(var)
            return super().get_value(var, *args, **kwargs)

    environ.aws(Noting())
    Noting.ENVIRON = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}  # a token goes with a key
    environ.aws(Noting())
    told = {name for row in rows("settings.md", "variable", "becomes") for name in names(row[0])}
    assert told == Noting.asked


def test_every_system_check_is_described() -> None:
    known = set(re.findall(r'"(E\d{3})"', inspect.getsource(validation)))
    others = inspect.getsource(checks_of_settings)
    known |= set(re.findall(r'"philo_aws\.([EW]\d{3})"', others))
    assert {row[0].strip("`") for row in rows("settings.md", "id", "what is wrong")} == {
        f"philo_aws.{number}" for number in known
    }


# Storages


def test_every_option_of_a_storage_is_described() -> None:
    general, of_static = _tables("storage.md", "option", "value", "default")
    media, manifest = options.READERS["media"], options.READERS["manifest"]
    assert _keys(general) == set(media)
    assert _keys(of_static) == manifest.keys() - media.keys()
    alone = {name for row in of_static if "(Manifest)" in row[0] for name in names(row[0])}
    assert alone == manifest.keys() - options.READERS["static"].keys()
    [compare] = [row[1] for row in of_static if row[0] == "`compare`"]
    assert set(re.findall(r'"(\w+)"', compare)) == set(COMPARISONS)


def test_every_option_of_django_storages_is_answered() -> None:
    table = rows("from-django-storages.md", "there", "as a setting", "here")
    there = {name for row in table for name in names(row[0])}
    kept = {name for row in table for name in names(row[0]) if name in names(row[2])}
    assert there == RENAMED.keys() | kept
    assert kept <= options.READERS["media"].keys()


def test_every_check_of_storages_is_described() -> None:
    source = inspect.getsource(checks) + inspect.getsource(options)
    known = set(re.findall(r'"(?:philo_aws\.)?([EW]\d{3})"', source))
    told = {row[0].strip("`") for row in rows("storage.md", "id", "what is wrong")}
    assert told == {f"philo_aws.{number}" for number in known}


def test_the_storages_of_the_documentation_pass_their_checks() -> None:
    for page in ("storage.md", "from-django-storages.md"):
        made = [
            run_example(f"from pathlib import Path\nBASE_DIR = Path('/srv/site')\n{code}")
            for code in examples(page)
            if '"philo_aws.storage.' in code and "STORAGES = {" in code and "def " not in code
        ]
        assert made
        for space in made:
            # No page is written for a site whose address we know: a CDN stands in front.
            with override_settings(STORAGES=space["STORAGES"], AWS=space["AWS"], DEBUG=True):
                assert checks.check_storages(None) == []


@pytest.mark.aws_servers("ministack")
def test_the_rules_for_fonts_let_pages_read_them(aws: LocalAWS, bucket: str) -> None:
    [rules] = [json.loads(code) for code in examples("storage.md", "json") if "CORSRules" in code]
    aws.client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)
    assert allows_origin(bucket, "https://www.example.com", "GET")
    assert not allows_origin(bucket, "https://www.example.org", "GET")


# Commands and functions


def parsers(command: str) -> dict[str, tuple[set[str], set[str]]]:
    """The flags of each action: all, and those that must be given."""
    loaded: Any = load_command_class("philo_aws", command)
    assert isinstance(loaded, ActionCommand)
    loaded.create_parser("manage.py", command)
    return {
        action.name: (
            {flag.option_strings[0] for flag in loaded._flags[action.name]} - EVERYWHERE,
            {flag.option_strings[0] for flag in loaded._parsers[action.name].required},
        )
        for action in loaded.actions
        if not action.alias_of
    }


def test_every_short_name_is_described() -> None:
    told = {}
    for short, actions, *_ in rows("s3.md", "short", "is", "as in"):
        told[short.strip("`")] = tuple(names(actions))
    existing = {action.name: action.alias_of for action in Command.actions}
    assert told == {short: existing[short] or (short,) for short in told}
    assert told.keys() >= {short for short, of in existing.items() if of}


def test_what_may_stand_without_its_flag_is_described() -> None:
    told = {
        action: tuple(word.removeprefix("--") for word in FLAG.findall(flags))
        for actions, flags in rows("s3.md", "action", "without their names")
        for action in names(actions)
    }
    existing = {
        action.name: action.positionals for action in Command.actions if not action.alias_of
    }
    assert told == {name: flags for name, flags in existing.items() if flags}


def test_every_flag_of_aws_s3_is_described() -> None:
    described = rows("s3.md", "flag", "value", "default")
    groups: dict[str, set[str]] = {}
    for cell, _, _ in described:
        group, colon, members = cell.partition(": ")
        if colon:
            groups.setdefault(group, set()).update(FLAG.findall(members))
    told: dict[str, tuple[set[str], set[str]]] = {}
    for actions, cell in rows("s3.md", "action", "flags"):
        flags = set(FLAG.findall(cell))
        for group in re.findall(r", (\w+)", cell.partition(";")[0]):
            flags |= groups[group]
        required = set(re.findall(r"\*\*`(--\w+)`\*\*", cell))
        told |= dict.fromkeys(names(actions), (flags, required))
    assert told == parsers("aws_s3")
    everything = {flag for flags, _ in told.values() for flag in flags} | EVERYWHERE
    assert {flag for cell, _, _ in described for flag in FLAG.findall(cell)} == everything


def test_every_flag_of_aws_sqs_is_described() -> None:
    told = {}
    for table in _tables("sqs.md", "function and action", "flags", "gives"):
        for function, cell, _ in table:
            name = names(function)[0].partition("(")[0]
            told[name] = {word for word in cell.replace("`", " ").split() if word[:2] == "--"}
    assert told == {name: flags for name, (flags, _) in parsers("aws_sqs").items()}


def test_every_flag_of_aws_local_is_described() -> None:
    parser = load_command_class("philo_aws", "aws_local").create_parser("manage.py", "aws_local")
    base = load_command_class("django.core", "check").create_parser("manage.py", "check")
    django_own = {flag.dest for flag in base._actions}
    own = {flag.option_strings[0] for flag in parser._actions if flag.dest not in django_own}
    flags = rows("settings.md", "flag", "value", "default")
    told = {flag for row in flags for flag in names(row[0])}
    assert told == own


@pytest.mark.parametrize(("page", "package"), [("s3.md", s3), ("sqs.md", sqs)])
def test_every_public_function_is_described_with_its_parameters(page: str, package: Any) -> None:
    known = {name for name in package.__all__ if inspect.isroutine(getattr(package, name))}
    described = set()
    for cell in re.findall(r"^\| `(\w+\([^`]*\))`", text(page), re.MULTILINE):
        name, _, rest = cell.partition("(")
        if name not in known:
            continue
        described.add(name)
        taken = inspect.signature(getattr(package, name)).parameters
        given = re.findall(r"(\w+)(?:=[^,]+)?(?:, |\)$)", re.sub(r"\([^()]*\),?", "", rest))
        assert set(given) <= set(taken), name
    assert described == known


def test_every_error_is_described() -> None:
    known = {
        name
        for name, found in vars(exceptions).items()
        if inspect.isclass(found)
        and issubclass(found, exceptions.AWSError)
        and found is not exceptions.AWSError
    }
    told = rows("errors.md", "class", "also a", "when")
    described = {name for row in told for name in names(row[0])}
    assert described == known - {"NotFoundError"}
    for row in told:
        for name in names(row[0]):
            bases = {base.__name__ for base in getattr(exceptions, name).__mro__}
            assert set(names(row[1])) <= bases, name


def test_examples_are_python_that_imports_what_there_is() -> None:
    imports = re.compile(r"^from (philo_aws[\w.]*) import (.+)$", re.MULTILINE)
    for page in PAGES:
        code = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
        for block in code:
            compile(block, page.name, "exec")
            for module, imported in imports.findall(block):
                for name in imported.split(", "):
                    if not hasattr(importlib.import_module(module), name):
                        importlib.import_module(f"{module}.{name}")


def _tables(page: str, *heading: str) -> list[list[list[str]]]:
    """The rows of all tables with these titles."""
    parts = text(page).split(f"| {' | '.join(heading)} |\n")[1:]
    found = []
    for part in parts:
        lines = part.splitlines()[1:]
        end = next(n for n, line in enumerate([*lines, ""]) if not line.startswith("|"))
        found.append([_cells(line) for line in lines[:end]])
    return found


def _keys(table: list[list[str]]) -> set[str]:
    return {name for row in table for name in names(row[0])}

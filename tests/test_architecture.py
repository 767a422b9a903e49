"""What docs/architecture.md says is so: where imports go, what they cost, where tests are."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.running import ROOT

APP = ROOT / "philo_aws"
# From the bottom to the top; what is not named stands at the bottom.
LAYERS = (
    {"clients", "patience", "regions", "side_by_side", "window"},
    {"s3", "sqs"},
    {"diagnosis"},
    {"management", "admin", "storage", "tasks", "events", "templatetags", "forms", "fields"},
    # Registers what the doors have for Django.
    {"apps"},
)
DOORS = LAYERS[-2]
# Who of the top layer may import whom of it.
NEIGHBOURS = {
    "management": {"tasks", "events"},
    "templatetags": {"admin"},
    "admin": {"forms"},
    "fields": {"forms"},
}
# Of s3/, from the bottom to the top; the modules beside the rooms stand between them.
ROOMS = ("request", "files", "engine", "listing", "objects", "transfer", "web")
HEAVY = ("awscrt", "boto3", "botocore", "environ", "ministack", "moto", "prettytable", "tqdm")
# Modules without a test of their own name: the test that has them, and a word of theirs in it.
TESTED_BY = {
    "_frames": ("test_reports", "tb_next"),
    "apps": ("test_reports", "hide_setting"),
    "boto_errors": ("test_aws_errors", "NoRegionError"),
    "rules": ("test_knobs", "rules_of"),
    "trust": ("test_hopeless", "AWS_CA_BUNDLE"),
    "admin.buckets.admin": ("admin.test_access", "BucketAdmin"),
    "admin.buckets.base": ("test_docs", "LINK_SECONDS"),
    "admin.buckets.preview": ("admin.buckets.test_objects", "EMBED_LIMIT"),
    "admin.buckets.rule_words": ("admin.buckets.test_settings_rules", "delete objects"),
    "admin.buckets.settings_base": ("admin.buckets.test_settings_parts", "fingerprint"),
    "admin.buckets.settings_forms": ("admin.buckets.test_settings_rules", "storage_class"),
    "admin.buckets.stepwise": ("admin.buckets.test_removal", "select_key"),
    "admin.buckets.versions": ("admin.buckets.test_objects", "Restored"),
    "admin.queues.admin": ("admin.queues.test_permissions", "QueueAdmin"),
    "admin.queues.base": ("admin.queues.test_permissions", "codenames"),
    "admin.queues.forms": ("admin.queues.test_create", "content_based_deduplication"),
    "admin.queues.message_forms": ("admin.queues.test_send", "deduplication_id"),
    "admin.queues.sources": ("admin.queues.test_detail", "sources"),
    "local.errors": ("local.test_server", "PortTakenError"),
    "management.commands.aws_check": ("test_diagnosis", "aws_check"),
    "management.progress": ("management.test_output", "progress"),
    "management.s3_configuration": (
        "management.commands.test_aws_s3_configuration",
        "public_access_block",
    ),
    "management.s3_copies": ("management.commands.test_aws_s3_copies", "source_region"),
    "management.s3_flags": ("management.commands.test_aws_s3", "sse_kms_key_id"),
    "management.s3_folder": ("management.commands.test_aws_s3_reading", "binary_size"),
    "management.s3_invalidate": ("management.commands.test_aws_s3_invalidate", "include_new"),
    "management.s3_listings": ("management.commands.test_aws_s3", "depth"),
    "management.s3_objects": ("management.commands.test_aws_s3", "expires_in"),
    "management.s3_pipes": ("management.commands.test_aws_s3_pipes", "--fname -"),
    "management.s3_printing": ("management.commands.test_aws_s3_versions", "No key matches"),
    "management.s3_reading": ("management.commands.test_aws_s3_reading", "A key is no pattern"),
    "management.s3_transfers": ("management.commands.test_aws_s3", "older_than"),
    "management.shells": ("management.test_completion", "SCRIPTS"),
    "management.s3_versions": ("management.commands.test_aws_s3_versions", "as_of"),
    "management.s3_waiting": ("management.commands.test_aws_s3_waiting", "wait_object"),
    "management.sqs_dead_letters": (
        "management.commands.test_aws_sqs_dead_letters",
        "MayBeTwice",
    ),
    "management.sqs_flags": ("management.commands.test_aws_sqs", "receipt_handle"),
    "management.sqs_messages": ("management.commands.test_aws_sqs", "entries"),
    "management.sqs_queues": ("management.commands.test_aws_sqs", "queue_name"),
    "management.sqs_redrive": ("management.commands.test_aws_sqs", "source_arn"),
    "s3.engine.base": ("s3.engine.test_engines", "on_bytes"),
    "s3.engine.failure": ("s3.engine.test_ledger", "Failure"),
    "s3.engine.transport": ("s3.engine.test_ledger", "unseen"),
    "s3.engine.transport_engine": ("s3.engine.test_run", "Callbacks"),
    "s3.engine.classic.bodies": ("s3.engine.test_faults", "garbage"),
    "s3.engine.classic.engine": ("s3.engine.test_engines", "ChecksumMode"),
    "s3.engine.classic.uploading": ("s3.engine.test_sending", "when_required"),
    "s3.engine.crt.copying": ("s3.engine.test_copies", "blanks"),
    "s3.engine.crt.attempts": ("s3.engine.crt.test_threads", "CrtAttempt"),
    "s3.objects.read_errors": ("s3.objects.test_contents", "EntityTooLarge"),
    "s3.request.expires": ("s3.objects.test_copying", "Expires"),
    "s3.request.xml": ("s3.request.test_xml_requests", "ListBucketResult"),
    "s3.web.content": ("admin.buckets.test_uploads", "overwrite"),
    "s3.web.page": ("s3.listing.test_paging", "list_page"),
    "storage.renamed": ("storage.test_options", "RENAMED"),
    "sqs.consumer.leases": ("sqs.consumer.test_faults", "MAX_VISIBILITY_TIMEOUT"),
    "sqs.consumer.polling": ("sqs.consumer.test_faults", "LATE"),
    "sqs.consumer.settling": ("sqs.consumer.test_faults", "_seconds"),
    "sqs.delivery": ("sqs.test_sender", "Deliverer"),
    "tasks.backport": ("tasks.test_names", "BACKPORT"),
    "tasks.calls": ("tasks.test_backend", "call"),
    "tasks.native": ("tasks.test_names", "DJANGO"),
    "tasks.signals": ("tasks.test_execute", "task_retried"),
    "templatetags.philo_aws_admin": ("admin.test_numbers", "exact_bytes"),
    "templatetags.philo_aws_queues": ("admin.queues.test_redrive", "progress"),
}


def name_of(path: Path) -> str:
    """The name of a module or package below philo_aws; of that itself an empty one."""
    return ".".join(path.relative_to(APP).with_suffix("").parts).removesuffix("__init__").strip(".")


MODULES = {name_of(path): path for path in APP.rglob("*.py")}


def nodes(tree: ast.Module, *, hints: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a module, wherever in it; without ``hints`` not those for types alone."""
    left: list[ast.AST] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not hints:
            left += node.orelse
        else:
            left += ast.iter_child_nodes(node)


def imported(path: Path, *, hints: bool = True) -> set[str]:
    """The modules and packages below philo_aws that a module imports."""
    package = path.relative_to(ROOT).parent.parts
    found = set()
    for node in nodes(ast.parse(path.read_text()), hints=hints):
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        else:
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = [*start, *filter(None, (node.module or "").split("."))]
            targets = [[*base, alias.name] for alias in node.names]
        for target in targets:
            if target[0] == "philo_aws":
                name = ".".join(target[1:])
                found.add(name if name in MODULES else name.rpartition(".")[0])
    return found


def imports(*, hints: bool = True) -> dict[str, set[str]]:
    return {name: imported(path, hints=hints) - {name} for name, path in MODULES.items()}


def circles(graph: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The modules that import each other, by however many others."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        left = [*graph[start]]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += graph[name]
        return found

    reach = {name: reached(name) for name in graph}
    groups = {
        frozenset(other for other in reach[name] if name in reach[other])
        for name in graph
        if name in reach[name]
    }
    return sorted(map(sorted, groups))


def place(name: str, places: Iterable[Collection[str]], part: int = 0) -> int:
    """The number of the one of ``places`` that a part of a module's name is in; 0 for none."""
    parts = name.split(".")
    found = parts[part] if len(parts) > part else ""
    return next((number for number, names in enumerate(places, 1) if found in names), 0)


def test_imports_go_downwards() -> None:
    graph = imports()
    assert {"apps", "s3.transfer.single", "admin.base"} <= graph.keys()
    upwards = {
        name: {other for other in others if place(other, LAYERS) > place(name, LAYERS)}
        for name, others in graph.items()
    }
    assert not {name: others for name, others in upwards.items() if others}


@pytest.mark.parametrize("layer", [{"s3", "sqs"}, DOORS])
def test_neighbours_do_not_import_each_other(layer: set[str]) -> None:
    for name, others in imports().items():
        own = name.partition(".")[0]
        if own in layer:
            tops = {other.partition(".")[0] for other in others} & layer
            assert tops <= {own, *NEIGHBOURS.get(own, ())}, name


def test_queues_and_their_consumer_know_nothing_of_tasks() -> None:
    graph = imports()
    assert any(name.startswith("sqs.consumer.") for name in graph)
    for name, others in graph.items():
        if name.partition(".")[0] == "sqs":
            assert not {other for other in others if other.partition(".")[0] == "tasks"}, name
            assert "django.tasks" not in MODULES[name].read_text(), name


def test_the_rooms_of_s3_stand_above_each_other() -> None:
    rooms = [{room} for room in ROOMS]
    assert all((APP / "s3" / room / "__init__.py").exists() for room in ROOMS)
    packages = {path.parent.name for path in APP.glob("s3/*/__init__.py")}
    assert packages == set(ROOMS)
    for name, others in imports().items():
        own = place(name, rooms, 1)
        if name.startswith("s3.") and own:
            above = {other for other in others if other.startswith("s3.")}
            assert not {other for other in above if place(other, rooms, 1) > own}, name


def test_nothing_imports_in_a_circle() -> None:
    assert not circles(imports(hints=False))


def test_a_circle_would_be_seen() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles(graph) == [["a", "b", "c"], ["d", "e"]]
    source = "def f() -> None:\n    from . import late\nif TYPE_CHECKING:\n    from . import hint"
    found = [
        [ast.unparse(node) for node in nodes(ast.parse(source), hints=hints)]
        for hints in (True, False)
    ]
    assert sorted(found[0]) == ["from . import hint", "from . import late"]
    assert found[1] == ["from . import late"]


def test_nesting_is_not_deep() -> None:
    assert not [name for name in MODULES if name.count(".") > 3]


def mirrored(name: str) -> Path:
    """Where the test of a module is, if it has one of its own."""
    *packages, last = name.split(".")
    return ROOT.joinpath("tests", *packages, f"test_{last.lstrip('_')}.py")


def test_each_module_has_its_test_at_the_mirrored_place_or_one_that_is_named() -> None:
    without = {
        name
        for name, path in MODULES.items()
        if path.name != "__init__.py"
        and not name.startswith("migrations.")
        and not mirrored(name).exists()
    }
    assert without == TESTED_BY.keys()


@pytest.mark.parametrize("name", TESTED_BY)
def test_the_test_that_is_named_is_about_the_module(name: str) -> None:
    test, word = TESTED_BY[name]
    assert word in MODULES[name].read_text()
    assert word in ROOT.joinpath("tests", *test.split(".")).with_suffix(".py").read_text()


def test_what_is_heavy_is_imported_when_it_is_needed() -> None:
    script = f"""
import sys, django, philo_aws.environ
from django.core.management import load_command_class
django.setup()
from philo_aws import s3, sqs
[getattr(s3, name) for name in s3.__all__]
for name in ("aws_s3", "aws_sqs", "aws_check", "aws_local"):
    load_command_class("philo_aws", name).create_parser("manage.py", name)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"

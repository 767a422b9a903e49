"""The drawing in docs/architecture.md is true: imports go downwards, and importing costs little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT

APP = ROOT / "philo_aws"
# From the bottom to the top; what is not named stands at the bottom.
LAYERS = (
    {"clients", "patience", "regions", "side_by_side", "window"},
    {"s3", "sqs"},
    {"diagnosis"},
    {"management", "admin", "templatetags"},
)
HEAVY = ("awscrt", "boto3", "botocore", "environ", "ministack", "moto", "prettytable", "tqdm")


def layer(name: str) -> int:
    """The number of the layer of a module or package directly below philo_aws."""
    return next((number for number, names in enumerate(LAYERS, 1) if name in names), 0)


def imported(path: Path) -> set[str]:
    """The modules and packages directly below philo_aws that a module imports, wherever in it."""
    package = path.relative_to(ROOT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = [*start, *(node.module or "").split(".")]
            targets = [[*filter(None, base), alias.name] for alias in node.names]
        else:
            continue
        found |= {target[1] for target in targets if target[0] == "philo_aws" and target[1:]}
    return found


def test_imports_go_downwards() -> None:
    upwards = {}
    for path in APP.rglob("*.py"):
        place = path.relative_to(APP)
        own = layer(place.parts[0].removesuffix(".py"))
        upwards[str(place)] = {name for name in imported(path) if layer(name) > own}
    assert {"apps.py", "s3/transfer/single.py", "admin/base.py"} <= upwards.keys()
    assert not {place: names for place, names in upwards.items() if names}


def test_services_do_not_import_each_other() -> None:
    for own, other in (("s3", "sqs"), ("sqs", "s3")):
        assert not [path for path in (APP / own).rglob("*.py") if other in imported(path)]


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

"""What `from philo_aws import s3` gives."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from philo_aws import s3
from philo_aws.s3.transfer.comparisons import COMPARISONS, STRATEGIES, Compare
from tests.running import ROOT


@pytest.mark.parametrize("name", s3.__all__)
def test_each_name_is_there(name: str) -> None:
    value = getattr(s3, name)
    assert callable(value)
    assert name in dir(s3)


def test_checkers_of_types_are_told_the_same() -> None:
    tree = ast.parse(Path(s3.__file__).read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    told, modules = {}, {}
    for node in block.body:
        match node:
            case ast.ImportFrom(module=str(module), names=[ast.alias(name, asname)]):
                if asname:
                    told[asname] = (module, name)
                else:
                    modules[name] = f"{module}.{name}"
            case ast.Assign([ast.Name(name)], ast.Attribute(ast.Name(module), attribute)):
                told[name] = (modules[module], attribute)
    assert told == s3.EXPORTS
    assert list(s3.EXPORTS) == sorted(s3.EXPORTS) == s3.__all__


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match=r"'philo_aws\.s3' has no attribute 'upload'"):
        s3.upload  # noqa: B018


def test_no_module_takes_the_place_of_a_function() -> None:
    modules = {module.name for module in pkgutil.iter_modules(s3.__path__)}
    assert modules.isdisjoint(s3.__all__)


def test_one_function_does_not_bring_all_the_others() -> None:
    script = (
        "import sys; from philo_aws.s3 import upload_file;"
        "others = 'transfer.syncing', 'deleting', 'listing.stream', 'listing.usage';"
        "print([name for name in others if f'philo_aws.s3.{name}' in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_flag_knows_every_comparison() -> None:
    assert get_args(Compare) == COMPARISONS == tuple(STRATEGIES)

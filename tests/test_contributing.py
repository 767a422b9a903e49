"""What CONTRIBUTING.md names is there: targets, files, and the functions of its recipes."""

from __future__ import annotations

import re

import pytest

from tests.running import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES = TEXT.partition("\n## Recipes\n")[2].partition("\n## ")[0]
MADE = {"dist/*.whl", "dist/"}


def quoted() -> list[str]:
    return re.findall(r"`([^`\n]+)`", TEXT)


def test_every_file_it_names_is_there() -> None:
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", TEXT) if ":" not in target]
    paths = [name for name in quoted() if re.fullmatch(r"[\w.-]+(/[\w.*-]*)+", name)]
    assert "philo_aws/knobs.py" in paths
    for name in {*links, *paths} - MADE:
        assert (ROOT / name).exists() or (ROOT / "philo_aws" / name).exists(), name


def test_every_target_it_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = re.findall(r"(?:`|\$ )make ([a-z -]+)", TEXT)
    named = {target for command in commands for target in command.split()}
    assert {"test", "lint", "dist"} <= named <= targets


def test_it_has_a_recipe_for_each_of_the_usual_changes() -> None:
    recipes = re.findall(r"^### (.+)$", RECIPES, re.MULTILINE)
    assert len(recipes) == len(set(recipes)) >= 10


@pytest.mark.parametrize("recipe", RECIPES.split("\n### ")[1:], ids=lambda r: r.splitlines()[0])
def test_a_recipe_names_files_in_order_and_a_test(recipe: str) -> None:
    steps = re.findall(r"^\d+\. (.+(?:\n   .+)*)", recipe, re.MULTILINE)
    assert len(steps) >= 2
    assert "tests/" in recipe


def test_the_readme_leads_to_it() -> None:
    assert "](CONTRIBUTING.md)" in (ROOT / "README.md").read_text()

"""The translations: complete, of the same placeholders, and compiled as they are written."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

import philo_aws
from tests.servers import LocalAWS, scrubbed

CATALOGUES = sorted(Path(philo_aws.__file__).parent.glob("locale/*/LC_MESSAGES/django.po"))
LINE = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?) )?(".*")')
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%+[a-z]|\{\w+\}")

every_catalogue = pytest.mark.parametrize(
    "catalogue", CATALOGUES, ids=lambda path: str(path.parent.parent.name)
)


@dataclass
class Entry:
    """One message of a catalogue: its fields as they are named in the file, and its flags."""

    fields: dict[str, str] = field(default_factory=dict)
    flags: str = ""

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.fields.items() if name.startswith("msgstr")]

    @property
    def originals(self) -> list[str]:
        """What each of the translations translates."""
        plural = self.fields.get("msgid_plural")
        one = self.fields["msgid"]
        return [one] if plural is None else [one] + [plural] * (len(self.translations) - 1)


def entries(catalogue: Path) -> list[Entry]:
    """Read a .po file; the first entry, its head, is left out."""
    found: list[Entry] = []
    for paragraph in catalogue.read_text("utf-8").split("\n\n"):
        entry = Entry()
        name = ""
        for line in paragraph.splitlines():
            if line.startswith("#,"):
                entry.flags += line
            if match := LINE.fullmatch(line):
                name = match[1] or name
                entry.fields[name] = entry.fields.get(name, "") + ast.literal_eval(match[2])
        if entry.fields:
            found.append(entry)
    return found[1:]


def test_there_are_german_and_spanish() -> None:
    assert [path.parent.parent.name for path in CATALOGUES] == ["de", "es"]
    assert all(len(entries(path)) > 300 for path in CATALOGUES)


@every_catalogue
def test_every_message_is_translated(catalogue: Path) -> None:
    for entry in entries(catalogue):
        assert "fuzzy" not in entry.flags, entry
        assert all(entry.translations), entry
    # Messages that the code no longer has.
    assert "#~" not in catalogue.read_text("utf-8")


@every_catalogue
def test_the_placeholders_are_those_of_the_original(catalogue: Path) -> None:
    for entry in entries(catalogue):
        for original, translated in zip(entry.originals, entry.translations, strict=True):
            wanted = sorted(PLACEHOLDER.findall(original))
            assert sorted(PLACEHOLDER.findall(translated)) == wanted, entry


@every_catalogue
def test_what_is_compiled_is_what_is_written(catalogue: Path) -> None:
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    wanted: dict[object, str] = {}
    for entry in entries(catalogue):
        context = entry.fields.get("msgctxt")
        key = entry.fields["msgid"] if context is None else f"{context}\4{entry.fields['msgid']}"
        texts = entry.translations
        if "msgid_plural" in entry.fields:
            wanted.update({(key, number): text for number, text in enumerate(texts)})
        else:
            wanted[key] = texts[0]
    written = {key: text for key, text in vars(compiled)["_catalog"].items() if key != ""}
    assert written == wanted


@every_catalogue
def test_no_message_of_the_code_is_missing(catalogue: Path, tmp_path: Path) -> None:
    if not shutil.which("xgettext"):
        pytest.skip("gettext is not installed: apt-get install gettext")
    app = Path(philo_aws.__file__).parent
    copy = tmp_path / "philo_aws"
    shutil.copytree(app, copy, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    language = catalogue.parent.parent.name
    command = [sys.executable, "-P", "-m", "django", "makemessages"]
    options = ["--locale", language, "--no-location", "--no-obsolete"]
    environment = scrubbed(os.environ)
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    made = subprocess.run(
        [*command, *options],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    found = {tuple(each.originals) for each in entries(copy / catalogue.relative_to(app))}
    written = {tuple(each.originals) for each in entries(catalogue)}
    assert not found - written, f"not in {catalogue.relative_to(app)}"
    assert not written - found, f"in {catalogue.relative_to(app)}, and no more in the code"


@every_catalogue
def test_msgfmt_finds_nothing(catalogue: Path) -> None:
    program = shutil.which("msgfmt")
    if not program:
        pytest.skip("gettext is not installed: apt-get install gettext")
    checked = subprocess.run(
        [program, "--check", "--output-file=/dev/null", catalogue],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(
    ("language", "create", "empty", "queue_list"),
    [
        ("de", "Bucket anlegen", "Dieser Bucket ist leer.", "Warteschlangen"),
        ("es", "Crear bucket", "Este bucket está vacío.", "Colas"),
    ],
)
def test_pages_speak_the_language(
    aws: LocalAWS,
    admin_client: Client,
    bucket: str,
    language: str,
    create: str,
    empty: str,
    queue_list: str,
) -> None:
    with translation.override(language):
        buckets = admin_client.get("/admin/philo_aws/bucket/").content.decode()
        browse = admin_client.get(f"/admin/philo_aws/bucket/{bucket}/change/").content.decode()
        queues = admin_client.get("/admin/philo_aws/queue/").content.decode()
    assert create in buckets
    assert empty in browse
    assert f"<h1><bdi>{queue_list}</bdi></h1>" in queues


@pytest.mark.parametrize("language", ["de", "es"])
def test_one_and_many_are_told_apart(language: str) -> None:
    """Django's own catalogue may count in other forms than ours."""
    with translation.override(language):
        one, many, million = (
            translation.ngettext("%d message was deleted.", "%d messages were deleted.", number)
            for number in (1, 2, 1_000_000)
        )
    assert one != many == million
    assert "%d message" not in one + many

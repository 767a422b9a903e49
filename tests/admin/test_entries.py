from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

import philo_aws
from philo_aws.admin.entries import localized_entry
from tests.servers import LocalAWS

ADMIN = Path(philo_aws.__file__).parent / "admin"

GERMAN = {
    "Created in eu-west-1.": "Angelegt in eu-west-1.",
    "Uploaded 'a (1 bytes).txt' (1,048,576 bytes).": (
        "'a (1 bytes).txt' hochgeladen (1.048.576 Bytes)."
    ),
    "Deleted 'a', 'b.' and 1,000 more.": "'a', 'b.' und 1.000 weitere gelöscht.",
    "Deleted 2,000 objects below 'a/'.": "2.000 Objekte unter 'a/' gelöscht.",
    "Deleted 1 message: 0fff-11.": "1 Nachricht gelöscht: 0fff-11.",
    "Moved 3 messages to queue. Sent 1 message to queue that could not be deleted here.": (
        "3 Nachrichten nach queue verschoben. 1 Nachricht an queue gesendet; das Löschen hier "
        "misslang."
    ),
    "Undeleted 2 objects of the whole bucket.": ("2 Objekte des ganzen Buckets wiederhergestellt."),
    "Renamed, or not: AWS did not say whether it was done to 'a'.": (
        "Umbenannt oder nicht: AWS hat nicht gesagt, ob es bei 'a' geschehen ist."
    ),
    "Emptied: deleted 2,000 versions and delete markers for good, and aborted 1,000 unfinished "
    "uploads.": (
        "Geleert: 2.000 Versionen und Löschmarken endgültig gelöscht und 1.000 unvollendete "
        "Uploads abgebrochen."
    ),
    "Restored 2 objects below 'a of b/' as of 2026-11-27T07:00:00+00:00.": (
        "2 Objekte unter 'a of b/' wiederhergestellt, wie sie am 2026-11-27T07:00:00+00:00 waren."
    ),
    "Restored, or not: AWS did not say whether 2 objects of the bucket were.": (
        "Wiederhergestellt oder nicht: AWS hat es bei 2 Objekten des Buckets nicht gesagt."
    ),
    "Gave up 1 unfinished upload: 'a'.": "1 unvollendeter Upload aufgegeben: 'a'.",
    "Send message: AWS did not say whether it was done; it may be.": (
        "Nachricht senden: AWS hat nicht gesagt, ob es geschehen ist; es kann sein."
    ),
    "Changed VisibilityTimeout: 30 → 60.": "Geändert: VisibilityTimeout: 30 → 60.",
    "Written by the site. Deleted.": "Written by the site. Deleted.",
    "": "",
}


@pytest.mark.parametrize("entry", GERMAN)
def test_an_entry_is_said_in_the_language_of_the_reader(entry: str) -> None:
    with translation.override("de"):
        assert localized_entry(entry) == GERMAN[entry]
    with translation.override("en"):
        assert localized_entry(entry) == entry


def literals(tree: ast.AST) -> Iterator[ast.expr]:
    """The texts that are written into the history as they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = [each.value for each in node.keywords if each.arg == "audit"]
            audits = isinstance(node.func, ast.Attribute) and node.func.attr == "audit"
            yield from (
                each
                for each in [*named, *(node.args if audits else [])]
                if isinstance(each, ast.JoinedStr | ast.Constant | ast.IfExp)
            )


def literal(text: ast.expr) -> Iterator[str]:
    for node in ast.walk(text):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def sample(text: ast.expr) -> str:
    """The text with something in its fields."""
    match text:
        case ast.Constant(value=value):
            return str(value)
        case ast.FormattedValue(value=value):
            told = ast.unparse(value)
            if told == "self.verb":
                return "Moved"
            if told == "where":
                return "below 'a'"
            if told.startswith("_count("):
                return "1 unfinished upload"
            is_number = text.format_spec is not None or told in ("done", "moved")
            is_name = text.conversion == ord("r") or "named(" in told
            return "1,234" if is_number else "'b'" if is_name else "to a" if told == "told" else "a"
        case ast.JoinedStr(values=values):
            return "".join(map(sample, values))
        case ast.IfExp(body=body):
            return sample(body)
    raise AssertionError(ast.unparse(text))


def test_every_sentence_of_the_history_can_be_translated() -> None:
    entries = {
        f"{module.relative_to(ADMIN)}:{each.lineno}": sample(each)
        for module in ADMIN.rglob("*.py")
        for each in literals(ast.parse(module.read_text("utf-8")))
        # What is made of variables alone was made elsewhere.
        if re.search("[a-z]", "".join(literal(each)))
    }
    assert len(entries) > 20
    with translation.override("de"):
        english = {
            place: entry
            for place, entry in entries.items()
            if entry and localized_entry(entry) == entry
        }
    assert not english, "to be added to philo_aws/admin/entries.py"


@pytest.mark.aws_servers("ministack")
def test_the_history_is_german_on_its_page_and_english_in_the_database(
    aws: LocalAWS, admin_client: Client, bucket: str, settings: Settings
) -> None:
    from django.contrib.admin.models import LogEntry

    page = f"/admin/philo_aws/bucket/{bucket}"
    admin_client.post(f"{page}/folder/", {"confirm": "yes", "name": "new"})
    settings.LANGUAGE_CODE = "de"
    with translation.override("de"):
        body = admin_client.get(f"{page}/history/").content.decode()
    assert "Ordner &#x27;new/&#x27; angelegt." in body
    assert LogEntry.objects.get().get_change_message() == "Created folder 'new/'."

from __future__ import annotations

import pytest
from django.utils import translation

from philo_aws.admin.entries import is_known, localized_entry, shown_entry
from philo_aws.admin.tally import GIVEN_UP, KINDS, SO_FAR, Line, has_effect, read_line

LINES = {
    "Deleted 'd/': 2,000 objects, 3 failed, so far.": (
        "'d/' gelöscht: 2.000 Objekte, 3 fehlgeschlagen, bisher."
    ),
    "Copied 'a', 'b' and 1,000 more to 's3://other/new/': 1 object, 1 skipped.": (
        "'a', 'b' und 1.000 weitere nach 's3://other/new/' kopiert: 1 Objekt, 1 übersprungen."
    ),
    "Copied 'a' from bucket media to 's3://other/new/': given up.": (
        "'a' aus dem Bucket media nach 's3://other/new/' kopiert: aufgegeben."
    ),
    "Moved 'd/' to 's3://b/e/': 2 objects, 1 copied but not deleted.": (
        "'d/' nach 's3://b/e/' verschoben: 2 Objekte, 1 kopiert, aber nicht gelöscht."
    ),
    "Renamed 'd/' to 'e/': 1,024 objects, 1 without an answer.": (
        "'d/' in 'e/' umbenannt: 1.024 Objekte, 1 ohne Antwort."
    ),
    "Emptied: 7 versions and delete markers, 1 unfinished upload, 1 step without an answer.": (
        "Geleert: 7 Versionen und Löschmarken, 1 unvollendeter Upload, 1 Schritt ohne Antwort."
    ),
    "Restored everything as of 2026-11-27T08:00:00+00:00: 2 objects, 1 deleted.": (
        "Alles wiederhergestellt, Stand 2026-11-27T08:00:00+00:00: 2 Objekte, 1 gelöscht."
    ),
    "Moved messages to where they came from: 25 messages, so far.": (
        "Nachrichten dorthin verschoben, wo sie herkamen: 25 Nachrichten, bisher."
    ),
    "Uploaded 'd/a', 'd/b': 2 files, 1,048,576 bytes.": (
        "'d/a', 'd/b' hochgeladen: 2 Dateien, 1.048.576 Bytes."
    ),
}


@pytest.mark.parametrize("text", LINES)
def test_a_line_is_kept_in_english_and_said_in_german(text: str) -> None:
    with translation.override("de"):
        line = read_line(text)
        assert line is not None
        # What is kept does not depend on the language of who writes.
        assert str(line) == text
        assert localized_entry(text) == LINES[text]
    assert localized_entry(text) == text


def test_every_count_can_be_read_again() -> None:
    for number in (1, 2, 1_234_567):
        line = Line("Emptied.", dict.fromkeys(KINDS, number), GIVEN_UP)
        assert read_line(str(line)) == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Deleted.",
        "Deleted 'a'.",
        "Deleted 1 message: 0fff-11.",
        "Changed VisibilityTimeout: 30 → 60.",
        "Deleted 'a: 2 objects.'.",
        "Deleted 'a': two objects.",
        "Deleted 'a': ² objects.",
        "Deleted 'a': 2 objects",
        f"Deleted 'a': {'9' * 5000} objects.",
    ],
)
def test_what_has_no_such_end_is_no_line(text: str) -> None:
    assert read_line(text) is None


def test_a_step_is_added_and_one_done_again_is_not() -> None:
    line = Line("Deleted 'd/'.", {"objects": 999}, SO_FAR)
    line = line.add({"objects": 1, "failed": 2}, SO_FAR)
    assert str(line) == "Deleted 'd/': 1,000 objects, 2 failed, so far."
    line = line.add({}, "")
    assert str(line) == "Deleted 'd/': 1,000 objects, 2 failed."
    assert line.add({"skipped": 5}, SO_FAR) is line
    assert str(line.add({"objects": 1}, SO_FAR)).endswith(": 1,001 objects, 2 failed, so far.")


def test_what_changes_nothing_has_no_effect() -> None:
    assert not has_effect({"skipped": 3, "failed": 1, "objects": 0})
    assert has_effect({"unknown": 1})


def test_twenty_files_are_named_and_the_others_counted() -> None:
    line = Line("Uploaded '0'.", {"files": 1})
    for number in range(1, 1025):
        line = line.name(f"'{number}'").add({"files": 1}, "")
        read = read_line(str(line))
        assert read is not None
        line = read
    assert line.sentence == (
        f"Uploaded {', '.join(map(repr, map(str, range(20))))} and 1,005 more."
    )
    assert line.counts == {"files": 1025}
    assert is_known(str(line))


def test_a_key_cannot_end_the_place_that_it_stands_in() -> None:
    key = "x' to 's3://theirs/': 5 objects.\\"
    text = f"Copied {key!r} to 's3://b/<b>': 1 object, so far."
    line = read_line(text)
    assert line is not None
    assert line.counts == {"objects": 1}
    assert shown_entry(text) == text
    with translation.override("de"):
        assert shown_entry(text) == f"{key!r} nach 's3://b/<b>' kopiert: 1 Objekt, bisher."


def test_a_name_from_right_to_left_turns_nothing_around() -> None:
    shown = shown_entry("Deleted 'אב', 'a', 'ا' and 3 more.")
    assert shown == "Deleted \u2068'אב'\u2069, 'a', \u2068'ا'\u2069 and 3 more."
    # The marks for it are no text of a key's.
    assert shown_entry("\ue000<i>\ue001") == "<i>"

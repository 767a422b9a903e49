"""Every page of the table in German: no English word is left on it.

The English words are those of the texts of this app that no German text of it has.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.utils import translation
from pytest_django import Settings

from tests.browser.pages import DEAD, PAGES, QUEUE, REGION, World
from tests.test_locale import CATALOGUES, PLACEHOLDER, entries

WORD = re.compile(r"(?<![\w/.:_=-])[A-Za-z][a-z]{2,}(?![\w/:_=(]|-\w|\.\w)")
# What is filled in, what is typed somewhere, and what is quoted: no words of the sentence.
NO_WORDS = re.compile(r"\{[^{}]*\}|`[^`]*`|'[^']*'|\"[^\"]*\"|<[^>]*>")
# What people and AWS named, and stays as it is.
GIVEN = (
    *(QUEUE, DEAD, REGION, "reports", "notes.txt", "data.json", "gone.txt", "2026.csv"),
    # A type of a message's attribute, by its name in SQS.
    "String",
    # The embedded AWS's own words, which a page repeats behind ours.
    "The action ListMessageMoveTasks is not valid for this endpoint.",
    # Django's own heading of a history, which Django 6.1 has in no other language.
    "Pagination Bucket entries",
)
# Words of both languages, which German texts of this app happen not to have.
BOTH = {"admin", "text", "application", "octet", "stream", "json", "plain", "season", "autumn"}
SHOWN = """() => {
    const said = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const around = walk.currentNode.parentElement;
        if (!around.closest("script, style, pre, code, textarea, option[lang]")) {
            said.push(walk.currentNode.data);
        }
    }
    const attributes = /^(aria-label|title|placeholder|alt|data-(text|none|one|many|label).*)$/;
    for (const each of document.querySelectorAll("main *, .aws-page *")) {
        for (const {name, value} of each.attributes) {
            if (attributes.test(name)) {
                said.push(value);
            }
        }
    }
    said.push(document.title);
    return said.map((text) => text.trim()).filter((text) => text);
}"""


def words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (
            word.lower() for word in WORD.findall(PLACEHOLDER.sub(" ", NO_WORDS.sub(" ", text)))
        )


@functools.cache
def english() -> set[str]:
    [german] = [entries(path) for path in CATALOGUES if path.parent.parent.name == "de"]
    originals = words(text for entry in german for text in entry.originals)
    return set(originals) - set(words(text for e in german for text in e.translations)) - BOTH


def still_english(texts: Iterable[str], known: set[str]) -> dict[str, list[str]]:
    """The texts with English words, each with these."""
    found = {}
    for text in texts:
        own = text
        for name in GIVEN:
            own = own.replace(name, "")
        if mixed := sorted(known & set(words([own]))):
            found[text] = mixed
    return found


def test_english_words_are_known() -> None:
    known = english()
    assert {"bucket", "name", "version", "region"}.isdisjoint(known)
    assert {"deleted", "folder", "queue", "the", "with", "cannot"} <= known
    assert still_english(["Der Bucket is empty."], known) == {"Der Bucket is empty.": ["empty"]}
    assert not still_english(["Warteschlange orders-dead, s3://the/empty/queue"], known)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_german(name: str, tab: Any, site: str, settings: Settings, world: World) -> None:
    settings.AWS = world.settings
    settings.LANGUAGE_CODE = "de"
    with translation.override("de"):
        PAGES[name](tab, site, world)
        found = still_english(tab.evaluate(SHOWN), english())
    assert not found

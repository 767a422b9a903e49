"""What the history says, in the language of whoever reads it.

Entries are kept in English, as text, so that whatever else reads the table of Django's history can
do so, whichever language the writer had. Here are the sentences that they are made of: the page of
the history finds the one that an entry was, and says it in its own language. An entry that is none
of them is shown as it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from string import Formatter

from django.utils.translation import gettext, gettext_noop, ngettext

from .numbers import grouped
from .tally import read_line

ENTRIES = (
    gettext_noop("Created."),
    gettext_noop("Created in {region}."),
    gettext_noop("Deleted."),
    gettext_noop("Purged."),
    # Objects
    gettext_noop("Created folder {keys}."),
    gettext_noop("Uploaded {keys} ({size} bytes)."),
    gettext_noop("Changed the properties of {keys}."),
    gettext_noop("Changed the tags of {keys}."),
    gettext_noop("Made a link to {keys} that works until {until}."),
    gettext_noop("Restored {keys}, version {version}."),
    gettext_noop("Deleted version {version} of {keys} for good."),
    gettext_noop("Deleted {keys}."),
    gettext_noop("Copied {keys}."),
    gettext_noop("Moved {keys}."),
    gettext_noop("Renamed {keys} to {other}."),
    gettext_noop("Renamed {keys} to {other}: {count} objects."),
    gettext_noop("Deleted {count} objects below {keys}."),
    gettext_noop("Copied {count} objects below {keys}."),
    gettext_noop("Moved {count} objects below {keys}."),
    gettext_noop("Deleted {count} objects of the whole bucket."),
    gettext_noop("Copied {count} objects of the whole bucket."),
    gettext_noop("Moved {count} objects of the whole bucket."),
    gettext_noop("Copied here from bucket {bucket}: {what}."),
    gettext_noop("Moved here from bucket {bucket}: {what}."),
    gettext_noop("Copied {keys}, but could not delete what was copied."),
    gettext_noop("Gave up copying {keys}."),
    gettext_noop("Undeleted {keys}."),
    gettext_noop("Undeleted {count} objects below {keys}."),
    gettext_noop("Undeleted {count} objects of the whole bucket."),
    gettext_noop("Gave up {uploads}: {what}."),
    gettext_noop("Uploaded {keys}."),
    gettext_noop("Deleted everything."),
    gettext_noop("Undeleted everything."),
    gettext_noop("Copied {keys} to {place}."),
    gettext_noop("Copied everything to {place}."),
    gettext_noop("Copied {keys} from bucket {bucket} to {place}."),
    gettext_noop("Copied everything from bucket {bucket} to {place}."),
    gettext_noop("Moved {keys} to {place}."),
    gettext_noop("Moved everything to {place}."),
    gettext_noop("Moved {keys} from bucket {bucket} to {place}."),
    gettext_noop("Moved everything from bucket {bucket} to {place}."),
    gettext_noop("Emptied."),
    gettext_noop("Restored {keys} as of {then}."),
    gettext_noop("Restored everything as of {then}."),
    gettext_noop(
        "Emptied: deleted {count} versions and delete markers for good, and aborted {number} "
        "unfinished uploads."
    ),
    gettext_noop("Restored {count} objects {where} as of {then}."),
    gettext_noop("Deleted {count} objects {where} that were not there at {then}."),
    gettext_noop("Restored, or not: AWS did not say whether {count} objects {where} were."),
    # Settings of a bucket
    gettext_noop("Switched versioning on."),
    gettext_noop("Suspended versioning."),
    gettext_noop("Set the block of public access: nothing is blocked."),
    gettext_noop("Set the block of public access: {what}."),
    gettext_noop("Set the default encryption: {what}."),
    gettext_noop("Set the default encryption: {algorithm} with {keys}."),
    gettext_noop("Changed the tags of the bucket."),
    gettext_noop("Allowed uploads from {what}."),
    gettext_noop("Added the CORS rule: {methods} from {what}."),
    gettext_noop("Changed the CORS rule: {methods} from {what}."),
    gettext_noop("Removed the CORS rule: {methods} from {what}."),
    gettext_noop("Removed the lifecycle rule {keys}."),
    gettext_noop("Added the lifecycle rule: {rule}."),
    gettext_noop("Changed the lifecycle rule: {rule}."),
    gettext_noop("Removed the lifecycle rule: {rule}."),
    # Queues
    gettext_noop("Changed {what}."),
    gettext_noop("Sent message {id}."),
    gettext_noop("Peeked at {messages}."),
    gettext_noop("Peeked at {messages}: {what}."),
    gettext_noop("Released {messages}: {what}."),
    gettext_noop("Deleted {messages}: {what}."),
    gettext_noop("Sent {messages} again: {what}."),
    gettext_noop("Moved {messages} to {queue}: {what}."),
    gettext_noop("Moved {messages} to {queue}."),
    gettext_noop("Moved {messages} to where they came from."),
    gettext_noop("Sent {messages} to {queue} that could not be deleted here."),
    gettext_noop("Sent {messages} to where they came from that could not be deleted here."),
    gettext_noop("Moved messages to {queue}."),
    gettext_noop("Moved messages to where they came from."),
    gettext_noop("Started a redrive to {queue}."),
    gettext_noop("Started a redrive to where the messages came from."),
    gettext_noop("Cancelled a redrive after {messages}."),
    # What nobody knows
    gettext_noop("Deleted, or not: AWS did not say whether it was done to {keys}."),
    gettext_noop("Copied, or not: AWS did not say whether it was done to {keys}."),
    gettext_noop("Moved, or not: AWS did not say whether it was done to {keys}."),
    gettext_noop("Undeleted, or not: AWS did not say whether it was done to {keys}."),
    gettext_noop("Renamed, or not: AWS did not say whether it was done to {keys}."),
    gettext_noop("Gave up, or not: AWS did not say whether it was done to {uploads}: {what}."),
    gettext_noop("Upload of {keys}: AWS did not say whether it was done; it may be."),
    gettext_noop(
        "Upload of {keys} ({size} bytes): AWS did not say whether it was done; it may be."
    ),
    gettext_noop("{title} of {what}: AWS did not say whether it was done; it may be."),
    gettext_noop("{title}: AWS did not say whether it was done; it may be."),
)
"""The sentences of entries; what their fields can be is in `FIELDS`."""

RULES = (
    gettext_noop("abort unfinished uploads after {count} days"),
    gettext_noop("abort unfinished uploads below {keys} after {count} days"),
    gettext_noop("delete objects after {count} days"),
    gettext_noop("delete objects below {keys} after {count} days"),
    gettext_noop("move objects to {id} after {count} days"),
    gettext_noop("move objects to {id} below {keys} after {count} days"),
    gettext_noop("{rule}, switched off"),
)
"""What a lifecycle rule is."""

NAME, NUMBER = r"\S+?", r"[\d,]+"
# As Python writes a text, which is how keys are written: what is in a key does not end it.
QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
FIELDS = {
    **dict.fromkeys(
        ("algorithm", "bucket", "id", "queue", "region", "then", "until", "version"), NAME
    ),
    **dict.fromkeys(("count", "number", "size"), NUMBER),
    **dict.fromkeys(("other", "place"), QUOTED),
    "keys": rf"{QUOTED}(?:, {QUOTED})*(?: and {NUMBER} more)?",
    "messages": rf"{NUMBER} messages?",
    "methods": r"[A-Z, ]+",
    "rule": ".+",
    "title": r"[^:]+?",
    "uploads": rf"{NUMBER} unfinished uploads?",
    "what": ".*?",
    "where": rf"below {QUOTED}|of the bucket",
}
WHERE = (gettext_noop("below {keys}"), gettext_noop("of the bucket"))
OPEN, CLOSE = "\ue000", "\ue001"
ISOLATE, END = "\u2068", "\u2069"
TURNING = frozenset({"R", "AL", "AN"})
AND_MORE = gettext_noop("{keys} and {count} more")


@cache
def _patterns(sentences: tuple[str, ...]) -> list[tuple[re.Pattern[str], str]]:
    """Return what each sentence matches, and the sentence: first that with the most words."""
    return [(_pattern(each), each) for each in sorted(sentences, key=_words, reverse=True)]


def _words(template: str) -> int:
    return sum(len(text) for text, *_ in Formatter().parse(template))


def _pattern(template: str) -> re.Pattern[str]:
    parts = [
        re.escape(text) + (f"(?P<{field}>{FIELDS[field]})" if field else "")
        for text, field, *_ in Formatter().parse(template)
    ]
    return re.compile("".join(parts), re.DOTALL)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _said(field: str, value: str) -> str:
    """Return what fills a field, in the language that is active, what is not ours marked."""
    match field:
        case "count" | "number" | "size":
            return grouped(_number(value))
        case "messages":
            count = _number(value.partition(" ")[0])
            return ngettext("%(counter)s message", "%(counter)s messages", count) % {
                "counter": grouped(count)
            }
        case "uploads":
            count = _number(value.partition(" ")[0])
            return ngettext(
                "%(counter)s unfinished upload", "%(counter)s unfinished uploads", count
            ) % {"counter": grouped(count)}
        case "title":
            return gettext(value)
        case "rule":
            return _sentence(value, RULES) or _isolated(value)
        case "where":
            below, everywhere = map(gettext, WHERE)
            head, _space, keys = value.partition(" ")
            return below.format(keys=_isolated(keys)) if head == "below" else everywhere
        case "keys":
            found = re.fullmatch(rf"(.+?)(?: and ({NUMBER}) more)?", value, re.DOTALL)
            keys, more = found.groups() if found else (value, "")
            told = re.sub(QUOTED, lambda found: _isolated(found[0]), keys, flags=re.DOTALL)
            return gettext(AND_MORE).format(keys=told, count=_said("count", more)) if more else told
    return _isolated(value)


def _isolated(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}"


def _sentence(text: str, sentences: tuple[str, ...] = ENTRIES) -> str | None:
    for pattern, template in _patterns(sentences):
        if found := pattern.fullmatch(text):
            values = {field: _said(field, value) for field, value in found.groupdict().items()}
            return gettext(template).format(**values)
    return None


def is_known(text: str) -> bool:
    """Say whether an entry is made of the sentences here, so that it can be translated."""
    line = read_line(text)
    return _sentence(line.sentence if line else text) is not None


def localized_entry(text: str) -> str:
    """Return an entry of the history in the language that is active."""
    return _marked(text).replace(OPEN, "").replace(CLOSE, "")


def shown_entry(text: str) -> str:
    """Return the same for a page: names run as their letters do, and turn nothing else around.

    As text, as themes take it apart; it is theirs to escape it.
    """
    # Not so in any key: visible() spells them out.
    marked = _marked(text.replace(OPEN, "").replace(CLOSE, ""))
    return re.sub(f"{OPEN}(.*?){CLOSE}", _directed, marked, flags=re.DOTALL)


def _directed(found: re.Match[str]) -> str:
    turns = any(unicodedata.bidirectional(letter) in TURNING for letter in found[1])
    return f"{ISOLATE}{found[1]}{END}" if turns else found[1]


def _marked(text: str) -> str:
    if line := read_line(text):
        sentence = _sentence(line.sentence)
        return text if sentence is None else line.said(sentence)
    if (whole := _sentence(text)) is not None:
        return whole
    # Some say two things, one after the other.
    first, dot, second = text.partition(". ")
    said = [_sentence(f"{first}."), _sentence(second)] if dot else []
    return " ".join(each for each in said if each) if said and None not in said else text

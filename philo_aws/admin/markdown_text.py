"""Markdown as a document, of tags that this module writes itself.

A parser says what is a heading and what a list; not a character of HTML is taken from it or from
the text. Nothing is loaded for it: of a picture its description is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_INPUT = 40_000
"""Characters of Markdown that are made a document; more are shown as text."""
MAX_OUTPUT = 300_000
"""Characters that come out; what needs more is shown as text."""
MAX_NESTING = 20
"""Lists and quotes within each other."""

_SCHEMES = ("http", "https", "mailto")
_BLOCKS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bullet_list": "ul",
    "list_item": "li",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "td": "td",
}
_INLINE = {"em": "em", "strong": "strong", "s": "s"}
# The page has a heading of its own, and the preview one below that.
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}


def document(text: str) -> SafeString:
    """Return the document; empty where it is too long, or ``markdown-it-py`` is not installed.

    ``text`` has what cannot be seen spelt out. Links lead to other sites and to mail alone, since
    one within this site would do what it says with the rights of who clicks on it.
    """
    if len(text) > MAX_INPUT:
        return SafeString()
    try:
        # It comes with the extra "markdown".
        from markdown_it import MarkdownIt
    except ImportError:
        return SafeString()
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    pieces = []
    left = MAX_OUTPUT
    for piece in _blocks(parser.parse(text)):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            return SafeString()
    # Each piece is escaped, or is a tag of the tables above.
    return mark_safe("".join(pieces))  # noqa: S308


def _blocks(tokens: Iterable[Any]) -> Iterator[str]:
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "inline":
            yield from _inline(token.children or ())
        elif token.type in ("fence", "code_block"):
            yield format_html("<pre><code>{}</code></pre>\n", token.content)
        elif token.type == "hr":
            yield "<hr>\n"
        elif token.hidden:
            continue
        elif name == "heading":
            yield _tag(_HEADINGS[token.tag], token.nesting)
        elif name == "ordered_list":
            start = token.attrGet("start") if token.nesting == 1 else None
            yield format_html('<ol start="{}">', int(start)) if start else _tag("ol", token.nesting)
        elif name == "th":
            yield '<th scope="col">' if token.nesting == 1 else "</th>"
        elif name in _BLOCKS:
            yield _tag(_BLOCKS[name], token.nesting)
        else:
            yield escape(token.content)


def _inline(tokens: Iterable[Any]) -> Iterator[str]:
    # Whether each of the links that are open became one.
    links: list[bool] = []
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "softbreak":
            yield "\n"
        elif token.type == "hardbreak":
            yield "<br>\n"
        elif token.type == "code_inline":
            yield format_html("<code>{}</code>", token.content)
        elif token.type == "link_open":
            address = str(token.attrGet("href") or "")
            links.append(_leads_elsewhere(address))
            if links[-1]:
                yield format_html(
                    '<a href="{0}" title="{0}" target="_blank" rel="noopener noreferrer nofollow">',
                    address,
                )
        elif token.type == "link_close":
            if links and links.pop():
                yield "</a>"
        elif name in _INLINE:
            yield _tag(_INLINE[name], token.nesting)
        else:
            # Text; of a picture its description; and whatever a later version may have.
            yield escape(token.content)


def _tag(name: str, nesting: int) -> str:
    return f"<{name}>" if nesting == 1 else f"</{name}>"


def _leads_elsewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.netloc or parts.scheme == "mailto")

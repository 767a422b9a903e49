from __future__ import annotations

import sys
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.admin import markdown_text
from philo_aws.admin.markdown_text import document

ALLOWED = {
    *("h3", "h4", "h5", "h6", "p", "blockquote", "ul", "ol", "li", "table", "thead", "tbody"),
    *("tr", "td", "th", "pre", "code", "hr", "br", "em", "strong", "s", "a"),
}
EMPTY = {"br", "hr"}
ATTRIBUTES = {"a": {"href", "title", "target", "rel"}, "ol": {"start"}, "th": {"scope"}}

TEXT = """# Title

Some *emphasis*, **strength**, ~~struck~~ and `code <b>`.

- one
- two

3. three

> quoted

| a | b |
|---|--:|
| 1 | 2 |

```js
alert("x")
```

---

[site](https://example.com/?a=1&b=2) and <mailto:a@example.com>
"""


class Checker(HTMLParser):
    """Fails at a tag or an attribute that a document does not have, and at one left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        given = dict(attrs)
        assert given.keys() <= ATTRIBUTES.get(tag, set())
        if tag == "a":
            assert str(given["href"]).startswith(("http://", "https://", "mailto:"))
            assert given["rel"] == "noopener noreferrer nofollow"
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def checked(text: str) -> str:
    found = document(text)
    checker = Checker()
    checker.feed(found)
    checker.close()
    assert not checker.open
    return found


def test_what_markdown_has_is_shown() -> None:
    found = checked(TEXT)
    for piece in (
        "<h3>Title</h3>",
        "<em>emphasis</em>",
        "<strong>strength</strong>",
        "<s>struck</s>",
        "<code>code &lt;b&gt;</code>",
        "<ul><li>one</li><li>two</li></ul>",
        '<ol start="3"><li>three</li></ol>',
        "<blockquote><p>quoted</p></blockquote>",
        '<th scope="col">a</th>',
        "<td>2</td>",
        "<pre><code>alert(&quot;x&quot;)\n</code></pre>",
        "<hr>",
        '<a href="https://example.com/?a=1&amp;b=2"',
        '<a href="mailto:a@example.com"',
    ):
        assert piece in found, piece


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<!-- x --><?php x ?><![CDATA[x]]>",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>)",
        "[x](vbscript:x)",
        "[x](/admin/logout/)",
        "[x](//evil.example/)",
        "[x](\\\\evil.example)",
        "[x](#top)",
        "[x](https:)",
        "[x](http://[)",
        "![x](https://evil.example/pixel.png)",
        '[x](https://example.com "a\\" onclick=\\"alert(1)")',
        "<https://example.com/\"onclick='x'>",
        "`<script>`",
        "    <script>",
        '``` "onclick\n<script>\n```',
        "# <b onclick=x>",
    ],
)
def test_nothing_in_it_can_do_harm(text: str) -> None:
    found = checked(text)
    assert "<script" not in found
    assert "<img" not in found
    assert "javascript:" not in found.lower() or "href" not in found


def test_a_picture_is_its_description_and_a_link_here_is_its_text() -> None:
    assert checked("![a <b>](https://example.com/x.png)") == "<p>a &lt;b&gt;</p>"
    assert checked("[log out](/admin/logout/)") == "<p>log out</p>"


@given(st.text(alphabet="<>[]()*_`~|-#!\"'&\\/: \na1.", max_size=200))
def test_no_text_makes_another_tag(text: str) -> None:
    checked(text)


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert document("x" * (markdown_text.MAX_INPUT + 1)) == ""
    monkeypatch.setattr(markdown_text, "MAX_OUTPUT", 100)
    assert document("a " * 100) == ""
    began = time.process_time()
    for piece in ("[", "![", "*a ", "> ", "_a*", "[[a]", "|a", "`", "&", "[a](b 'c"):
        document(piece * (markdown_text.MAX_INPUT // len(piece)))
    assert time.process_time() - began < 20


def test_without_the_parser_there_is_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    assert document("# Title") == ""

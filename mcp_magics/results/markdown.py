"""Markdown of a server as HTML that can do nothing: built from a parser's tokens, never from what was sent.

CommonMark and GitHub's tables. Raw HTML is text, an image is a link to it that nobody follows by looking, headings are
no headings of the notebook they are shown in, and nothing has an id or a class.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcp_magics.results.document import cost
from mcp_magics.results.sanitise import clean, is_clickable, one_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 32 * 1024
"""Characters that are rendered: some texts take a parser a time that grows with the square of their length."""
_PUNCTUATION = 4000
"""Brackets, asterisks and the like above which a text is no page to read; its parser would take seconds."""
_OPENING = re.compile(r"[\[*_<&`]")
_URL_LENGTH = 1000
_PLAIN = {
    "paragraph": "p",
    "bullet_list": "ul",
    "list_item": "li",
    "blockquote": "blockquote",
    "em": "em",
    "strong": "strong",
    "s": "s",
    "thead": "thead",
    "tbody": "tbody",
    "table": "table",
    "tr": "tr",
}
_SIZES = ("1.7em", "1.4em", "1.2em", "1.1em", "1em", "1em")
_PRE = (
    '<pre dir="auto" style="font-family:var(--jp-code-font-family,monospace);overflow:auto;padding:.4em;'
    'border:1px solid #8886">'
)
_AROUND = {
    "code_inline": ("<code>", "</code>"),
    "fence": (_PRE, "</pre>"),
    "code_block": (_PRE, "</pre>"),
    "softbreak": ("\n", ""),
    "hardbreak": ("<br>", ""),
    "hr": ("<hr>", ""),
}
"""What stands around the content of a token that has no others inside; around any other there is nothing."""


def is_page(text: str) -> bool:
    """Whether ``text`` can be rendered in the time showing may take."""
    return len(_OPENING.findall(text, 0, LONGEST)) <= _PUNCTUATION


def rendered(text: str, room: int) -> tuple[str, int]:
    """``text`` as HTML of at most ``room`` bytes as JSON, and how many characters are missing at its end."""
    shown = clean(text[:LONGEST])
    hidden = max(len(text) - LONGEST, 0)
    writer, line = _Writer(room), 0
    for token in _parser().parse(shown):
        line = token.map[0] if token.map else line
        if not writer.take(token):
            hidden += sum(map(len, shown.splitlines(keepends=True)[line:]))
            break
    return f'<div dir="auto" style="max-width:60em">{writer.text}</div>', hidden


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    options = {"html": False, "linkify": False, "typographer": False, "maxNesting": 20}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"])


class _Writer:
    """HTML that is well formed wherever it stops."""

    def __init__(self, room: int) -> None:
        self._parts: list[str] = []
        self._open: list[str] = []
        self._room = room - 200

    @property
    def text(self) -> str:
        """What was written, every element closed."""
        return "".join([*self._parts, *reversed(self._open)])

    def take(self, token: Token) -> bool:
        """Write one block; False where there is no more room."""
        if token.type == "inline":
            return all(self._inline(child) for child in _children(token))
        return self._inline(token)

    def _inline(self, token: Token) -> bool:
        if token.nesting < 0:
            if self._open:
                self._parts.append(self._open.pop())
            return True
        opening, closing = _element(token) if token.nesting else (_leaf(token), "")
        self._room -= cost(opening) + cost(closing)
        if self._room < 0:
            return False
        self._parts.append(opening)
        if token.nesting:
            self._open.append(closing)
        return True


def _children(token: Token) -> Sequence[Token]:
    return token.children or ()


def _element(token: Token) -> tuple[str, str]:
    """The tags around what follows; only these exist."""
    kind = token.type.removesuffix("_open")
    if kind in _PLAIN:
        return f"<{_PLAIN[kind]}>", f"</{_PLAIN[kind]}>"
    match kind:
        case "heading":
            level = int(token.tag[1:])
            style = f"font-weight:600;font-size:{_SIZES[level - 1]};margin:.6em 0 .3em"
            return f'<div role="heading" aria-level="{level}" style="{style}">', "</div>"
        case "ordered_list":
            start = token.attrGet("start")
            return (f'<ol start="{start}">' if isinstance(start, int) and start >= 0 else "<ol>"), "</ol>"
        case "th" | "td":
            return f'<{kind} style="text-align:{_alignment(token)}">', f"</{kind}>"
        case "link":
            return _link(str(token.attrGet("href") or ""))
        case _:
            return "<span>", "</span>"


def _alignment(token: Token) -> str:
    side = str(token.attrGet("style") or "").removeprefix("text-align:")
    return side if side in ("left", "right", "center") else "left"


def _link(address: str) -> tuple[str, str]:
    """A link that may be clicked, else its text with the address behind it."""
    if is_clickable(address) and len(address) <= _URL_LENGTH:
        opens = f'href="{html.escape(address)}" target="_blank" rel="noopener noreferrer"'
        return f'<a style="text-decoration:underline" {opens}>', "</a>"
    return "<span>", f"</span> <code>({html.escape(one_line(address, _URL_LENGTH))})</code>"


def _leaf(token: Token) -> str:
    if token.type == "image":
        return _image(token)
    before, after = _AROUND.get(token.type, ("", ""))
    return f"{before}{html.escape(token.content)}{after}"


def _image(token: Token) -> str:
    """``[image: what it shows]`` linked to where it is: fetching it would tell its host who is looking."""
    opening, closing = _link(str(token.attrGet("src") or ""))
    said = one_line(token.content, 200)
    return f"{opening}[image: {html.escape(said)}]{closing}" if said else f"{opening}[image]{closing}"

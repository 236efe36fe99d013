"""The documents of the project as tests read them: their blocks, cells, commands and tables."""

from __future__ import annotations

import re
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from support.paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = REPOSITORY / "docs"
README = REPOSITORY / "README.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
PORT = re.compile(r"(127\.0\.0\.1):\d+")


def text(name: str) -> str:
    """The page of that name."""
    return (DOCS / name).read_text("utf-8")


def fenced(markdown: str) -> list[tuple[str, str]]:
    """Each fenced block: its language, its content."""
    return [(found[1], found[2]) for found in FENCE.finditer(markdown)]


def codes(markdown: str) -> set[str]:
    """Every inline code of a page."""
    return set(CODE.findall(FENCE.sub("", markdown)))


def commands(block: str) -> Iterator[tuple[str, str | None]]:
    """The ``%mcp`` lines of a fenced block, each with its body."""
    lines = block.splitlines()
    if lines and lines[0].startswith("%%mcp"):
        yield lines[0].removeprefix("%"), "\n".join(lines[1:])
        return
    for line in lines:
        if found := re.match(r"(?:\w+ = )?(%mcp(?:_call)?(?: .*)?)$", line):
            yield found[1], None


def stripped(said: str) -> str:
    """The same without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in said.splitlines())


def cells(markdown: str) -> Iterator[tuple[str, str | None]]:
    """Each ``python`` block, with the ``text`` block below it that shows what comes of it, or None."""
    blocks = [*fenced(markdown), ("", "")]
    for (language, code), (other, expected) in pairwise(blocks):
        if language == "python":
            yield code, expected if other == "text" else None


def shows(said: str, expected: str) -> bool:
    """Whether ``said`` holds the parts of ``expected`` in order; a line ``…`` stands for any lines, ports are any."""
    said, place = PORT.sub(r"\1", stripped(said)), 0
    for part in re.split(r"^…$", PORT.sub(r"\1", stripped(expected)), flags=re.MULTILINE):
        found = said.find(part.strip("\n"), place)
        if found < 0:
            return False
        place = found + len(part.strip("\n"))
    return True


def rows(markdown: str, head: str) -> list[list[str]]:
    """The rows of the table whose first line is ``head``, each a list of its cells."""
    lines = markdown[markdown.index(f"{head}\n") :].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in takewhile(lambda it: it != "", lines)]

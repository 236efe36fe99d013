"""A name or an address as it is typed on a line: in quotes where it must be."""

from __future__ import annotations

import re

from mcp_magics.wire.message import compact

_PLAIN = re.compile(r"[\w/:.?&%+~@!*,-]+")


def line_word(text: str) -> str:
    """``text`` as one word of a ``%mcp`` line; JSON's quotes where it holds what a line reads otherwise."""
    return text if _PLAIN.fullmatch(text) and not text.startswith("-") else compact(text)

"""A stranger's text on its way into a docstring, a comment or a note: no control or invisible characters."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping

_LONE = re.compile("[\ud800-\udfff]")


def plain(text: object) -> str:
    """``text`` without control, format and unassigned characters; line breaks and tabs stay."""
    return "".join(char for char in str(text) if char in "\n\t" or not unicodedata.category(char).startswith("C"))


def one_line(text: object, limit: int = 200) -> str:
    """``text`` on one line of at most ``limit`` characters, an ellipsis where it was cut."""
    head = str(text)[: limit * 8]  # a bound on the work; white space may collapse
    line = " ".join(plain(head).split())
    return line if len(line) <= limit and len(head) == len(str(text)) else f"{line[: limit - 1]}…"


def beginning(value: object, most: int) -> str:
    """The first ``most`` characters of ``value`` as JSON, without writing all of it; ``…`` where it has no end."""
    written = ""
    try:
        for part in _parts(value, most):
            written += part
            if len(written) >= most:
                break
    except RecursionError:
        return "…"
    return written[:most]


def _parts(value: object, most: int) -> Iterator[str]:
    """``value`` as JSON in small parts; of a text no more than its beginning."""
    if isinstance(value, Mapping):
        for number, (name, each) in enumerate(value.items()):
            yield f"{', ' if number else '{'}{_scalar(str(name)[:most])}: "
            yield from _parts(each, most)
        yield "}" if value else "{}"
    elif isinstance(value, (list, tuple)):
        for number, each in enumerate(value):
            yield ", " if number else "["
            yield from _parts(each, most)
        yield "]" if value else "[]"
    else:
        yield _scalar(value[:most] if isinstance(value, str) else value)


def fits(value: object, most: int) -> bool:
    """Whether ``value`` has at most ``most`` characters as JSON; no more of it is written."""
    length = 0
    for part in json.JSONEncoder(default=str).iterencode(value):
        length += len(part)
        if length > most:
            return False
    return True


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def is_sendable(text: object) -> bool:
    """Whether ``text`` can be sent to a page as it is: UTF-8 has no lone surrogates (RFC 3629 §3)."""
    return _LONE.search(str(text)) is None


def is_member(name: object) -> bool:
    """Whether a page can hold a member of this name: to what copies a message there, ``__proto__`` is none."""
    return name != "__proto__" and is_sendable(name)


def is_holdable(text: str) -> bool:
    """Whether a page's field gives ``text`` back as it got it: a text area makes every carriage return a line feed."""
    return "\r" not in text and is_sendable(text)

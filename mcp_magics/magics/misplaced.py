"""``%%mcp`` below other code in its cell, which IPython does not understand and Python reports as a syntax error."""

from __future__ import annotations

import ast
import re
import tokenize
from contextlib import suppress
from io import StringIO

_CELL_MAGIC_AS_LINE = re.compile(
    r"(?P<indent>\s*)"
    r"(?:get_ipython\(\)\.run_line_magic\('%(?P<name>mcp|mcp_call)', (?P<line>.*)\)|(?P<raw>%%mcp(?:_call)?\b.*))"
)


def refusal(lines: list[str]) -> list[str]:
    """A cell that raises, on the line of the first ``%%mcp`` that is not the first line; empty where there is none.

    Takes the lines of a cell that IPython transformed: its own attempt to call ``%mcp_call`` as a line magic is what
    tells, or the text as typed where the body confused its tokenizer. The same text inside a string means nothing.
    """
    for number, line in enumerate(lines):
        if (match := _CELL_MAGIC_AS_LINE.match(line)) and _is_code("".join(lines[:number]), line, match.end("indent")):
            return ["\n"] * number + [_raise(number + 1, _as_typed(match))]
    return []


def _is_code(above: str, line: str, column: int) -> bool:
    """Whether a token starts at ``column`` of ``line``: inside a string over several lines none does."""
    row, before = above.count("\n") + 1, len(above) - above.rfind("\n") - 1
    with suppress(tokenize.TokenError, SyntaxError):
        tokens = tokenize.generate_tokens(StringIO(above + line).readline)
        return any(token.start == (row, before + column) and token.string.strip() for token in tokens)
    return False


def _as_typed(match: re.Match[str]) -> str:
    """The line of the magic as its author wrote it."""
    if raw := match["raw"]:
        return raw.strip()
    with suppress(SyntaxError, ValueError):
        return f"%%{match['name']} {ast.literal_eval(match['line'])}".strip()
    return f"%%{match['name']}"


def _raise(number: int, typed: str) -> str:
    magic = typed.split(maxsplit=1)[0]
    message = f"{magic} must be the first line of its cell"
    evidence = f"line {number}: {typed}"
    step = f"move {typed!r} and the lines under it to a cell of their own"
    error = "__import__('mcp_magics.errors', fromlist=['errors']).CommandError"
    return f"raise {error}({message!r}, phase='parse', evidence=({evidence!r},), next_step={step!r})\n"

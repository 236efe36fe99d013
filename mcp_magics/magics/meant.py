"""The whole line somebody meant: the one typed, with one of its words mended. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.tokens import Token

LONGEST = 300
"""Characters of a line that is repeated whole."""


def quoted(name: str) -> str:
    """``name`` as it is written on a line: in quotes where it must be."""
    plain = name and not any(char in " .'\"{}[]()#=;" or char.isspace() for char in name)
    return name if plain else f"'{name}'" if "'" not in name else f'"{name}"'


def line_with(command: Command, word: str, instead: str) -> str:
    """The line with ``instead``, as it is typed, where it says the server ``word``; ``""`` where it does not.

    A word that is on the line already is not said twice.
    """
    for token in command.line.tokens:
        mended = _mended(token, word, instead)
        if mended is None:
            continue
        is_again = token in command.words and any(each.raw == instead for each in command.words)
        return typed(command, token, "" if is_again else mended)
    return ""


def typed(command: Command, token: Token, instead: str) -> str:
    """The line with ``instead`` in the place of ``token``; of a line too long to repeat, its beginning."""
    text, end = command.line.text, token.column + len(token.raw)
    verb = command.verb.name
    is_said = bool(command.line.tokens) and command.line.tokens[0].text == verb
    signs = "%mcp" if command.body is None else "%%mcp"
    words = " ".join(f"{text[: token.column]}{instead}{text[end:]}".split("\n")).strip()
    whole = f"{signs} {words}" if is_said else f"{signs} {verb} {words}"
    return whole if len(whole) <= LONGEST else f"{signs} {verb} {instead} …"


def _mended(token: Token, word: str, instead: str) -> str | None:
    """What ``token`` is with ``instead``, where it says ``word``: alone, before a dot, or as an option's value."""
    if token.text == word:
        return instead
    if token.text.startswith(f"{word}."):
        return instead + token.raw[token.origins[len(word)] :]
    if token.text.startswith("--") and token.text.endswith(f"={word}"):
        return f"{token.text.removesuffix(word)}{instead}"
    return None

"""``SERVER.ITEM``: the server and the tool or prompt that a line begins with; where it names none, what was meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mcp_magics.errors import CommandError, UnknownServerError
from mcp_magics.magics.meant import quoted, typed
from mcp_magics.magics.usage import usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.tokens import Token

Holders = Callable[[str], "Sequence[str]"]
_NAMES_SHOWN = 8  # servers named in an error


@dataclass(frozen=True, slots=True)
class Target:
    """``SERVER.ITEM``: a registered server and the name of a tool or prompt on it."""

    server: str
    item: str


def _nowhere(_item: str) -> Sequence[str]:
    return ()


def target(command: Command, servers: Sequence[str], holders: Holders = _nowhere) -> Target:
    """The server and item of a command's first word: the longest registered name before an unquoted dot wins.

    ``holders`` gives each ``SERVER.ITEM`` that an item alone may mean; they stand in the error.
    """
    word = command.words[0]
    named = [at for at in _dots(word) if word.text[:at] in servers]
    if not named:
        raise _no_target(command, word, servers, holders)
    server, item = word.text[: named[-1]], word.text[named[-1] + 1 :]
    if not item:
        raise _no_item(command, server)
    return Target(server, item)


def unknown_server(name: str, servers: Sequence[str], next_step: str = "") -> UnknownServerError:
    """The error for a name that no server has, with the names there are; ``next_step`` where the line is known."""
    if not servers:
        return UnknownServerError(
            f"no server is registered as {name!r}; none is registered at all",
            phase="parse",
            server=name,
            next_step=f"%mcp add {quoted(name)} -- COMMAND, or %mcp add {quoted(name)} https://…",
        )
    more = f" and {len(servers) - _NAMES_SHOWN} more" if len(servers) > _NAMES_SHOWN else ""
    return UnknownServerError(
        f"no server is registered as {name!r}",
        phase="parse",
        server=name,
        evidence=(f"registered: {', '.join(list(servers)[:_NAMES_SHOWN])}{more}",),
        next_step=next_step or "%mcp list",
    )


def _dots(word: Token) -> list[int]:
    return [at for at, char in enumerate(word.text) if char == "." and not word.quoted[at]]


def _no_target(
    command: Command, word: Token, servers: Sequence[str], holders: Holders
) -> CommandError | UnknownServerError:
    if word.text in servers:
        return _no_item(command, word.text)
    dots, meant = _dots(word), holders(word.text)
    if dots and not any(each.endswith(f".{quoted(word.text)}") for each in meant):
        return _no_such_server(command, word, servers, holders)
    if not meant and len(servers) == 1:
        meant = (f"{quoted(servers[0])}.{quoted(word.text)}",)
    verb, wanted = command.verb.name, command.verb.positionals[0].name
    if meant:
        problem = f"{verb} takes {wanted}, and {word.text!r} names no server"
        return command.line.error(problem, word.column, next_step=_lines(command, word, meant))
    step = f"%mcp {verb} SERVER.{quoted(word.text)}, a server of %mcp list"
    return unknown_server(word.text, servers, step if servers else "")


def _no_such_server(command: Command, word: Token, servers: Sequence[str], holders: Holders) -> UnknownServerError:
    """The error for ``NAME.ITEM`` whose name no server has: a server's like it is meant, else who has such an item."""
    for at in _dots(word):
        if near := get_close_matches(word.text[:at], servers, n=1, cutoff=0.5):
            mended = quoted(near[0]) + word.raw[word.origins[at] :]
            return unknown_server(word.text[:at], servers, typed(command, word, mended))
    first = _dots(word)[0]
    meant = holders(word.text[first + 1 :]) if word.text[first + 1 :] else ()
    return unknown_server(word.text[:first], servers, _lines(command, word, meant))


def _lines(command: Command, word: Token, targets: Sequence[str]) -> str:
    return ", or ".join(typed(command, word, each) for each in targets)


def _no_item(command: Command, server: str) -> CommandError:
    noun = "prompt" if "PROMPT" in command.verb.positionals[0].name else "tool"
    return CommandError(
        f"which {noun} of {server!r}?",
        phase="parse",
        evidence=(f"usage: {usage(command.verb)}",),
        next_step=f"%mcp {noun}s {quoted(server)} lists them; then %mcp {command.verb.name} {quoted(server)}.NAME",
    )

r"""``${NAME}`` and ``${NAME:-default}`` in configuration text: read here, resolved by :mod:`mcp_magics.config.expand`.

``${env:NAME}`` is the same as ``${NAME}``; VS Code's ``${input:id}`` is looked up like a variable called ``id``, and
its predefined variables (``${workspaceFolder}``, ``${userHome}`` …) have their values here. A default may hold
references again. ``$`` alone is an ordinary character, and what has another form (``${#x}``, ``${x%y}``) is left to
whatever shell it was written for.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAME = re.compile(r"(?:(?P<kind>env|input):)?(?P<name>[A-Za-z_][\w.\-]*)(?P<default>:-)?", re.ASCII)
_BARE = re.compile(r"(?<![\w$\\])\$([A-Za-z_]\w*)", re.ASCII)
_PREDEFINED: dict[str, Callable[[], str]] = {
    "workspaceFolder": lambda: str(Path.cwd()),
    "workspaceFolderBasename": lambda: Path.cwd().name,
    "cwd": lambda: str(Path.cwd()),
    "userHome": lambda: str(Path.home()),
    "pathSeparator": lambda: os.sep,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference; ``default`` stands where the variable is unset or empty, as in a POSIX shell (XCU 2.6.2)."""

    name: str
    default: str | None = None
    kind: str = "env"

    @property
    def predefined(self) -> str | None:
        """The value of one of VS Code's own variables."""
        known = _PREDEFINED.get(self.name) if self.kind == "env" else None
        return known() if known else None

    def __str__(self) -> str:
        prefix = "input:" if self.kind == "input" else ""
        return f"${{{prefix}{self.name}" + ("}" if self.default is None else f":-{self.default}}}")


def parse(text: str) -> tuple[str | Reference, ...]:
    """``text`` as literal pieces and references, in order."""
    return tuple(_pieces(text)) if "${" in text else ((text,) if text else ())


def _pieces(text: str) -> Iterator[str | Reference]:
    literal, position = 0, text.find("${")
    while position >= 0:
        found = _reference(text, position)
        if found is None:
            position = text.find("${", position + 2)
            continue
        reference, end = found
        if position > literal:
            yield text[literal:position]
        yield reference
        literal, position = end, text.find("${", end)
    if literal < len(text):
        yield text[literal:]


def _reference(text: str, start: int) -> tuple[Reference, int] | None:
    """The reference that begins at ``start``, and where it ends."""
    name = _NAME.match(text, start + 2)
    if name is None:
        return None
    end = _closing(text, name.end()) if name["default"] else name.end()
    if end is None or text[end : end + 1] != "}":
        return None
    default = text[name.end() : end] if name["default"] else None
    return Reference(name["name"], default, name["kind"] or "env"), end + 1


def _closing(text: str, position: int) -> int | None:
    """The brace that closes a default, which may have balanced ones inside."""
    depth = 0
    for index in range(position, len(text)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            if depth == 0:
                return index
            depth -= 1
    return None


def references(text: str) -> Iterator[Reference]:
    """Every reference in ``text``, those inside defaults too."""
    for piece in parse(text):
        if isinstance(piece, Reference):
            yield piece
            yield from references(piece.default or "")


def reject_bare_dollar(text: str, where: str, server: str) -> None:
    """Raise ``ConfigurationError`` where ``text`` says ``$NAME`` or leaves ``${NAME`` open: only ``${NAME}`` expands.

    Not for ``args``: there a dollar may be meant for a shell.
    """
    literal = "".join(piece if isinstance(piece, str) else " " for piece in parse(text))
    bare = _BARE.search(literal)
    if bare is None and "${" not in literal:
        return
    if bare is not None:
        what, right = f"${bare[1]}", text.replace(f"${bare[1]}", f"${{{bare[1]}}}", 1)
        why = f"{what} in {where} would be sent as it stands: write ${{{bare[1]}}}"
    else:
        why, right = f"an unfinished ${{ in {where}: write ${{NAME}}", "${NAME}"
    raise ConfigurationError(
        why, class_="bare_dollar", phase="config", server=server, next_step=f"write {_without_secret(right)}"
    )


def _without_secret(text: str) -> str:
    from mcp_magics.redact import redactor

    return redactor().text(text)

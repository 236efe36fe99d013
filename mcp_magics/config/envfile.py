r"""``--env-file``: lines of ``NAME=value``.

Blank lines and lines that begin with ``#`` say nothing; ``export`` before a name is allowed. A value in single quotes
is literal; in double quotes ``\n``, ``\t``, ``\r`` and a backslash before another character are escapes; quoted values
may span lines. An unquoted value ends at `` #``. Nothing is expanded inside the file.
"""

from __future__ import annotations

import re
from pathlib import Path

from mcp_magics.config.files import read_text
from mcp_magics.errors import ConfigurationError

_ENTRY = re.compile(
    r"""
    [ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.\-]*)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)' | "(?P<double>(?:[^"\\]|\\[\s\S])*)" | (?P<plain>(?!['"])[^\r\n]*?))
    [ \t]*(?:(?<=[\s'"=])\#[^\r\n]*)?(?:\r?\n|\Z)
    """,
    re.VERBOSE,
)
_NOTHING = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
_ESCAPE = re.compile(r"\\([\s\S])")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_env_file(path: str, server: str) -> dict[str, str]:
    """The variables of the file at ``path`` (relative to the working directory); the last of a name counts.

    Raises ``ConfigurationError`` where there is no such file, or naming the line that cannot be read.
    """
    file = Path(path).expanduser()
    text = read_text(file)
    if text is None:
        message = f"the env file {path} does not exist (in {Path.cwd()})"
        raise ConfigurationError(
            message,
            class_="env_file_missing",
            phase="config",
            server=server,
            next_step=f"%mcp add {server} --env-file FILE …",
        )
    return parse_env(text, str(file), server)


def parse_env(text: str, source: str, server: str) -> dict[str, str]:
    """The variables in ``text``; ``source`` is what errors call it."""
    variables: dict[str, str] = {}
    position = 0
    while position < len(text):
        if nothing := _NOTHING.match(text, position):
            position = nothing.end()
            continue
        entry = _ENTRY.match(text, position)
        if entry is None:
            raise _unreadable(source, text.count("\n", 0, position) + 1, server)
        variables[entry["name"]] = _value(entry)
        position = entry.end()
    return variables


def _value(entry: re.Match[str]) -> str:
    if entry["single"] is not None:
        return entry["single"]
    if entry["double"] is not None:
        return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), entry["double"])
    return entry["plain"].strip()


def _unreadable(source: str, line: int, server: str) -> ConfigurationError:
    return ConfigurationError(
        f"{source}, line {line}: expected NAME=value",
        class_="env_file_invalid",
        phase="config",
        server=server,
        next_step=f"write line {line} as NAME=value; quotes must be closed",
    )

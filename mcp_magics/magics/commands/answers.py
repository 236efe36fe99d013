"""The ``--answer`` options of a line: what a script says to a server's questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.errors import CommandError

if TYPE_CHECKING:
    from mcp_magics.magics.parse import Command


def answers_of(command: Command) -> tuple[str, ...] | None:
    """The answers in their order, ``@file`` read; None where there are none. Raises ``CommandError``."""
    return tuple(map(_read, command.options.many("answer"))) or None


def _read(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text("utf-8")
    except (OSError, ValueError) as error:
        problem = error
    raise CommandError(
        f"--answer {text}: {problem.strerror if isinstance(problem, OSError) else 'it is no UTF-8'}",
        class_="file_unreadable",
        phase="arguments",
        next_step="--answer @answer.json, a file that is there",
    )

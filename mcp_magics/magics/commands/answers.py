"""The ``--answer`` options of a line: what a script says to a server's questions."""

from __future__ import annotations

import json
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.magics.json_text import read_json
from mcp_magics.magics.references import NAME, References, unescaped

if TYPE_CHECKING:
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.references import Evaluate
    from mcp_magics.magics.tokens import Token

Given = str | dict[str, Any]
WORDS = ("accept", "decline", "cancel")
_NEAR = 0.8
_STEP = """--answer '{"field": "value"}', accept, decline or cancel"""


def answers_of(context: Context, command: Command) -> tuple[Given, ...] | None:
    """The answers in their order, ``@file`` read and Python worked out; None where there are none.

    Raises ``CommandError``.
    """
    return tuple(answer_in(word, context.evaluate) for word in command.options.words("answer")) or None


def answer_in(word: Token, evaluate: Evaluate) -> Given:
    """The answer one word says; raises ``CommandError`` for what looks like JSON or a word of ours, and is none."""
    try:
        if word.bare and (NAME.fullmatch(word.text) or word.text[:1] in ("{", "[")):
            return _value(read_json(word.text, References(word.text, evaluate), "answer").text, word.text)
        return _text(_file(word.text) if word.text.startswith("@") else unescaped(word.text))
    except CommandError as error:
        failure = error.failure
    raise CommandError.of(replace(failure, message=f"--answer {word.text[:80]}: {failure.message}"))


def _value(text: str, typed: str) -> Given:
    """What Python or unquoted JSON gave: an object, or a text that means what it means when it is typed."""
    value = json.loads(text)
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list) and typed.startswith("["):
        return typed  # a completion may be an array
    raise _no_answer(f"it is {text[:80]}, and an answer is an object or a text")


def _text(text: str) -> Given:
    stripped = text.strip()
    if stripped in WORDS:
        return stripped
    if stripped[:1] == "{":
        found: dict[str, Any] = json.loads(read_json(stripped).text)
        return found
    if stripped[:1] == "[":
        read_json(stripped)
    near = get_close_matches(stripped.strip("\"'").lower(), WORDS, n=1, cutoff=_NEAR)
    if near:
        raise _no_answer("it is no word this client knows", near[0])
    return text


def _no_answer(problem: str, near: str = "") -> CommandError:
    return CommandError(
        problem,
        phase="arguments",
        evidence=("""as the reply to a sampling request: {"type": "text", "text": "…"}""",) if near else (),
        next_step=f"--answer {near}" if near else _STEP,
    )


def _file(name: str) -> str:
    try:
        return Path(name[1:]).expanduser().read_text("utf-8")
    except (OSError, ValueError) as error:
        problem = error
    raise CommandError(
        f"{problem.strerror if isinstance(problem, OSError) else 'it is no UTF-8'}",
        class_="file_unreadable",
        phase="arguments",
        next_step="--answer @answer.json, a file that is there",
    )

"""``$name`` and ``{expression}`` in arguments: where they begin, what they are worth.

A reference is Python only unquoted and as a whole value. ``$$name`` is the text ``$name``.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from mcp_magics.errors import CommandError
from mcp_magics.magics.pointer import place
from mcp_magics.schema.values import to_json_text

Evaluate = Callable[[str], object]
"""Gives the value of a Python expression; may raise anything."""

NAME = re.compile(r"\$([^\W\d]\w*)")
_NOT_THEIRS = frozenset({*dir(builtins), "In", "Out", "get_ipython", "exit", "quit", "open"})
"""Names that are in every notebook."""
_TEXT_AND_MORE = re.compile(
    r"""\s*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*(?:[.%+*\[<>]|[=!]=|(?:if|in|not|is|and|or)\b)"""
)
"""A quoted text with an operator behind it, where a JSON or YAML key has a colon."""
_ESCAPED_NAME = re.compile(r"\$(\$[^\W\d]\w*)")


@dataclass(frozen=True, slots=True)
class References:
    """Turns the references in ``text`` into JSON text; their places in it appear in errors."""

    text: str
    evaluate: Evaluate

    def json(self, source: str, offset: int, path: str) -> str:
        """The JSON text of the expression ``source`` found at ``offset``; ``path`` is where it goes."""
        failed: CommandError
        if problem := syntax_problem(source):
            failed = self._no_expression(source, problem)
        else:
            try:
                # In parentheses an expression may span lines; it was found to be one in them.
                return to_json_text(self.evaluate(source if source.isidentifier() else f"({source}\n)"), path)
            except CommandError as error:
                failed = error
            except NameError as error:
                failed = _undefined(error, self.text[offset : offset + 1])
            except Exception as error:  # noqa: BLE001 - the expression is the user's: it may raise anything
                failed = self._raised(source, error)
        # Outside the `except`, so that no context of library frames is attached.
        raise failed.at(evidence=self._evidence(offset), phase="arguments")

    def _evidence(self, offset: int) -> tuple[str, ...]:
        where = place(self.text, offset)
        return (f"{where}: {where.shown[0].strip()}",)

    def _no_expression(self, source: str, problem: str) -> CommandError:
        return CommandError(
            f"{_short(source)} is no Python expression: {problem}",
            class_="not_python",
            phase="arguments",
            next_step='JSON and YAML keys: {"key": value}; a Python dict: start the body with python:',
        )

    def _raised(self, source: str, error: Exception) -> CommandError:
        return CommandError(
            f"{_short(source)} raised {type(error).__name__}: {str(error)[:300]}",
            class_="python_raised",
            phase="arguments",
            next_step=f"run {_short(source)} in a cell of its own",
        )


def _undefined(error: NameError, sign: str) -> CommandError:
    """The error for a name that stands for nothing, with the notebook's own names that are like it.

    ``sign`` is what the reference began with; the text that was perhaps meant is shown as it was typed.
    """
    name = error.name or str(error)
    near = difflib.get_close_matches(name, _names_in_reach(error), n=2, cutoff=0.6)
    typed = {"$": f"${name}", "{": f"{{{name}}}"}.get(sign)
    define = f"define {name} first" + (f"; text is quoted: '{typed}'" if typed else "")
    hint = f"did you mean {' or '.join(near)}?" if near else define
    return CommandError(f"no variable is named {name!r}", class_="undefined_name", phase="arguments", next_step=hint)


def _names_in_reach(error: NameError) -> list[str]:
    """The names the notebook defined itself, where the one missing was looked for."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame if trace else None
    found = {*frame.f_locals, *frame.f_globals} if frame else set()
    return sorted(name for name in found - _NOT_THEIRS if not name.startswith("_"))


def syntax_problem(source: str) -> str:
    """Why ``source`` is no Python expression, or ``""`` when it is one."""
    if not source.strip():
        return "it is empty"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            ast.parse(f"({source}\n)", mode="eval")
        except SyntaxError as error:
            return error.msg
        except (ValueError, RecursionError, MemoryError) as error:
            return str(error) or type(error).__name__
    return ""


def goes_on(text: str, start: int) -> bool:
    """Whether at ``start`` a Python expression begins with a quoted text, as ``", ".join(tags)`` does, and no key."""
    return _TEXT_AND_MORE.match(text, start) is not None


def unescaped(text: str) -> str:
    """A whole unquoted text with ``$$name`` read as ``$name``; every other text is itself."""
    found = _ESCAPED_NAME.fullmatch(text)
    return found[1] if found else text


def _short(source: str) -> str:
    text = " ".join(source.split())
    return text if len(text) <= 60 else f"{text[:57]}…"

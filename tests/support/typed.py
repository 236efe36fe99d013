"""Next steps as lines to type: read from an error, or from the sources of those who write them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mcp_magics.magics.parse import parse

_VALUES = {"--callback-port": "8765", "--grant": "client_credentials"}
_PROSE = re.compile(r"[,;:](\s|$)|\s\(")
_LINE = re.compile(r"(?:[a-z]+ = )?%mcp (?P<rest>.*)", re.DOTALL)


def check_typed(step: str) -> None:
    """A step that begins with ``%mcp``, or with a name that takes its value, is one command; prose is its comment."""
    line = _LINE.fullmatch(step)
    if line is None:
        assert not step.startswith("%mcp"), step
        return
    assert "\n" not in step, step
    parse(line["rest"], servers=("l1", "l2"))
    command = step.partition("  # ")[0]
    assert "#" not in command, step
    assert command.count("%mcp") == 1, step
    assert not _PROSE.search(command), step


def written_in(path: Path) -> Iterator[str]:
    """Each text of a module that is such a line, with the name and the values of options filled in."""
    tree = ast.parse(path.read_text("utf-8"))
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = _filled(node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            text = re.sub(r"\{\w*\}", "l2", node.value)
        else:
            continue
        if _LINE.fullmatch(text):
            yield text


def _filled(parts: list[ast.expr]) -> str:
    text = ""
    for part in parts:
        text += part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else _value(text)
    return text


def _value(before: str) -> str:
    """What may stand behind ``before``: a server's name, the value of an option, or nothing where all is said."""
    if not before.endswith(" "):
        return ""
    last = before.rstrip().rpartition(" ")[2]
    if last.startswith("--"):
        return _VALUES.get(last, "VALUE")
    return "l2" if "l2" not in before else ""

"""The arguments of a call as the JSON text that travels, from the words of a line and from a cell's body.

A body that begins with ``{`` or ``[`` is JSON, one that begins with ``python:`` a Python expression, any other
YAML 1.2. Words and body may be mixed; an argument given in both is an error.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.magics.balance import closing
from mcp_magics.magics.json_text import JSONText, read_json
from mcp_magics.magics.references import NAME, Evaluate, References, goes_on, unescaped
from mcp_magics.schema.arguments import parsed
from mcp_magics.schema.coerce import allowed_at
from mcp_magics.schema.values import json_string, member

if TYPE_CHECKING:
    from mcp_magics.magics.parse import Assignment, Command

ReadFile = Callable[[str], str]
"""Gives the text of a file; may raise ``OSError`` or ``UnicodeError``."""

_PYTHON = "python:"


@dataclass(frozen=True)
class Arguments:
    """The arguments as they go on the wire: ``text`` is JSON on one line, or anything at all when ``verbatim``."""

    text: str = "{}"
    is_verbatim: bool = False

    @classmethod
    def verbatim(cls, body: str) -> Arguments:
        """``--raw``: the text as it is, malformed included, without the line break that ends a cell."""
        return cls(body.removesuffix("\n"), is_verbatim=True)

    @cached_property
    def value(self) -> Any:
        """The parsed value, for looking at; only ``text`` is exact. Raises ``ValueError`` where it is not JSON."""
        return parsed(self.text)

    def merged(self, other: Arguments) -> Arguments:
        """One object of two; ``CommandError`` when one is no object, or when they have a key in common."""
        mine, others = read_json(self.text), read_json(other.text)
        for each in (mine, others):
            if each.kind != "object":
                raise _usage("the body is no object: key=value words have nowhere to go", "put all of it in the body")
        if twice := sorted(mine.keys & others.keys):
            raise _usage(f"{twice[0]!r} is given on the line and in the body", "leave one of them out")
        inner = [text for text in (mine.text[1:-1], others.text[1:-1]) if text]
        return Arguments("{" + ",".join(inner) + "}")


def arguments_of(
    command: Command, *, schema: Any = True, evaluate: Evaluate, read_file: ReadFile | None = None
) -> Arguments | None:
    """The arguments (or params) a command gives, or None when it gives none.

    They come from its ``key=value`` words, one JSON word and its body; ``schema`` is the tool's input schema.
    """
    word = next((each for each, slot in _slots(command) if slot.kind == "json"), None)
    body = command.body if command.body is not None and command.body.strip() else None
    if command.options.flag("raw") if command.verb.option("--raw") else False:
        return _verbatim(command, word.text if word else command.body)
    given: list[Arguments] = []
    if command.assignments:
        given.append(arguments_from_words(command.assignments, schema, evaluate, read_file or read_text))
    if word is not None:
        given.append(Arguments(read_json(word.text, References(word.text, evaluate) if word.bare else None).text))
    if body is not None:
        given.append(arguments_from_body(body, evaluate))
    return reduce(Arguments.merged, given) if given else None


def arguments_from_body(body: str, evaluate: Evaluate) -> Arguments:
    """The arguments a body says; ``CommandError`` with line, column and the line itself where it says none."""
    text = body.removeprefix("\ufeff")
    references = References(text, evaluate)
    begin = text.lstrip()
    if begin.startswith(_PYTHON):
        return Arguments(_python(text, references))
    if begin.startswith(("{", "[")):
        return Arguments(read_json(text, references).text)
    if name := NAME.fullmatch(begin.rstrip()):
        return Arguments(references.json(name[1], text.index("$"), "arguments"))
    return Arguments(_yaml(text, references))


def arguments_from_words(
    assignments: Sequence[Assignment], schema: Any, evaluate: Evaluate, read_file: ReadFile
) -> Arguments:
    """An object of the ``key=value`` words of a line, in their order, typed by the tool's input ``schema``."""
    members = [
        f"{json_string(each.key)}:{_word(each, schema, evaluate, read_file)}" for each in _each_once(assignments)
    ]
    return Arguments("{" + ",".join(members) + "}")


def read_text(path: str) -> str:
    """The text of a UTF-8 file; ``~`` is the home directory."""
    from pathlib import Path

    return Path(path).expanduser().read_text(encoding="utf-8")


def _slots(command: Command) -> list[tuple[Any, Any]]:
    return list(zip(command.words, command.verb.positionals, strict=False))


def _verbatim(command: Command, text: str | None) -> Arguments:
    if command.assignments:
        raise _usage("--raw sends one text as it is; key=value words have no place in it", "leave them or --raw out")
    if text is None:
        raise _usage("--raw needs a text to send", f"%%mcp {command.verb.name} … --raw with the text below it")
    return Arguments.verbatim(text)


def _python(text: str, references: References) -> str:
    start = text.index(_PYTHON) + len(_PYTHON)
    source = textwrap.dedent(text[start:]).strip()
    return references.json(source, start, "arguments")


def _yaml(text: str, references: References) -> str:
    from mcp_magics.magics.yaml_text import read_yaml

    found = read_yaml(text, references)
    if found is not None and found[0] not in "{[":
        raise _usage("the body is one text, not arguments", "key: value lines, JSON, python: EXPRESSION, or --raw")
    return "{}" if found is None else found


def _each_once(assignments: Sequence[Assignment]) -> Sequence[Assignment]:
    keys = [each.key for each in assignments]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise _usage(f"the argument {twice!r} is given twice", "leave one of them out")
    return assignments


def _word(each: Assignment, schema: Any, evaluate: Evaluate, read_file: ReadFile) -> str:
    path = member("arguments", each.key)
    references = References(each.text, evaluate) if each.bare else None
    match each.kind:
        case "json":
            return _json(each, each.text, references)
        case "json_file":
            return _json(each, _file(each, read_file), None)
        case "file":
            return json_string(_file(each, read_file))
        case _:
            return _value(each, schema, references, path)


def _value(each: Assignment, schema: Any, references: References | None, path: str) -> str:
    if references and (source := _expression(each.text)) is not None:
        return references.json(source, 0, path)
    text = unescaped(each.text) if each.bare else each.text
    permitted = allowed_at(schema, each.key)
    if not permitted.text(text) and (found := _spelled(text)) and permitted.literal(_type(found), found.text):
        return found.text
    return json_string(text)


def _json(each: Assignment, text: str, references: References | None) -> str:
    try:
        return read_json(text, references, member("arguments", each.key)).text
    except CommandError as error:
        failure = replace(error.failure, message=f"{each.key}: {error.failure.message}")
    raise CommandError.of(failure)


def _expression(text: str) -> str | None:
    """The Python in a bare value that is ``$name`` or ``{expression}`` as a whole."""
    if name := NAME.fullmatch(text):
        return name[1]
    lead = text[1:].lstrip()[:1]
    if text[:1] != "{" or lead in ("", "}") or (lead == '"' and not goes_on(text, 1)) or closing(text, 0) != len(text):
        return None
    return text[1:-1].strip()


def _spelled(text: str) -> JSONText | None:
    """The JSON value that ``text`` spells, if it spells one."""
    try:
        return read_json(text)
    except CommandError:
        return None


def _type(found: JSONText) -> str:
    return "boolean" if found.kind in ("true", "false") else found.kind


def _file(each: Assignment, read_file: ReadFile) -> str:
    problem = ""
    try:
        return read_file(each.text)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except UnicodeError:
        problem = "it is not UTF-8 text"
    raise CommandError(
        f"{each.key}: the file {each.text!r} cannot be read: {problem}",
        class_="file_unreadable",
        phase="arguments",
        next_step=f"check the path; for a text that begins with @, quote it: {each.key}='@…'",
    )


def _usage(problem: str, hint: str) -> CommandError:
    return CommandError(problem, phase="arguments", next_step=hint)

"""Getting a prompt; what its list says of required arguments is told beside the answer, and never decides."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.lists.looked_up import known_items
from mcp_magics.errors import RequestError
from mcp_magics.results.content import PromptResult
from mcp_magics.results.sanitise import one_line
from mcp_magics.schema.arguments import unnamed_note
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.steps import ServerSteps

_MOST_NOTES = 5


async def prompted(server: ServerSteps, name: str, arguments: str) -> PromptResult:
    """Steps: a prompt; ``arguments`` is the text of a JSON object. A ``RequestError`` says what was missing."""
    members = f'"name":{compact(name)},"arguments":{arguments}'
    try:
        reply = await server.request_steps("prompts/get", members, name=name)
    except RequestError as error:
        refused = error
    else:
        if arguments != "{}":
            await known_items(server, "prompts")
        known = server.connection.known
        left_out = missing(known, name, arguments)
        notes = (*((_said(left_out),) if left_out else ()), *unnamed(known, name, arguments))
        return PromptResult(reply, server.name, name, notes=notes, protocol_version=server.protocol_version)
    raise await _with_missing(server, name, arguments, refused)


async def _with_missing(server: ServerSteps, name: str, arguments: str, refused: RequestError) -> RequestError:
    if await known_items(server, "prompts") is None:
        return refused
    known = server.connection.known
    if left_out := missing(known, name, arguments):
        target = f"{line_word(server.name)}.{line_word(name)}"
        words = " ".join(f"{line_word(each)}=…" for each in left_out)
        failure = refused.failure
        evidence = (_said(left_out), *failure.evidence)
        refused.failure = replace(failure, evidence=evidence, next_step=f"%mcp prompt {target} {words}")
    return refused


def missing(known: Mapping[str, Any], name: str, arguments: str) -> list[str]:
    """The arguments that the list of prompts calls required and ``arguments`` does not give."""
    told, given = _told(known, name), _given(arguments)
    if told is None or given is None:
        return []
    required = [str(each.get("name")) for each in told if each.get("required") is True]
    return [each for each in required if each not in given]


def unnamed(known: Mapping[str, Any], name: str, arguments: str) -> tuple[str, ...]:
    """A note on each of ``arguments`` that the list of prompts does not name."""
    told, given = _told(known, name), _given(arguments)
    if told is None or given is None:
        return ()
    names = [str(each.get("name")) for each in told]
    others = [each for each in given if each not in names][:_MOST_NOTES]
    return tuple(unnamed_note(each, names, "the prompt names no such argument") for each in others)


def _told(known: Mapping[str, Any], name: str) -> list[Mapping[str, Any]] | None:
    """The arguments that the list of prompts has for ``name``, None where it does not have that."""
    prompt = next((each for each in known.get("prompts", ()) if each.get("name") == name), None)
    sent = prompt.get("arguments") if prompt is not None else None
    told: list[Mapping[str, Any]] = [each for each in sent if isinstance(each, dict)] if isinstance(sent, list) else []
    return told if prompt is not None else None


def _given(arguments: str) -> Mapping[str, Any] | None:
    try:
        given = json.loads(arguments)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _said(left_out: list[str]) -> str:
    return f"required and not given: {one_line(', '.join(left_out), 200)}"

"""Getting a prompt; what its list says of required arguments is told beside the answer, and never decides."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.lists.catalog import fetch
from mcp_magics.errors import MCPMagicsError, RequestError
from mcp_magics.results.content import PromptResult
from mcp_magics.results.sanitise import one_line
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.steps import ServerSteps


async def prompted(server: ServerSteps, name: str, arguments: str) -> PromptResult:
    """Steps: a prompt; ``arguments`` is the text of a JSON object. A ``RequestError`` says what was missing."""
    members = f'"name":{compact(name)},"arguments":{arguments}'
    try:
        reply = await server.request_steps("prompts/get", members, name=name)
    except RequestError as error:
        refused = error
    else:
        left_out = missing(server.connection.known, name, arguments)
        notes = (_said(left_out),) if left_out else ()
        return PromptResult(reply, server.name, name, notes=notes, protocol_version=server.protocol_version)
    raise await _with_missing(server, name, arguments, refused)


async def _with_missing(server: ServerSteps, name: str, arguments: str, refused: RequestError) -> RequestError:
    known = server.connection.known
    if "prompts" not in known:
        try:
            known["prompts"] = (await fetch(server, server.name, "prompts")).items
        except MCPMagicsError:
            return refused
    if left_out := missing(known, name, arguments):
        target = f"{line_word(server.name)}.{line_word(name)}"
        words = " ".join(f"{line_word(each)}=…" for each in left_out)
        failure = refused.failure
        evidence = (_said(left_out), *failure.evidence)
        refused.failure = replace(failure, evidence=evidence, next_step=f"%mcp prompt {target} {words}")
    return refused


def missing(known: Mapping[str, Any], name: str, arguments: str) -> list[str]:
    """The arguments that the list of prompts calls required and ``arguments`` does not give."""
    try:
        given = json.loads(arguments)
    except ValueError:
        return []
    prompt: Mapping[str, Any] = next((each for each in known.get("prompts", ()) if each.get("name") == name), {})
    sent = prompt.get("arguments")
    told = [each for each in sent if isinstance(each, dict)] if isinstance(sent, list) else []
    required = [str(each.get("name")) for each in told if each.get("required") is True]
    return [each for each in required if isinstance(given, dict) and each not in given]


def _said(left_out: list[str]) -> str:
    return f"required and not given: {one_line(', '.join(left_out), 200)}"

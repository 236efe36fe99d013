"""Tools that ask the client something: a form, a link, a language model, its roots.

A handshake connection is asked with a request of the server's own; a 2026-07-28 one gets an ``InputRequiredResult``
and calls the tool again with the answer (SEP-2322). The tool looks the same in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.playground.s1.registry import STRING, Call, Outcome, Schema, Toolbox, structured

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

box = Toolbox()

_FORM: Schema = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "title": "Your name", "minLength": 1},
        "age": {"type": "integer", "title": "Age in years", "minimum": 0, "maximum": 150},
        "colour": {"type": "string", "enum": ["red", "green", "blue"], "default": "green"},
        "height": {"type": "number", "title": "Height in metres"},
        "subscribe": {"type": "boolean", "title": "Send me news", "default": False},
        "email": {"type": "string", "format": "email"},
    },
}
_ANSWER = "answer"

_Asked = types.ElicitRequest | types.CreateMessageRequest | types.ListRootsRequest


def _asking(
    question: Callable[[Call], _Asked], answer_type: type[types.Result]
) -> Callable[[Call], Awaitable[Outcome]]:
    """A tool body that asks ``question`` and sends the answer back as structured content."""

    async def body(call: Call) -> Outcome:
        asked = question(call)
        if call.ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            related = ServerMessageMetadata(related_request_id=call.ctx.request_id)
            return _report(await call.ctx.session.send_request(asked, answer_type, metadata=related))
        answer = (call.params.input_responses or {}).get(_ANSWER)
        return types.InputRequiredResult(input_requests={_ANSWER: asked}) if answer is None else _report(answer)

    return body


def _report(answer: types.Result) -> types.CallToolResult:
    shown: dict[str, Any] = answer.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"result_type"})
    return structured(shown)


def _form(call: Call) -> types.ElicitRequest:
    params = types.ElicitRequestFormParams(message=call["message"], requested_schema=call.sent.get("schema", _FORM))
    return types.ElicitRequest(params=params)


def _link(call: Call) -> types.ElicitRequest:
    params = types.ElicitRequestURLParams(message="Please confirm there.", url=call["url"], elicitation_id="confirm-1")
    return types.ElicitRequest(params=params)


def _completion(call: Call) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=types.TextContent(text=call["prompt"]))
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[message], max_tokens=100))


def _roots(_call: Call) -> types.ListRootsRequest:
    return types.ListRootsRequest()


def _register(
    name: str, description: str, properties: Schema, question: Callable[[Call], _Asked], answer: type[types.Result]
) -> None:
    body = _asking(question, answer)
    body.__doc__ = description
    box.tool(name, properties)(body)


_register(
    "elicitation",
    "Ask a person to fill in a form, of this tool's own schema or of yours, and tell what they did.",
    {"message": STRING | {"default": "Who are you?"}, "schema": {"type": "object", "description": "Another form."}},
    _form,
    types.ElicitResult,
)
_register(
    "elicitation_url",
    "Ask a person to open a link.",
    {"url": {"type": "string", "format": "uri", "default": "https://example.org/confirm"}},
    _link,
    types.ElicitResult,
)
_register(
    "sampling",
    "Ask the client's language model.",
    {"prompt": STRING | {"default": "Say hello."}},
    _completion,
    types.CreateMessageResult,
)
_register("roots", "Ask for the client's roots.", {}, _roots, types.ListRootsResult)

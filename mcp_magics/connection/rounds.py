"""Input-required rounds (2026-07-28 basic/patterns/mrtr): answer what the server asks, send the request again.

The first answer's ``requestState`` is echoed byte for byte, the questions go through the same callbacks as the
older push requests, and the last answer is handed back untouched.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ProtocolError
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mcp_magics.connection.client import Connection
    from mcp_magics.results.reply import Reply

MAX_ROUNDS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.25


def asks_for_input(message: Mapping[str, Any] | None) -> bool:
    """Whether an answer is a question."""
    result = (message or {}).get("result")
    return isinstance(result, dict) and result.get("resultType") == "input_required"


async def settle(connection: Connection, reply: Reply, again: Callable[[str], Awaitable[Reply]]) -> Reply:
    """Play rounds until ``reply`` is a result; raises ``ProtocolError`` after :data:`MAX_ROUNDS`.

    ``again`` sends the request once more, with these members added to its own.
    """
    pause = _FIRST_PAUSE
    for _ in range(MAX_ROUNDS):
        if not asks_for_input(reply.message):
            return reply
        result = (reply.message or {})["result"]
        extra = ""
        requests = result.get("inputRequests")
        if isinstance(requests, dict) and requests:
            extra = f'"inputResponses":{compact(await _respond(connection, requests))}'
            pause = _FIRST_PAUSE
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        if "requestState" in result:
            state = f'"requestState":{compact(result["requestState"])}'
            extra = f"{extra},{state}" if extra else state
        reply = await again(extra)
    raise ProtocolError(
        f"the server asked for input {MAX_ROUNDS} times without giving a result",
        class_="too_many_rounds",
        phase="call",
        server=connection.spec.name,
        next_step=f"%mcp trace {connection.spec.name}",
    )


async def _respond(connection: Connection, requests: Mapping[str, Any]) -> dict[str, Any]:
    answers = await asyncio.gather(*(_respond_one(connection, request) for request in requests.values()))
    return dict(zip(requests, answers, strict=True))


async def _respond_one(connection: Connection, request: Any) -> Any:
    import mcp_types as types
    from mcp.client.session import ClientRequestContext
    from pydantic import TypeAdapter, ValidationError

    session = connection.session
    assert session is not None  # a reply has come over it
    try:
        typed: Any = TypeAdapter(types.InputRequest).validate_python(request, by_name=False)
    except ValidationError as error:
        raise ProtocolError(
            f"the server asks for input in a form this client cannot read: {error.errors()[0]['msg']}",
            phase="call",
            server=connection.spec.name,
            next_step=f"%mcp trace {connection.spec.name}",
        ) from None
    context = ClientRequestContext(session=session, request_id=0, meta=None)
    answer = await session.dispatch_input_request(context, typed)
    if isinstance(answer, types.ErrorData):
        raise ProtocolError(f"the question was refused: {answer.message}", class_="input_refused", phase="call")
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

"""ASGI middleware that notes each request once its body has come, before it is answered."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REMEMBERED = 10_000
"""How many requests a server remembers."""
OWN_PATH = "/requests"
"""Where it tells them; asking there is not remembered."""
_LOOKED_AT_BYTES = 1024 * 1024

Told = Callable[[int], None]
"""What is called with the status of the answer."""
Note = Callable[["Scope", bytes], Told | None]
"""What is called with each request and its body."""


class Remembering:
    """``app``, and each of its HTTP requests, but those to ``own_path``, told to ``note`` before it is answered."""

    def __init__(self, app: ASGIApp, note: Note, own_path: str = OWN_PATH) -> None:
        self._app = app
        self._note = note
        self._own_path = own_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the request, then let it be answered."""
        if scope["type"] != "http" or scope["path"] == self._own_path:
            await self._app(scope, receive, send)
            return
        body, replayed = await read_ahead(receive)
        told = self._note(scope, body)

        async def noted(message: Message) -> None:
            if told is not None and message["type"] == "http.response.start":
                told(message["status"])
            await send(message)

        await self._app(scope, replayed, noted)


async def read_ahead(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body of a request, and where the application can receive it again."""
    messages = deque([await receive()])
    while messages[-1].get("more_body"):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)

    async def replayed() -> Message:
        return messages.popleft() if messages else await receive()

    return body, replayed


def rpc_and_tool(body: bytes, *, up_to: int | None = _LOOKED_AT_BYTES) -> tuple[str | None, str | None]:
    """The JSON-RPC method of a body and, where that calls a tool, the tool; of a longer one nothing."""
    message = _parsed(body[:up_to])
    params = message.get("params")
    tool = params.get("name") if message.get("method") == "tools/call" and isinstance(params, dict) else None
    return message.get("method"), tool


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}

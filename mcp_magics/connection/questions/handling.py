"""The handlers of one server, run: for its questions, for what else it sends, and when it connects.

A handler is the user's: what it raises is told in the log with its traceback, and never ends a connection.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.connection.questions.handler_call import arguments_for, run_aside, snake
from mcp_magics.connection.questions.handlers import QUESTIONS, declared
from mcp_magics.connection.questions.refused import INTERNAL_ERROR, METHOD_NOT_FOUND, RefusedError
from mcp_magics.connection.questions.returned import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_magics.connection.questions.handlers import Handler, Handlers
    from mcp_magics.connection.serverlog import ServerLog

T = TypeVar("T")

AT_ONCE = 16
"""Handlers of one server that run at the same time."""
_MOST_TRACED = 40
"""Lines of a handler's traceback."""


class Handling:
    """What registered functions do for one server; belongs to the loop.

    ``tell`` gets what went wrong; ``capabilities`` are the server's, once they are known.
    """

    def __init__(self, server: str, handlers: Handlers, log: ServerLog, tell: Callable[[str], None]) -> None:
        self.server = server
        self.handlers = handlers
        self.capabilities: Mapping[str, Any] = {}
        self._log = log
        self._tell = tell
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def fitting(self, kind: str) -> tuple[Handler, ...]:
        """The handlers for one kind of question or method, in the order they are asked."""
        return self.handlers.fitting(kind, self.server, self.capabilities)

    async def called(
        self, handler: Handler, known: Mapping[str, Any], alone: Any, pair: tuple[Any, Any] | None = None
    ) -> Any:
        """What ``handler`` returns; raises ``RefusedError`` with what it raised."""
        names = {snake(name): value for name, value in known.items()}
        try:
            positional, named = arguments_for(handler.function, names, alone, pair or (alone, known.get("params")))
            async with self._at_once:
                return await run_aside(lambda: handler.function(*positional, **named))
        except Exception as error:  # noqa: BLE001  a handler is the user's: it may raise anything
            raise self._failed(handler, error) from None

    def checked(self, handler: Handler, reading: Callable[..., T], *returned: Any) -> T:
        """What ``reading`` makes of what ``handler`` returned; raises ``RefusedError`` where it makes nothing."""
        try:
            return reading(*returned)
        except (TypeError, ValueError) as error:
            raise self._failed(handler, error) from None

    def say(self, text: str) -> None:
        """Say what went well in the log."""
        self._log.add("client", text)

    def _failed(self, handler: Handler, error: Exception) -> RefusedError:
        self._log.add("client", f"handler {handler.name} of {handler.kind} failed", level="error")
        for line in _traced(error):
            self._log.add("client", line, level="error")
        text = f"the handler {handler.name} failed: {type(error).__name__}: {str(error)[:300]}"
        return RefusedError(INTERNAL_ERROR, text)

    # -- other requests and notifications --------------------------------------------------------------------

    def handles(self, method: str) -> tuple[Handler, ...]:
        """The handlers for a method that is none of the specification's questions."""
        return () if method in QUESTIONS else self.fitting(method)

    async def custom(self, method: str, params: Mapping[str, Any]) -> Any:
        """The result of a request this specification does not know, from its handler; raises ``RefusedError``."""
        for handler in self.fitting(method):
            value = await self.called(handler, self._material(method, params), params)
            self.say(f"{method} answered by {handler.name}")
            return self.checked(handler, _as_result, value)
        raise RefusedError(METHOD_NOT_FOUND, "Method not found")

    async def told(self, handler: Handler, method: str, params: Mapping[str, Any]) -> None:
        """A notification for ``handler``; what it raises is a line of the log."""
        try:
            await self.called(handler, self._material(method, params), params)
        except RefusedError as error:
            self._tell(str(error))

    def _material(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return {"params": params, "method": method, "server": self.server}

    # -- a connection that is ready --------------------------------------------------------------------------

    async def greet(self) -> None:
        """The connection is ready: call the handlers of ``connected``, side by side."""
        await asyncio.gather(*(self._greeted(handler) for handler in self.fitting("connected")))

    async def _greeted(self, handler: Handler) -> None:
        settings = declared(handler.capability, self.capabilities) if handler.capability else self.capabilities
        server = self.handlers.server_named(self.server)
        known = {"server": server, "settings": settings, "capabilities": self.capabilities}
        try:
            await self.called(handler, known, server, (server, settings))
        except RefusedError as error:
            self._tell(str(error))


def _traced(error: Exception) -> list[str]:
    """The traceback of a handler, a line each, without the frames that called it; of a long one the end."""
    trace = error.__traceback__
    while (
        trace is not None and trace.tb_next is not None and "mcp_magics" in trace.tb_frame.f_globals.get("__name__", "")
    ):
        trace = trace.tb_next
    lines = "".join(traceback.format_exception(type(error), error, trace)).splitlines()
    return [line for line in lines if line.strip()][-_MOST_TRACED:]


def _as_result(value: Any) -> Any:
    """What a handler returned as the result of a request: an object, an empty one for None. Raises ``TypeError``."""
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        value = dump(mode="json", by_alias=True, exclude_none=True)
    if value is None:
        return {}
    if not isinstance(value, dict):
        msg = f"it returned {type(value).__name__}; a result is a dict"
        raise TypeError(msg)
    return as_json(value, "result")

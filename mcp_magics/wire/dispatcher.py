"""A channel as the SDK's session sees it, above what every transport of ours has in common.

:class:`FrameDispatcher` is an implementation of the SDK's public ``mcp.shared.dispatcher.Dispatcher`` Protocol, so
the SDK's ``ClientSession`` negotiates and answers the server's questions on it. Calls do not pass through that
session: :meth:`~mcp_magics.wire.outbound.Outbound.submit` sends them, and hands back the answer's own bytes, parsed
once and validated by nobody.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, cast

from mcp_magics.errors import MCPMagicsError
from mcp_magics.results.violations import in_handshake
from mcp_magics.wire.context import InboundContext
from mcp_magics.wire.handshake import HANDSHAKES, mended
from mcp_magics.wire.inbound import Inbound
from mcp_magics.wire.message import compact, is_id
from mcp_magics.wire.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anyio.abc import TaskStatus
    from mcp.shared.dispatcher import CallOptions, OnNotify, OnNotifyIntercept, OnRequest

    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer


class FrameDispatcher(Inbound):
    """A duplex channel of JSON-RPC messages in which every frame is journalled and nothing is lost.

    ``declared`` are the server's capabilities as it sent them, those the SDK's models do not know too; ``has_answered``
    is whether the session has had any answer.
    """

    def __init__(self, server: str, journal: Journal, observer: Observer) -> None:
        super().__init__(server, journal, observer)
        self._answering: dict[int | str, asyncio.Task[None]] = {}
        self._on_request: OnRequest | None = None
        self._intercept: OnNotifyIntercept | None = None
        self.declared: Mapping[str, Any] = {}
        self.has_answered = False

    # -- what the session asks and tells -------------------------------------------------------------------

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        """Send a request of the SDK's session and wait for its result (``Dispatcher`` Protocol)."""
        from mcp.shared.exceptions import MCPError

        options = opts or {}
        request_id = options.get("request_id", next(self._ids))
        tail = f',"params":{compact(params)}' if params is not None else ""
        text = f'{{"jsonrpc":"2.0","id":{compact(request_id)},"method":{compact(method)}{tail}}}'
        pending = self._launch(Pending(request_id, method), text, options.get("headers"))
        arrival = asyncio.Event()
        pending.on_done(lambda: self.loop.call_soon_threadsafe(arrival.set))
        try:
            async with asyncio.timeout(options.get("timeout")):
                await arrival.wait()
        except TimeoutError:
            self._drop(pending, quiet=not options.get("cancel_on_abandon", True))
            raise MCPError(code=-32001, message=f"Timed out after {options.get('timeout')} s") from None
        except asyncio.CancelledError:
            self._drop(pending, quiet=not options.get("cancel_on_abandon", True))
            raise
        self.has_answered |= pending.message is not None
        result = self._result(pending)
        if method not in HANDSHAKES:
            return result
        self._take_note(in_handshake(method, (pending.message or {}).get("result")), pending)
        begun = mended(method, result)
        said = begun.get("capabilities")
        self.declared = said if isinstance(said, dict) else {}
        return begun

    def _drop(self, pending: Pending, *, quiet: bool) -> None:
        if self._forget(pending) and not quiet:
            self._cancel(pending, "abandoned")

    @staticmethod
    def _result(pending: Pending) -> dict[str, Any]:
        from mcp.shared.exceptions import MCPError

        if pending.error is not None:
            raise _for_session(pending.error)
        message = pending.message or {}
        if message.get("error") is not None or "result" not in message:
            said = message.get("error") or "neither a result nor an error"
            error = said if isinstance(said, dict) else {"message": str(said)}
            code = error.get("code")
            raise MCPError(
                code=code if isinstance(code, int) else -32603,
                message=str(error.get("message", "")),
                data=error.get("data"),
            )
        result = message.get("result")
        return result if isinstance(result, dict) else {}

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Send a notification of the SDK's session (``Dispatcher`` Protocol)."""
        self.tell(method, compact(params) if params is not None else "", headers=(opts or {}).get("headers"))

    async def run(
        self,
        on_request: OnRequest,
        on_notify: OnNotify,  # noqa: ARG002  the Protocol's; wire/inbound.py says why it is not called
        on_notify_intercept: OnNotifyIntercept | None = None,
        *,
        task_status: TaskStatus[None] | None = None,
    ) -> None:
        """Receive until the channel closes (``Dispatcher`` Protocol)."""
        self._on_request = on_request
        self._intercept = on_notify_intercept
        if task_status is not None:
            task_status.started()
        try:
            await self._pump()
        finally:
            for task in list(self._answering.values()):
                task.cancel()

    @abstractmethod
    async def _pump(self) -> None:
        """Receive until the channel closes."""

    # -- what the session is asked and told ----------------------------------------------------------------

    def _asked(self, request_id: int | str, message: dict[str, Any]) -> None:
        task = self.loop.create_task(self._answer(request_id, message))
        self._answering[request_id] = task
        task.add_done_callback(lambda done: self._answered(request_id, done))

    def _answered(self, request_id: int | str, task: asyncio.Task[None]) -> None:
        if self._answering.get(request_id) is task:  # a server may use an id twice
            del self._answering[request_id]

    async def _answer(self, request_id: int | str, message: dict[str, Any]) -> None:
        from mcp.shared.exceptions import MCPError

        if self._on_request is None:
            return
        params = message.get("params")
        context = cast("Any", InboundContext(self, request_id))
        try:
            result = await self._on_request(
                context, str(message["method"]), params if isinstance(params, dict) else None
            )
        except MCPError as error:
            reply = {"error": error.error.model_dump(mode="json", by_alias=True, exclude_none=True)}
        except Exception as error:  # noqa: BLE001  whatever a handler raises, the server gets an answer
            reply = {"error": {"code": -32603, "message": f"{type(error).__name__} in the client's handler"}}
        else:
            reply = {"result": result}
        self._post(_response(request_id, reply))

    def _told(self, method: str, params: dict[str, Any]) -> bool:
        if method == "notifications/cancelled":
            request_id = params.get("requestId")
            task = self._answering.get(request_id) if is_id(request_id) else None
            if task is not None:
                task.cancel()
        return self._intercept is not None and self._intercept(method, params)


def _response(request_id: int | str, reply: Mapping[str, Any]) -> str:
    """The text of an answer; an error where ``reply`` is no JSON, for a server that is not answered waits."""
    try:
        return compact({"jsonrpc": "2.0", "id": request_id, **reply})
    except (TypeError, ValueError, RecursionError):
        error = {"code": -32603, "message": "the client's answer is no JSON"}
        return compact({"jsonrpc": "2.0", "id": request_id, "error": error})


def _for_session(error: BaseException) -> BaseException:
    """``error`` as the SDK's negotiation reads it: an endpoint that refuses is a peer of the older era, no outage."""
    if isinstance(error, MCPMagicsError) and error.failure.class_ == "not_an_mcp_endpoint":
        from mcp.shared.exceptions import MCPError

        refusal = MCPError(code=-32601, message=error.failure.message)
        refusal.failure = error.failure  # type: ignore[attr-defined]  # kept for the verdict on the whole attempt
        return refusal
    return error

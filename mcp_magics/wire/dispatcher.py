"""Correlation of JSON-RPC messages: what every transport of ours has in common.

:class:`FrameDispatcher` is an implementation of the SDK's public ``mcp.shared.dispatcher.Dispatcher`` Protocol, so
the SDK's ``ClientSession`` negotiates and answers the server's questions on it. Calls do not pass through that
session: :meth:`FrameDispatcher.submit` may be called from any thread, sends the arguments' own text and hands back
the answer's own bytes, parsed once and validated by nobody.

Notifications are offered to the session's intercept in receive order, as the Protocol demands, and then to our
:class:`Observer` synchronously; they are not validated and not spawned as tasks, so a flood of them costs no memory.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic_core import from_json

from mcp_magics.errors import ConnectionFailedError, MCPMagicsError, ProtocolError
from mcp_magics.wire.pending import Pending, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anyio.abc import TaskStatus
    from mcp.shared.dispatcher import CallOptions, OnNotify, OnNotifyIntercept, OnRequest
    from typing_extensions import TypeIs

    from mcp_magics.wire.journal import Journal

WRONG_ID_GRACE = 2.0
"""Seconds a lone request goes on waiting after the server has answered an id nobody asked."""


class Observer(Protocol):
    """Who hears what a connection says on its own account. Never blocks, never raises."""

    def notification(self, method: str, params: Mapping[str, Any]) -> None:
        """A notification arrived (progress of our own requests excepted)."""

    def noise(self, text: str) -> None:
        """Something arrived that is not JSON-RPC."""

    def warning(self, text: str) -> None:
        """Something was configured that could not be done as it was written."""

    def violation(self, rule: str, message: str) -> None:
        """The server broke the protocol in a way that belongs to no single answer."""

    def stderr(self, line: str) -> None:
        """A line of the server's standard error."""

    def closed(self, error: MCPMagicsError) -> None:
        """The channel is gone."""


# json.dumps builds an encoder at each call that asks for anything but its defaults.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def compact(value: object) -> str:
    """``value`` as JSON text on one line; raises ``ValueError`` for NaN and infinities."""
    return _ENCODER.encode(value)


class FrameDispatcher(ABC):
    """A duplex channel of JSON-RPC messages in which every frame is journalled and nothing is lost."""

    channel = "wire"

    def __init__(self, server: str, journal: Journal, observer: Observer) -> None:
        self.server = server
        self.journal = journal
        self.observer = observer
        self.loop = asyncio.get_running_loop()
        self._ids = itertools.count(1)
        self._highest = 0
        self._pending: dict[int | str, Pending] = {}
        self._answering: dict[int | str, asyncio.Task[None]] = {}
        self._on_request: OnRequest | None = None
        self._intercept: OnNotifyIntercept | None = None
        self._closed: MCPMagicsError | None = None

    # -- out: from any thread ------------------------------------------------------------------------------

    def submit(self, method: str, members: str, meta: str = "", *, headers: dict[str, str] | None = None) -> Pending:
        """Send a request whose params are the JSON object members ``members``; any thread may call this.

        ``meta`` is the members of ``_meta``; a ``progressToken`` (the request's id) is added to them.
        """
        request_id = next(self._ids)
        token = f'"progressToken":{request_id}'
        envelope = f'"_meta":{{{meta},{token}}}' if meta else f'"_meta":{{{token}}}'
        params = f"{members},{envelope}" if members else envelope
        text = f'{{"jsonrpc":"2.0","id":{request_id},"method":{compact(method)},"params":{{{params}}}}}'
        return self._launch(Pending(request_id, method), text, headers)

    def _launch(self, pending: Pending, text: str, headers: dict[str, str] | None) -> Pending:
        pending.headers = headers
        if isinstance(pending.id, int):
            self._highest = pending.id
        self._pending[pending.id] = pending
        if self._closed is not None:
            self._settle_lost(pending, self._closed)
            return pending
        self._put(text.encode(), pending, headers)
        return pending

    def _put(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:
        moment = self.journal.moment()
        self._send(frame, pending, headers)
        self.journal.frame(self.server, "sent", self.channel, frame, moment)

    def tell(self, method: str, params: str = "", *, headers: dict[str, str] | None = None) -> None:
        """Send a notification; ``params`` is JSON text. Silently dropped once the channel is closed."""
        tail = f',"params":{params}' if params else ""
        self._post(f'{{"jsonrpc":"2.0","method":{compact(method)}{tail}}}', headers)

    def abandon(self, pending: Pending, error: MCPMagicsError) -> None:
        """Give a request up and tell the server so; any thread may call this, at any time."""
        if self._pending.pop(pending.id, None) is None:
            return
        reason = error.failure.class_
        pending.fail(error)
        if self._closed is None:
            self._cancel(pending, reason)

    def _cancel(self, pending: Pending, reason: str) -> None:
        """Tell the server that nobody waits for ``pending`` any more (2025-11-25 basic/utilities/cancellation)."""
        params = {"requestId": pending.id, "reason": reason}
        self.tell("notifications/cancelled", compact(params), headers=pending.headers)

    def _post(self, text: str, headers: dict[str, str] | None = None) -> None:
        if self._closed is None:
            self._put(text.encode(), None, headers)

    @property
    def in_flight(self) -> tuple[Pending, ...]:
        """The requests that wait for their answer."""
        return tuple(self._pending.values())

    # -- out: for the SDK's session ------------------------------------------------------------------------

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
        return self._result(pending)

    def _drop(self, pending: Pending, *, quiet: bool) -> None:
        if self._pending.pop(pending.id, None) is not None and not quiet:
            self._cancel(pending, "abandoned")

    @staticmethod
    def _result(pending: Pending) -> dict[str, Any]:
        from mcp.shared.exceptions import MCPError

        if pending.error is not None:
            raise _for_session(pending.error)
        message = pending.message or {}
        if "error" in message:
            error = message["error"] if isinstance(message["error"], dict) else {"message": str(message["error"])}
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
        on_notify: OnNotify,  # noqa: ARG002  the Protocol's; the module's docstring says why it is not called
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

    # -- in: on the loop -----------------------------------------------------------------------------------

    def receive(self, frame: bytes | bytearray, asked: Pending | None = None) -> None:
        """Take in one frame as it came off the wire; ``asked`` is the request a reply channel belongs to."""
        self.journal.frame(self.server, "received", self.channel, frame)
        try:
            message = from_json(frame, cache_strings="keys")
        except ValueError:
            message = self._last_resort(frame)
        if isinstance(message, dict):
            self._take(frame, message, asked)
        elif isinstance(message, list):
            for item in message:
                if isinstance(item, dict):
                    self._take(b"", item, asked)
        else:
            self._noise(frame)

    def _last_resort(self, frame: bytes | bytearray) -> Any:
        """What the standard library still reads and pydantic does not (a lone surrogate, bytes that are no UTF-8)."""
        try:
            return json.loads(frame)
        except UnicodeDecodeError as error:
            message = _parsed(frame.decode("utf-8", "surrogateescape"))
            if isinstance(message, dict | list):
                self.observer.violation("RFC 8259 §8.1: UTF-8", f"a message is not UTF-8 (byte {error.start})")
            return message
        except (ValueError, RecursionError):
            return None

    def _noise(self, frame: bytes | bytearray) -> None:
        self.observer.noise(bytes(frame[:2000]).decode("utf-8", "replace"))

    def _take(self, frame: bytes | bytearray, message: dict[str, Any], asked: Pending | None) -> None:
        if "method" in message:
            if "id" in message:
                self._take_request(message)
            else:
                self._take_notification(message)
        elif "id" in message or ("error" in message and "jsonrpc" in message):
            self._take_response(frame, message, asked)
        else:  # a line of JSON logging, say
            self._noise(frame)

    def _take_response(self, frame: bytes | bytearray, message: dict[str, Any], asked: Pending | None) -> None:
        request_id = message.get("id")
        pending = self._pending.pop(request_id, None) if _is_id(request_id) else None
        if pending is None and isinstance(request_id, str) and request_id.isdecimal():
            pending = self._pending.pop(int(request_id), None)
        if pending is None and request_id is None and "error" in message:
            # The peer could not read the id (JSON-RPC 2.0 §5).
            pending = self._only_candidate(asked)
        if pending is not None:
            pending.answer(frame, message)
        elif not (isinstance(request_id, int) and request_id <= self._highest):
            self._answered_nobody(request_id)

    def _only_candidate(self, asked: Pending | None) -> Pending | None:
        if asked is None and len(self._pending) == 1:
            asked = next(iter(self._pending.values()))
        return self._pending.pop(asked.id, None) if asked is not None else None

    def _answered_nobody(self, request_id: object) -> None:
        text = f"answered id {compact(request_id)}, which nobody asked"
        self.observer.violation("JSON-RPC 2.0 §5: id", text)
        if len(self._pending) == 1:
            (lonely,) = self._pending.values()
            error = ProtocolError(
                f"the server {text}; the request's id was {compact(lonely.id)}",
                class_="wrong_id",
                phase="call",
                server=self.server,
                next_step=f"%mcp trace {self.server}",
            )
            self.loop.call_later(WRONG_ID_GRACE, self.abandon, lonely, error)

    def _take_notification(self, message: dict[str, Any]) -> None:
        method = str(message["method"])
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        if method == "notifications/progress" and self._take_progress(params):
            return
        if method == "notifications/cancelled":
            task = self._answering.get(cast("int | str", params.get("requestId")))
            if task is not None:
                task.cancel()
        if self._intercept is not None and self._intercept(method, params):
            return
        self.observer.notification(method, params)

    def _take_progress(self, params: dict[str, Any]) -> bool:
        token = params.get("progressToken")
        pending = self._pending.get(token) if isinstance(token, int | str) else None
        if pending is None:
            return False
        total, message = params.get("total"), params.get("message")
        pending.sign_of_life(
            Progress(
                _number(params.get("progress")) or 0.0, _number(total), message if isinstance(message, str) else None
            )
        )
        return True

    def _take_request(self, message: dict[str, Any]) -> None:
        request_id = message["id"]
        if not _is_id(request_id):
            self.observer.violation("JSON-RPC 2.0 §4: id", f"a request with the id {compact(request_id)}")
            return
        task = self.loop.create_task(self._answer(request_id, message))
        self._answering[request_id] = task
        task.add_done_callback(lambda _: self._answering.pop(request_id, None))

    async def _answer(self, request_id: int | str, message: dict[str, Any]) -> None:
        from mcp.shared.exceptions import MCPError

        from mcp_magics.wire.inbound import InboundContext

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
        self._post(compact({"jsonrpc": "2.0", "id": request_id, **reply}))

    # -- the end -------------------------------------------------------------------------------------------

    def lose(self, error: MCPMagicsError) -> None:
        """The channel is gone: settle every request with ``error``."""
        if self._closed is not None:
            return
        self._closed = error
        for pending in list(self._pending.values()):
            self._settle_lost(pending, error)
        self.observer.closed(error)

    def _settle_lost(self, pending: Pending, error: MCPMagicsError) -> None:
        if self._pending.pop(pending.id, None) is not None:
            pending.fail(ConnectionFailedError.of(error.failure))

    @abstractmethod
    def _send(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:
        """Put one frame on the wire; called from any thread, in order, never blocks."""

    @abstractmethod
    async def _pump(self) -> None:
        """Receive until the channel closes."""


def _for_session(error: BaseException) -> BaseException:
    """``error`` as the SDK's negotiation reads it: an endpoint that refuses is a peer of the older era, no outage."""
    if isinstance(error, MCPMagicsError) and error.failure.class_ == "not_an_mcp_endpoint":
        from mcp.shared.exceptions import MCPError

        refusal = MCPError(code=-32601, message=error.failure.message)
        refusal.failure = error.failure  # type: ignore[attr-defined]  # kept for the verdict on the whole attempt
        return refusal
    return error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_id(value: object) -> TypeIs[int | str]:
    """Whether ``value`` can be a request's id: ``true`` cannot, though Python takes it for 1."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None

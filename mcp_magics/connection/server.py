"""A server as Python sees it: ``servers["name"].call(…)``, ``await ….acall(…)``, ``….tools.get_sum(a=1, b=2)``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mcp_magics.connection.approval import mode_for, needs_approval
from mcp_magics.connection.catalog import is_enabled
from mcp_magics.connection.exchange import Request, exchange, on_loop
from mcp_magics.connection.waiting import Patience, run_awaiting, run_blocking
from mcp_magics.errors import ApprovalError, CommandError, ConfigurationError, RequestCancelledError
from mcp_magics.wire.dispatcher import compact

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp_magics.auth.status import AuthStatus
    from mcp_magics.config.model import Protocol, Scope, ServerSpec
    from mcp_magics.connection.catalog import Tool
    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.live import Live
    from mcp_magics.connection.serverlog import ServerLog
    from mcp_magics.connection.toolbox import Toolbox
    from mcp_magics.connection.waiting import Attendant, Until
    from mcp_magics.errors import Failure
    from mcp_magics.results.call import CallResult
    from mcp_magics.results.reply import Reply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How to wait for calls; ``timeout`` None means the server's own ``tool_timeout``. Seconds."""

    timeout: float | None = None
    max_time: float | None = None
    meta: Mapping[str, Any] | None = None

    def patience(self, spec: ServerSpec) -> Patience:
        """The clock of one request."""
        return Patience(spec.tool_timeout if self.timeout is None else self.timeout, self.max_time)

    @property
    def meta_members(self) -> str:
        """``meta`` as the members of a JSON object."""
        return compact(dict(self.meta))[1:-1] if self.meta else ""


class Server:
    """One registered server; connecting happens by itself at the first call."""

    def __init__(self, live: Live, options: CallOptions | None = None) -> None:
        self._live = live
        self._options = options or CallOptions()

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name it is registered under."""
        return self._live.spec.name

    @property
    def spec(self) -> ServerSpec:
        """What to connect to."""
        return self._live.spec

    @property
    def scope(self) -> Scope:
        """Where it is registered."""
        return self._live.scope

    @property
    def connection(self) -> Connection:
        """The live side."""
        return self._live.connection

    @property
    def status(self) -> AuthStatus:
        """Requirement, credential and connection."""
        return self._live.status()

    @property
    def failure(self) -> Failure | None:
        """Why the last connection failed, if it did."""
        return self.connection.failure

    @property
    def log(self) -> ServerLog:
        """What the server said on its own account."""
        return self._live.log

    @property
    def protocol_version(self) -> str | None:
        """The negotiated protocol version, once connected."""
        envelope = self.connection.envelope
        return envelope.version if envelope is not None else None

    @property
    def tools(self) -> Toolbox:
        """The tools: ``tools["exact-name"]`` always, ``tools.exact_name`` where that is unambiguous. Connects."""
        from mcp_magics.connection.toolbox import Toolbox

        self._block(self.ready_steps())
        return Toolbox(self)

    def with_options(
        self, *, timeout: float | None = None, max_time: float | None = None, meta: Mapping[str, Any] | None = None
    ) -> Server:
        """The same server with other call options (seconds)."""
        given = {"timeout": timeout, "max_time": max_time, "meta": meta}
        return Server(self._live, replace(self._options, **{k: v for k, v in given.items() if v is not None}))  # type: ignore[arg-type]

    def in_era(self, protocol: Protocol) -> Server:
        """The same server spoken to in one protocol era (``2026-07-28`` or ``legacy``)."""
        return Server(self._live.in_era(protocol), self._options)

    def refuse_unknown(self, tool: str) -> NoReturn:
        """Raise why ``tool`` cannot be called here, and what is near it."""
        self._live.refuse_unknown(tool)

    # -- calling -------------------------------------------------------------------------------------------

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> CallResult:
        """Call ``tool`` and wait for its result; raises ``MCPMagicsError``, but not for ``isError``."""
        return self._block(self.call_steps(tool, _arguments(arguments, kwargs)))

    async def acall(self, tool: str, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> CallResult:
        """The same, awaited: the loop goes on meanwhile."""
        return await self._await(self.call_steps(tool, _arguments(arguments, kwargs)))

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Send any request and return its ``result``; raises ``RequestError`` for a JSON-RPC error."""
        return _result(self._block(self.request_steps(method, compact(dict(params or {}))[1:-1])))

    async def arequest(self, method: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The same, awaited."""
        return _result(await self._await(self.request_steps(method, compact(dict(params or {}))[1:-1])))

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send a notification: no answer, and no order relative to other messages (JSON-RPC 2.0 §4.1)."""
        self._block(self.ready_steps())
        self.connection.tell(method, compact(dict(params)) if params else "")

    def connect(self) -> Server:
        """Connect now; raises ``MCPMagicsError``."""
        self._block(self.ready_steps())
        return self

    async def aconnect(self) -> Server:
        """The same, awaited."""
        await self._await(self.ready_steps())
        return self

    def disconnect(self) -> None:
        """Leave the server; its processes are gone when this returns."""
        self._block(on_loop(self.name, self._live.close()))

    async def adisconnect(self) -> None:
        """The same, awaited."""
        await self._await(on_loop(self.name, self._live.close()))

    # -- on the background loop ------------------------------------------------------------------------------

    async def open(self) -> tuple[str, ...]:
        """Connect, on the background loop; raises ``MCPMagicsError``."""
        return await self._live.ready()

    async def close(self) -> None:
        """Leave the server, on the background loop."""
        await self._live.close()

    async def restart(self) -> tuple[str, ...]:
        """End the connection and begin another, on the background loop; what changed in the tools."""
        return await self._live.restart()

    # -- steps ---------------------------------------------------------------------------------------------

    async def ready_steps(self) -> tuple[str, ...]:
        """Steps: connected, with the newest files and lists; returns notes on what that took."""
        if self.connection.state == "ready" and not self.connection.stale and not self.spec.reload:
            return ()
        if not self.spec.enabled:
            raise ConfigurationError(
                f"{self.name} is disabled",
                class_="server_disabled",
                phase="config",
                server=self.name,
                next_step=f"%mcp add {self.name} … without --disabled",
            )
        return await on_loop(self.name, self._live.ready())

    async def call_steps(
        self, tool: str, arguments: str, *, checked: bool = True, notes: tuple[str, ...] = ()
    ) -> CallResult:
        """Steps: one tool call; ``arguments`` is JSON text and goes on the wire as it is.

        ``checked`` False sends even what is not on the list of tools, but not what is disabled here.
        """
        from mcp_magics.results.call import CallResult

        if self._live.has_notes:
            self._live.take_notes()  # of a call that failed: they are not about this one
        notes += await self.ready_steps()
        known = self.connection.catalog.tools.get(tool)
        if known is None and (checked or not is_enabled(self.spec, tool)):
            self._live.refuse_unknown(tool)
        notes += await self._approved(tool, known)
        request = self._call_request(tool, arguments)
        reply = await exchange(self.connection, request)
        return CallResult(
            reply,
            server=self.name,
            tool=tool,
            arguments_text=arguments,
            output_schema=known.output_schema if known else None,
            notes=notes + self._live.take_notes() if self._live.has_notes else notes,
            protocol_version=self.protocol_version,
        )

    def _call_request(self, tool: str, arguments: str) -> Request:
        members = f'"name":{compact(tool)},"arguments":{arguments}'
        return Request(
            "tools/call",
            members,
            tool,
            self._options.meta_members,
            self._options.patience(self.spec),
            self._live.mirrored(tool, arguments),
        )

    async def request_steps(self, method: str, members: str = "", *, name: str | None = None) -> Reply:
        """Steps: any request; ``members`` are the members of ``params``, as JSON text."""
        await self.ready_steps()
        request = Request(method, members, name, self._options.meta_members, self._options.patience(self.spec))
        return await exchange(self.connection, request)

    async def result(self, method: str, members: str) -> Mapping[str, Any]:
        """Steps: the ``result`` of any request as an object (:class:`~mcp_magics.connection.catalog.Requester`)."""
        found = ((await self.request_steps(method, members)).message or {}).get("result")
        return found if isinstance(found, dict) else {}

    async def _approved(self, tool: str, known: Tool | None) -> tuple[str, ...]:
        mode = mode_for(self.spec, tool)
        if mode == "approve" or not needs_approval(mode, known.annotations if known else {}):
            return ()
        inbox = self.connection.inbox
        question = inbox.question("approval", self.name, f"Call {self.name}.{tool}?", {"tool": tool, "mode": mode})
        answer = await on_loop(self.name, inbox.ask(question))
        if answer.by == "nobody":
            raise ApprovalError(
                f"{tool} needs approval (--approval {mode}) and no one here can be asked",
                phase="call",
                server=self.name,
                evidence=("nothing was sent",),
                next_step=f"%mcp add {self.name} … --approval approve",
            )
        if answer.action != "accept":
            raise RequestCancelledError(
                f"the call of {tool} was not approved",
                class_="declined",
                phase="call",
                server=self.name,
                evidence=("nothing was sent",),
            )
        return ("approved by hand",)

    # -- the two ways to run steps -------------------------------------------------------------------------

    def _block(self, steps: Coroutine[Until, None, T]) -> T:
        return run_blocking(steps, self._attendant())

    async def _await(self, steps: Coroutine[Until, None, T]) -> T:
        return await run_awaiting(steps, self._attendant())

    def _attendant(self) -> Attendant | None:
        return self._live.attendant()

    def __repr__(self) -> str:
        return f"<Server {self.name}: {self.spec.transport.type}, {self.connection.state}>"


_PLAIN = frozenset({str, int, bool, type(None)})
"""Types whose JSON is the same whoever writes it."""


def _arguments(arguments: Mapping[str, Any] | None, kwargs: Mapping[str, Any]) -> str:
    """The arguments as JSON text; raises ``CommandError`` for what JSON cannot hold."""
    from mcp_magics.schema.values import to_json_text

    if arguments is not None and not isinstance(arguments, Mapping):
        if kwargs:
            message = f"a {type(arguments).__name__} has no room for keyword arguments"
            raise CommandError(message, phase="call", next_step="put all of them into one dict")
        return to_json_text(arguments, path="arguments")
    both = set(arguments or ()) & set(kwargs)
    if both:
        raise CommandError(f"given twice: {', '.join(sorted(both))}", phase="call", next_step="leave one of them out")
    merged = {**(arguments or {}), **kwargs}
    if all(type(key) is str and type(value) in _PLAIN for key, value in merged.items()):
        return compact(merged)
    return to_json_text(merged, path="arguments")


def _result(reply: Reply) -> Mapping[str, Any]:
    result = (reply.message or {}).get("result")
    return result if isinstance(result, dict) else json.loads(json.dumps(result))

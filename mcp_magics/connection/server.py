"""A server as Python sees it: ``servers["name"].call(…)``, ``await ….acall(…)``, ``….tools.get_sum(a=1, b=2)``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mcp_magics.config.model import OAuthOptions
from mcp_magics.connection.approval import mode_for, needs_approval
from mcp_magics.connection.catalog import is_enabled
from mcp_magics.connection.exchange import Request, exchange, on_loop
from mcp_magics.connection.given import arguments_text, tools_named
from mcp_magics.connection.inbox import Hearing
from mcp_magics.connection.logins import LOGIN_TIMEOUT, LoginWishes
from mcp_magics.connection.waiting import Patience, run_awaiting, run_blocking
from mcp_magics.errors import ApprovalError, ConfigurationError, RequestCancelledError
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp_magics.auth.login import Visitor
    from mcp_magics.auth.status import AuthStatus
    from mcp_magics.config.model import Protocol, Scope, ServerSpec
    from mcp_magics.connection.catalog import Tool
    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.live import Live
    from mcp_magics.connection.login_job import LoginJob
    from mcp_magics.connection.oauth_flow import OAuthFlow
    from mcp_magics.connection.permission import Permission
    from mcp_magics.connection.serverlog import ServerLog
    from mcp_magics.connection.toolbox import Toolbox
    from mcp_magics.connection.waiting import Attendant, Until
    from mcp_magics.errors import Failure
    from mcp_magics.results.call import CallResult
    from mcp_magics.results.reply import Reply

T = TypeVar("T")

ArgumentsOf = Callable[["Tool | None"], str]
"""Gives the arguments of a call as JSON text, for the tool as its server describes it."""


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
        text = arguments_text(arguments, kwargs)
        return self._block(self.call_steps(tool, lambda _known: text))

    async def acall(self, tool: str, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> CallResult:
        """The same, awaited: the loop goes on meanwhile."""
        text = arguments_text(arguments, kwargs)
        return await self._await(self.call_steps(tool, lambda _known: text))

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

    def login(self, *, visitor: Visitor = "browser", timeout: float | None = None) -> LoginJob:
        """Begin a login in the background; ``visitor`` opens the link (``person``: you do, with ``job.url``).

        ``timeout`` is seconds for the browser's hop. ``job.wait()`` waits for the end.
        """
        wishes = LoginWishes(OAuthOptions(), visitor, timeout or LOGIN_TIMEOUT)
        return self.start_login(wishes, asks_here=False)

    def start_login(self, wishes: LoginWishes, *, asks_here: bool) -> LoginJob:
        """Begin a login in the background; ``asks_here``: a waiting cell asks its person for the address."""
        return self._live.start_login(wishes, asks_here=asks_here)

    async def oauth_flow(self, wishes: LoginWishes, *, reveal: bool = False) -> OAuthFlow:
        """Steps: the flow of a login as an object; ``reveal`` shows secrets as they are."""
        return await on_loop(self.name, self._live.oauth_flow(wishes, reveal=reveal))

    def held_login(self, note: str) -> LoginJob:
        """A login with nothing to do but connect: a usable credential is there, and ``note`` says so."""
        return self._live.held_login(note)

    def logout(self, *, forget_client: bool = False) -> tuple[str, ...]:
        """Revoke and forget the credential; what was done, a line each."""
        return self._block(on_loop(self.name, self.log_out(forget_client=forget_client)))

    async def log_out(self, *, forget_client: bool) -> tuple[str, ...]:
        """The same, on the background loop."""
        return await self._live.log_out(forget_client=forget_client)

    @property
    def permission(self) -> Permission:
        """Where its authorization stands, for whoever looks into it."""
        return self._live.permission

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

    async def call_steps(self, tool: str, arguments: ArgumentsOf, *, checked: bool = True) -> CallResult:
        """Steps: one tool call; ``arguments`` gives JSON text for the tool as it is known, sent as it is.

        ``checked`` False sends even what is not on the list of tools, but not what is disabled here.
        """
        from mcp_magics.results.call import CallResult

        notes = await self.ready_steps()
        known = self.connection.catalog.tools.get(tool)
        if known is None and (checked or not is_enabled(self.spec, tool)):
            self._live.refuse_unknown(tool)
        text = arguments(known)
        notes += await self._approved(tool, known)
        with self.connection.inbox.hearing(self.name) as hearing:
            reply = await exchange(self.connection, self._call_request(tool, text, hearing))
        return CallResult(
            reply,
            server=self.name,
            tool=tool,
            arguments_text=text,
            input_schema=known.input_schema if known else None,
            output_schema=known.output_schema if known else None,
            notes=notes + hearing.notes,
            protocol_version=self.protocol_version,
        )

    def _call_request(self, tool: str, arguments: str, hearing: Hearing) -> Request:
        members = f'"name":{compact(tool)},"arguments":{arguments}'
        return Request(
            "tools/call",
            members,
            tool,
            self._options.meta_members,
            self._options.patience(self.spec),
            self._live.mirrored(tool, arguments),
            hearing,
        )

    async def request_steps(self, method: str, members: str = "", *, name: str | None = None) -> Reply:
        """Steps: any request; ``members`` are the members of ``params``, as JSON text.

        A ``tools/call`` made this way is a call all the same: a disabled tool is refused, approval is asked for.
        """
        await self.ready_steps()
        if method == "tools/call":
            await self._allowed(members)
        request = Request(method, members, name, self._options.meta_members, self._options.patience(self.spec))
        return await exchange(self.connection, request)

    async def result(self, method: str, members: str) -> Mapping[str, Any]:
        """Steps: the ``result`` of any request as an object (:class:`~mcp_magics.connection.catalog.Requester`)."""
        found = ((await self.request_steps(method, members)).message or {}).get("result")
        return found if isinstance(found, dict) else {}

    async def _allowed(self, members: str) -> None:
        for tool in tools_named(members):
            if not is_enabled(self.spec, tool):
                self._live.refuse_unknown(tool)
            await self._approved(tool, self.connection.catalog.tools.get(tool))

    async def _approved(self, tool: str, known: Tool | None) -> tuple[str, ...]:
        mode = mode_for(self.spec, tool)
        if mode == "approve" or not needs_approval(mode, known.annotations if known else {}):
            return ()
        inbox = self.connection.inbox
        text, params = f"Call {self.name}.{tool}?", {"tool": tool, "mode": mode}
        question = inbox.question("approval", self.name, text, params, Hearing(self.name))
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


def _result(reply: Reply) -> Mapping[str, Any]:
    result = (reply.message or {}).get("result")
    return result if isinstance(result, dict) else json.loads(json.dumps(result))

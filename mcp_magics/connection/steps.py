"""What a server does, as steps: each is written once, and a thread or a loop drives it (:mod:`waiting`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.call_options import CallOptions
from mcp_magics.connection.exchange import Request, exchange, on_loop
from mcp_magics.connection.given import tools_named
from mcp_magics.connection.lists.catalog import is_enabled
from mcp_magics.connection.preview import repeated
from mcp_magics.connection.questions.approval import mode_for, needs_approval
from mcp_magics.connection.questions.inbox import Hearing
from mcp_magics.connection.tasks.run import followed
from mcp_magics.connection.tasks.task import claimed, promised, task_members
from mcp_magics.errors import ApprovalError, ConfigurationError, MCPMagicsError, RequestCancelledError
from mcp_magics.redact import redactor
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.lists.catalog import Tool
    from mcp_magics.connection.live import Live
    from mcp_magics.results.call import CallResult
    from mcp_magics.results.reply import Reply

ArgumentsOf = Callable[["Tool | None"], str]
"""Gives the arguments of a call as JSON text, for the tool as its server describes it."""


class ServerSteps:
    """The steps of one registered server; connecting happens by itself at the first request."""

    def __init__(self, live: Live, options: CallOptions | None = None) -> None:
        self._live = live
        self._options = options or CallOptions()

    @property
    def name(self) -> str:
        """The name it is registered under."""
        return self._live.spec.name

    @property
    def spec(self) -> ServerSpec:
        """What to connect to."""
        return self._live.spec

    @property
    def connection(self) -> Connection:
        """The live side."""
        return self._live.connection

    @property
    def protocol_version(self) -> str | None:
        """The negotiated protocol version, once connected."""
        envelope = self.connection.envelope
        return envelope.version if envelope is not None else None

    @property
    def call_meta(self) -> Mapping[str, Any]:
        """The caller's members of ``_meta`` on each request, which may change any answer."""
        return self._options.meta or {}

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

    async def found_steps(self, tool: str) -> tuple[str, ...]:
        """Steps: ``tool`` is among those listed, which are listed once more where it is not; returns notes on that.

        Many servers gain tools and never say so. Raises why ``tool`` cannot be called.
        """
        if tool in self.connection.catalog.tools:
            return ()
        notes: tuple[str, ...] = ()
        if is_enabled(self.spec, tool) and tool not in self.connection.catalog.dropped:
            try:
                notes = await self.listed_steps()
            except RequestCancelledError:
                raise
            except MCPMagicsError as error:
                self._live.refuse_unknown(tool, f"its tools were not listed once more: {error.failure.message}")
        if tool not in self.connection.catalog.tools:
            self._live.refuse_unknown(tool)
        return notes

    async def listed_steps(self, within: float | None = None) -> tuple[str, ...]:
        """Steps: the tools listed once more, ``within`` seconds (the start-up's, by default); what has changed."""
        return await on_loop(self.name, self._live.list_again(within))

    async def call_steps(self, tool: str, arguments: ArgumentsOf, *, checked: bool = True) -> CallResult:
        """Steps: one tool call; ``arguments`` gives JSON text for the tool as it is known, sent as it is.

        ``checked`` False sends even what is not on the list of tools, but not what is disabled here.
        """
        from mcp_magics.results.app import declared_app
        from mcp_magics.results.call import CallResult

        notes = await self.ready_steps()
        if checked or not is_enabled(self.spec, tool):
            notes += await self.found_steps(tool)
        known = self.connection.catalog.tools.get(tool)
        text = arguments(known)
        notes += await self._approved(tool, known, text)
        with self.connection.inbox.hearing(self.name, self._options.script()) as hearing:
            task = self.task_members_of(tool, known)
            request = self._call_request(tool, text, hearing, task)
            reply = await exchange(self.connection, request)
            first = promised(reply.message) if task else claimed(reply.message)
            if first is not None:
                reply = await followed(self.connection, request, reply, first)
        schema = known.output_schema if known else None
        self.connection.answered("tools/call", reply, name=tool, output_schema=schema)
        result = CallResult(
            reply,
            server=self.name,
            tool=tool,
            arguments_text=text,
            input_schema=known.input_schema if known else None,
            output_schema=schema,
            notes=notes + hearing.notes,
            protocol_version=self.protocol_version,
        )
        result.app = declared_app(self.name, known.raw) if known else None
        return result

    def task_members_of(self, tool: str, known: Tool | None) -> str:
        """The member of params that makes a call of ``tool`` a task; empty where it is to be none, as nearly always."""
        wish, execution = self._options.task, known.raw.get("execution") if known is not None else None
        if wish is None and execution is None:
            return ""
        support = execution.get("taskSupport") if isinstance(execution, dict) else None
        return task_members(tool, self.connection, support, wish)

    def _call_request(self, tool: str, arguments: str, hearing: Hearing, task: str = "") -> Request:
        members = f'"name":{compact(tool)},"arguments":{arguments}'
        if task:
            members = f"{members},{task}"
        return Request(
            "tools/call",
            members,
            tool,
            self._options.meta_members,
            self._options.patience(self.spec),
            self._live.mirrored(tool, arguments),
            hearing,
            arguments,
        )

    async def request_steps(self, method: str, members: str = "", *, name: str | None = None) -> Reply:
        """Steps: any request; ``members`` are the members of ``params``, as JSON text.

        A ``tools/call`` made this way is a call all the same: a disabled tool is refused, approval is asked for.
        """
        await self.ready_steps()
        if method == "tools/call":
            await self._allowed(members)
        with self.connection.inbox.hearing(self.name, self._options.script()) as hearing:
            patience = self._options.patience(self.spec)
            said, mirrored = repeated(self, method, members)
            name = said if name is None else name
            request = Request(method, members, name, self._options.meta_members, patience, mirrored, hearing)
            reply = await exchange(self.connection, request)
        if hearing.notes:
            reply = replace(reply, notes=hearing.notes)
        self.connection.answered(method, reply, name=name)
        return reply

    async def result(self, method: str, members: str) -> Mapping[str, Any]:
        """Steps: the ``result`` of any request (for a :class:`~mcp_magics.connection.lists.catalog.Requester`)."""
        found = ((await self.request_steps(method, members)).message or {}).get("result")
        return found if isinstance(found, dict) else {}

    async def _allowed(self, members: str) -> None:
        for tool in tools_named(members):
            if not is_enabled(self.spec, tool):
                self._live.refuse_unknown(tool)
            await self._approved(tool, self.connection.catalog.tools.get(tool), members)

    async def _approved(self, tool: str, known: Tool | None, sent: str) -> tuple[str, ...]:
        mode = mode_for(self.spec, tool)
        if mode == "approve" or not needs_approval(mode, known.annotations if known else {}):
            return ()
        inbox = self.connection.inbox
        text, params = f"Call {self.name}.{tool}?", {"tool": tool, "mode": mode, "sent": redactor().text(sent)}
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

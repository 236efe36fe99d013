"""A server as Python sees it: ``servers["name"].call(…)``, ``await ….acall(…)``, ``….tools.get_sum(a=1, b=2)``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.config.model import OAuthOptions
from mcp_magics.connection.content.apps import app_steps
from mcp_magics.connection.content.contents import Contents
from mcp_magics.connection.exchange import on_loop
from mcp_magics.connection.given import arguments_text
from mcp_magics.connection.jobs.register import jobs
from mcp_magics.connection.login.logins import LOGIN_TIMEOUT, LoginWishes
from mcp_magics.connection.questions.script import checked_answers
from mcp_magics.connection.subscriptions.streams import Streams
from mcp_magics.connection.tasks.task import AsTask
from mcp_magics.errors import CommandError
from mcp_magics.schema.values import to_json_text

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp_magics.auth.login import Visitor
    from mcp_magics.auth.status import AuthStatus
    from mcp_magics.config.model import Protocol, Scope
    from mcp_magics.connection.jobs.job import Job
    from mcp_magics.connection.lists.catalog import Tool
    from mcp_magics.connection.login.login_job import LoginJob
    from mcp_magics.connection.login.oauth_flow import OAuthFlow
    from mcp_magics.connection.login.permission import Permission
    from mcp_magics.connection.serverlog import ServerLog
    from mcp_magics.connection.toolbox import Toolbox
    from mcp_magics.connection.waiting import Until
    from mcp_magics.errors import Failure
    from mcp_magics.results.app import App
    from mcp_magics.results.call import CallResult
    from mcp_magics.results.comparison import Comparison
    from mcp_magics.results.listing import Listing
    from mcp_magics.results.reply import Reply


class Server(Contents, Streams):
    """One registered server; its requests, each in two forms: waited for and awaited."""

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def scope(self) -> Scope:
        """Where it is registered."""
        return self._live.scope

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
    def violations(self) -> Listing:
        """What it broke of the specification in all it said so far, in any era: a table with ``.df``."""
        return self._live.log.breaches.table()

    @property
    def tools(self) -> Toolbox:
        """The tools: ``tools["exact-name"]`` always, ``tools.exact_name`` where that is unambiguous. Connects."""
        from mcp_magics.connection.toolbox import Toolbox

        self._block(self.ready_steps())
        return Toolbox(self)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_time: float | None = None,
        meta: Mapping[str, Any] | None = None,
        answers: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]] | None = None,
    ) -> Server:
        """The same server with other call options (seconds).

        ``answers`` are used in order for what it asks during each call, the last one for all that follow: a dict is
        the content of a form, a text ``accept``, ``decline``, ``cancel`` or a reply for a language model. Raises
        ``CommandError`` for what can be no answer.
        """
        checked = None if answers is None else checked_answers(answers)
        given = {"timeout": timeout, "max_time": max_time, "meta": meta, "answers": checked}
        return Server(self._live, replace(self._options, **{k: v for k, v in given.items() if v is not None}))  # type: ignore[arg-type]

    def as_task(self, ttl: float | None = None) -> Server:
        """The same server, whose tools are run as tasks, kept for ``ttl`` seconds; None: as long as it likes."""
        return Server(self._live, replace(self._options, task=AsTask(ttl)))

    def in_era(self, protocol: Protocol) -> Server:
        """The same server spoken to in one protocol era (``2026-07-28`` or ``legacy``)."""
        return Server(self._live.in_era(protocol), self._options)

    @property
    def connected_eras(self) -> tuple[Server, ...]:
        """This server in each era it is spoken to in now; itself where that is none, or has failed."""
        open_ = [each for each in self._live.eras if each.connection.state in ("ready", "connecting")]
        if not open_ or self.failure is not None:
            open_ = list(dict.fromkeys([self._live, *open_]))
        return tuple(Server(each, self._options) for each in open_)

    def find(self, tool: str) -> Tool:
        """``tool`` as its server describes it, listed once more where it is not known; raises why there is none."""
        self._block(self.found_steps(tool))
        return self.connection.catalog.tools[tool]

    # -- calling -------------------------------------------------------------------------------------------

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> CallResult:
        """Call ``tool`` and wait for its result; raises ``MCPMagicsError``, but not for ``isError``."""
        text = arguments_text(arguments, kwargs)
        return self._block(self.call_steps(tool, lambda _known: text))

    async def acall(self, tool: str, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> CallResult:
        """The same, awaited: the loop goes on meanwhile."""
        text = arguments_text(arguments, kwargs)
        return await self._await(self.call_steps(tool, lambda _known: text))

    def start(self, tool: str, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Job[CallResult]:
        """Call ``tool`` and return at once: ``job.wait()`` or ``await job`` gives the result."""
        text = arguments_text(arguments, kwargs)
        steps = self.call_steps(tool, lambda _known: text)
        return jobs.start(self.name, f"{self.name}.{tool}", steps, self._attendant)

    def compare(
        self,
        tool: str,
        arguments: Mapping[str, Any] | None = None,
        /,
        *,
        against: Server | str | None = None,
        ignore: str | Sequence[str] = (),
    ) -> Comparison:
        """Call ``tool`` here and then of ``against`` (by default here in both eras), and hold the answers together.

        ``against`` is a server or its name. ``ignore`` are places to leave out (``structuredContent.time``,
        ``content[*].text``), or one. An error of one is its side; raises ``MCPMagicsError`` for what neither was
        asked.
        """
        return self._block(self._compared(tool, arguments, against, ignore))

    async def acompare(
        self,
        tool: str,
        arguments: Mapping[str, Any] | None = None,
        /,
        *,
        against: Server | str | None = None,
        ignore: str | Sequence[str] = (),
    ) -> Comparison:
        """The same, awaited."""
        return await self._await(self._compared(tool, arguments, against, ignore))

    def _compared(
        self,
        tool: str,
        arguments: Mapping[str, Any] | None,
        against: Server | str | None,
        ignore: str | Sequence[str],
    ) -> Coroutine[Until, None, Comparison]:
        from mcp_magics.connection.comparing import Pair, compare

        text = arguments_text(arguments, {})
        pair = Pair.of_eras(self) if against is None else Pair.of_servers(self, self._other(against))
        left_out = [ignore] if isinstance(ignore, str) else ignore
        return compare(f"{self.name}.{tool}", pair, lambda each: each.call_steps(tool, lambda _known: text), left_out)

    def _other(self, given: object) -> Server:
        """The server that is ``given`` or so named; raises ``UnknownServerError``, ``CommandError``."""
        if isinstance(given, Server):
            return given
        if isinstance(given, str):
            named: Server = self.connection.inbox.handlers.server_named(given)
            return named
        raise CommandError(
            f"against is a server or its name, not {type(given).__name__}",
            phase="arguments",
            server=self.name,
            next_step=f'servers["{self.name}"].compare(…, against="NAME")',
        )

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Send any request and return its ``result``; raises ``RequestError`` for a JSON-RPC error."""
        return _result(self._block(self.request_steps(method, to_json_text(dict(params or {}), "params")[1:-1])))

    async def arequest(self, method: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The same, awaited."""
        return _result(await self._await(self.request_steps(method, to_json_text(dict(params or {}), "params")[1:-1])))

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send a notification: no answer, and no order relative to other messages (JSON-RPC 2.0 §4.1)."""
        self._block(self.ready_steps())
        self.connection.tell(method, to_json_text(dict(params), "params") if params else "")

    def app(self, uri: str) -> App:
        """The app at a ``ui://`` address (``result.app.uri``), read; raises ``ProtocolError`` where it is none."""
        return self._block(app_steps(self, uri))

    async def aapp(self, uri: str) -> App:
        """The same, awaited."""
        return await self._await(app_steps(self, uri))

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

    # -- its authorization ---------------------------------------------------------------------------------

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

    def __repr__(self) -> str:
        return f"<Server {self.name}: {self.spec.transport.type}, {self.connection.state}>"


def _result(reply: Reply) -> Mapping[str, Any]:
    result = (reply.message or {}).get("result")
    return result if isinstance(result, dict) else json.loads(json.dumps(result))

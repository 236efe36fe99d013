"""Names → servers: the one mapping of a kernel, ``from mcp_magics import servers``."""

from __future__ import annotations

import atexit
import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.config.agreement import agree
from mcp_magics.config.document import spec_from_options
from mcp_magics.config.names import alias
from mcp_magics.config.store import Store
from mcp_magics.connection.exchange import on_loop
from mcp_magics.connection.glance import glance
from mcp_magics.connection.jobs.register import jobs
from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.live import Live
from mcp_magics.connection.loop import background
from mcp_magics.connection.questions.inbox import inbox
from mcp_magics.connection.questions.roots_news import wait_for
from mcp_magics.connection.reload import refuse_unwatchable
from mcp_magics.connection.server import Server
from mcp_magics.connection.waiting import Attendant, run_blocking
from mcp_magics.errors import MCPMagicsError, UnknownServerError
from mcp_magics.wire.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from mcp_magics.auth.store import CredentialStore
    from mcp_magics.config.model import Scope, ServerSpec
    from mcp_magics.config.store import ScopedSpec
    from mcp_magics.connection.questions.handlers import Handler, Handlers
    from mcp_magics.errors import Failure
    from mcp_magics.wire.trace import Trace

Registered = Literal["added", "unchanged", "replaced"]


@dataclass(frozen=True, slots=True)
class Registration:
    """What registering a spec did; ``notes`` are for the person who did it."""

    server: Server
    outcome: Registered
    notes: tuple[str, ...] = ()


class Servers(Mapping[str, Server]):
    """Every server known here: those of this notebook first, then the project's, then the user's."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.inbox = inbox
        inbox.handlers.server_named, inbox.handlers.roots_changed = self.__getitem__, self._tell_roots
        self.store = Store()
        self.attendant: Callable[[], Attendant | None] = lambda: None
        self.fleeting: set[str] = set()
        self._in_memory: CredentialStore | None = None
        self._live: dict[str, Live] = {}

    # -- reading -------------------------------------------------------------------------------------------

    def live(self, name: str) -> Live:
        """What is kept for ``name``; raises ``UnknownServerError`` with what is near it."""
        name = self._named(name)
        found = self.store.get(name)
        if found is None:
            raise _unknown(name, list(self))
        kept = self._live.get(name)
        if kept is None:
            kept = self._live[name] = Live(
                found.spec,
                found.scope,
                journal=self.journal,
                inbox=self.inbox,
                attendant=self._who_attends,
                credentials=self.credentials,
            )
        elif kept.spec != found.spec and kept.connection.state in ("idle", "failed"):
            kept.respec(found.spec, found.scope)
        return kept

    @property
    def aliases(self) -> dict[str, str]:
        """The ASCII alias of each server whose name is not ASCII, with that name."""
        return {alias(name): name for name in self if not name.isascii()}

    def _named(self, name: str) -> str:
        """The name a server is registered under, which may also be called by its alias."""
        return name if self.store.get(name) is not None else self.aliases.get(name, name)

    def credentials(self, spec: ServerSpec) -> CredentialStore:
        """Where the logins of ``spec`` are kept: those of :attr:`fleeting` addresses in this process only."""
        from mcp_magics.auth.metadata import origin
        from mcp_magics.auth.store import MemoryCredentials, credential_store

        if origin(str(getattr(spec.transport, "url", ""))) not in self.fleeting:
            return credential_store()
        if self._in_memory is None:
            self._in_memory = MemoryCredentials()
        return self._in_memory

    def _who_attends(self) -> Attendant | None:
        return self.attendant()

    def __getitem__(self, name: str) -> Server:
        return Server(self.live(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.store.names())

    def __len__(self) -> int:
        return len(self.store.names())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.store.get(self._named(name)) is not None

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    # -- answering what servers ask --------------------------------------------------------------------------

    @property
    def handlers(self) -> Handlers:
        """The registered handlers; ``handlers.remove(kind, server)`` forgets some."""
        return self.inbox.handlers

    def handle(self, kind: str, function: Any, server: str | None = None, capability: str | None = None) -> Handler:
        """Have ``function`` answer what servers ask: ``kind`` is ``elicitation``, ``sampling`` or a method.

        For ``roots`` it may be the roots themselves; ``connected`` is called after connecting. ``server`` None is every
        server, ``capability`` those that declare it. Raises ``CommandError`` or ``UnknownServerError``.
        """
        return self.handlers.add(kind, function, None if server is None else self[server].name, capability)

    def trace(self, server: str | None = None, last: int | None = None) -> Trace:
        """What went over the wire, of one server or of all: a table, ``.pairs``, ``.waterfall()``, ``.diagram()``.

        Survives disconnecting and removing. Raises ``UnknownServerError`` where nothing was ever heard of ``server``.
        """
        from mcp_magics.wire.trace import read, trace_of

        entries = self.journal.entries(None if server is None else self._named(server))
        if not entries and server is not None:
            self.live(server)
        return trace_of(read(entries), "%mcp trace" if server is None else f"%mcp trace {line_word(server)}", last)

    def _tell_roots(self, server: str | None) -> None:
        told = [live for name, live in list(self._live.items()) if server in (None, name)]
        wait_for([news for live in told for news in live.roots_changed()])

    # -- changing ------------------------------------------------------------------------------------------

    def add(
        self,
        name: str,
        *,
        command: Sequence[str] | str | None = None,
        url: str | None = None,
        object: Any = None,  # noqa: A002  the word of the published Python face
        scope: Scope = "notebook",
        connect: bool = True,
        **options: Any,
    ) -> Server:
        """Register a server and connect to it: exactly one of ``command`` (words), ``url`` and ``object``.

        ``options`` are the keys of :class:`~mcp_magics.config.model.ServerSpec` and of its transport
        (``env``, ``headers``, ``tool_timeout`` …). Raises ``ConfigurationError`` or ``ConnectionFailedError``;
        in the second case the server stays registered.
        """
        spec = spec_from_options(name, command=command, url=url, object=object, **options)
        refuse_unwatchable(spec)
        server = run_blocking(self.register_steps(spec, scope), self.attendant()).server
        if not connect:
            return server
        try:
            return server.connect()
        except MCPMagicsError as error:
            error.failure = still_registered(error.failure, name)
            raise

    async def register_steps(self, spec: ServerSpec, scope: Scope | None) -> Registration:
        """Steps: keep ``spec``; a different one of that name has its process ended first.

        One that means the same as what is known leaves the connection alone. ``scope`` None is where such a one is
        kept already, else the notebook.
        """
        kept = self._live.get(spec.name)
        known = self.store.get(spec.name)
        if known is not None and agree(known.spec, spec):
            return self._unchanged(known, spec, scope or known.scope)
        scope = scope or "notebook"
        if kept is not None:
            await on_loop(spec.name, kept.close("replaced"))
        notes = tuple(self.store.put(spec, scope))
        found = self.store.get(spec.name)
        if kept is not None and found is not None:
            kept.respec(found.spec, found.scope)
        if not spec.name.isascii():
            notes = (f"it may also be written {alias(spec.name)}, in ASCII", *notes)
        return Registration(self[spec.name], "added" if known is None else "replaced", notes)

    def _unchanged(self, known: ScopedSpec, spec: ServerSpec, scope: Scope) -> Registration:
        """Keep the newer words and the newer place of what is known."""
        notes: tuple[str, ...] = ()
        if (known.spec, known.scope) != (spec, scope):
            notes = tuple(self.store.put(spec, scope))
            found, kept = self.store.get(spec.name), self._live.get(spec.name)
            if kept is not None and found is not None:
                kept.reword(found.spec, found.scope)
        if known.scope != scope:
            notes = (f"now in scope {scope}; it was in {known.scope}", *notes)
        return Registration(self[spec.name], "unchanged", notes)

    def remove(self, name: str) -> None:
        """Disconnect and forget ``name``; calls under way end with an error that says so."""
        run_blocking(self.remove_steps(name), self.attendant())

    async def remove_steps(self, name: str, scope: Scope | None = None) -> Scope:
        """Steps: the same; returns the scope it was removed from."""
        live = self.live(name)
        name = live.spec.name
        removed = self.store.remove(name, scope)
        self._live.pop(name, None)  # forgotten first: nothing may take it for usable while it ends
        await on_loop(name, live.close("removed"))
        return removed

    async def close_steps(self) -> None:
        """Steps: leave every server, side by side."""
        for job in [background.start(live.close()) for live in self._live.values()]:
            job.wait(8)

    def close(self) -> None:
        """Leave every server and stop the background loop."""
        if background.running:
            from mcp_magics.wire.lifeline import lifeline

            run_blocking(self.close_steps())
            background.stop()
            lifeline.stop()
        jobs.clear()
        self.handlers.clear()
        self._live.clear()
        self.fleeting.clear()
        self._in_memory = None

    def forget(self) -> None:
        """Drop every connection without touching it: in a forked child they are the parent's."""
        self._live.clear()
        self.journal = Journal()  # its lock may have been held by a thread that the child does not have

    @property
    def df(self) -> pd.DataFrame:
        """One row a server: scope, transport, protocol, requirement, credential, connection, tools, problem."""
        return glance(self.values()).df

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return glance(self.values())._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return repr(glance(self.values()))


def _unknown(name: str, known: list[str]) -> UnknownServerError:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return UnknownServerError(
        f"no server {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        phase="parse",
        server=name,
        evidence=(f"registered: {', '.join(known)}" if known else "no server is registered yet",),
        next_step=f"%mcp get {near[0]}" if near else "%mcp list" if known else _ADDING.format(name),
    )


_ADDING = "%mcp add {0} -- COMMAND, or %mcp add {0} URL"


def still_registered(failure: Failure, name: str) -> Failure:
    """The failure of a first connect, which says too that the server stays registered and how to be rid of it."""
    typed = name if name.split() == [name] else f'"{name}"'
    rest = f"{name} stays registered: add it again to mend it, or %mcp remove {typed}"
    step = failure.next_step
    mark = "  #" if step.startswith("%mcp") and "  # " not in step else ";"  # what is beside a line is its comment
    return replace(failure, next_step=f"{step}{mark} {rest}" if step else rest)


servers = Servers()
atexit.register(servers.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=servers.forget)

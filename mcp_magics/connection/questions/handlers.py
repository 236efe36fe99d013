"""Who answers a server's questions without a person: Python functions, registered by kind of question and server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.questions.returned import roots_of
from mcp_magics.errors import CommandError
from mcp_magics.results.listing import Listing, counted

if TYPE_CHECKING:
    import pandas as pd

QUESTIONS = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}
"""The methods of the specification that have a short name here."""
KINDS = ("elicitation", "sampling", "roots", "connected")
_COLUMNS = ("handles", "function", "server", "capability")


@dataclass(frozen=True, slots=True)
class Handler:
    """One registered function; for ``roots`` also what is no function: the roots themselves.

    ``kind`` is ``elicitation``, ``sampling``, ``roots``, ``connected`` or the method of another request or
    notification; ``server`` None is every server; with ``capability`` it is for servers that declare it.
    """

    kind: str
    function: Any
    server: str | None = None
    capability: str | None = None

    @property
    def name(self) -> str:
        """What the function is called."""
        if not callable(self.function):
            return ", ".join(str(each.get("uri")) for each in self.function)[:200] or "none"
        named = getattr(self.function, "__qualname__", None) or type(self.function).__qualname__
        return str(named).rpartition("<locals>.")[2]  # a lambda is <lambda>

    def fits(self, kind: str, server: str, capabilities: Mapping[str, Any]) -> bool:
        """Whether it is for this question of this server."""
        if self.kind != kind or self.server not in (None, server):
            return False
        return self.capability is None or declared(self.capability, capabilities) is not None


def declared(name: str, capabilities: Mapping[str, Any]) -> Any:
    """The settings a server declares for an extension, an experimental or a standard capability; None without it."""
    for group in (capabilities.get("extensions"), capabilities.get("experimental"), capabilities):
        if isinstance(group, Mapping) and group.get(name) is not None:
            return group[name]
    return None


class Handlers:
    """The registered handlers, of which a server's own come before the general ones; safe on any thread."""

    def __init__(self) -> None:
        self._all: tuple[Handler, ...] = ()
        self.server_named: Callable[[str], Any] = lambda name: name
        self.roots_changed: Callable[[str | None], None] = lambda _server: None

    def add(self, kind: str, function: Any, server: str | None = None, capability: str | None = None) -> Handler:
        """Register ``function`` in the place of one for the same kind, server and capability.

        Roots that are no function are read at once. Raises ``CommandError``.
        """
        handler = Handler(_known(kind), function, server, capability)
        if not callable(function):
            handler = replace(handler, function=_read_roots(handler))
        self._all = (*(each for each in self._all if not _same_place(each, handler)), handler)
        if handler.kind == "roots":
            self.roots_changed(server)
        return handler

    def remove(self, kind: str, server: str | None = None, capability: str | None = None) -> tuple[Handler, ...]:
        """Forget the handlers of ``kind``, or only those of one server or one capability; what was forgotten."""
        kind = QUESTIONS.get(kind, kind)
        gone = tuple(
            each
            for each in self._all
            if each.kind == kind and server in (None, each.server) and capability in (None, each.capability)
        )
        self._all = tuple(each for each in self._all if each not in gone)
        if kind == "roots" and gone:
            self.roots_changed(server)
        return gone

    def clear(self) -> None:
        """Forget all of them."""
        self._all = ()

    def fitting(self, kind: str, server: str, capabilities: Mapping[str, Any]) -> tuple[Handler, ...]:
        """Those for a question of ``server``, in the order they are asked: its own first, the newest first."""
        if not self._all:
            return ()
        fitting = [each for each in reversed(self._all) if each.fits(QUESTIONS.get(kind, kind), server, capabilities)]
        return tuple(sorted(fitting, key=lambda each: each.server is None))

    def __iter__(self) -> Iterator[Handler]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def table(self) -> Listing:
        """One row a handler."""
        rows = [
            {
                "handles": each.kind,
                "function": each.name,
                "server": each.server or "every server",
                "capability": each.capability or "",
            }
            for each in self._all
        ]
        return Listing(counted(len(rows), "handler"), _COLUMNS, rows, self._all)

    @property
    def df(self) -> pd.DataFrame:
        """One row a handler: handles, function, server, capability."""
        return self.table().df

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return repr(self.table())


def _known(kind: str) -> str:
    """``kind`` by its short name; raises ``CommandError`` for what nobody could ask."""
    kind = QUESTIONS.get(kind, kind)
    if kind in KINDS or "/" in kind or kind == "ping":
        return kind
    near = get_close_matches(kind, KINDS, n=1, cutoff=0.5)
    raise CommandError(
        f"{kind!r} is nothing to handle",
        phase="parse",
        evidence=(f"it is {', '.join(KINDS)} or a method, as notifications/mine",),
        next_step=f"%mcp handle {near[0] if near else 'elicitation'} my_function",
    )


def _read_roots(handler: Handler) -> Any:
    if handler.kind != "roots":
        problem = f"a handler of {handler.kind} is a function, not {type(handler.function).__name__}"
    else:
        try:
            return roots_of(handler.function)
        except (TypeError, ValueError) as error:
            problem = str(error)
    raise CommandError(
        problem,
        phase="arguments",
        evidence=("nothing was registered",),
        next_step=f"%mcp handle {handler.kind} {'./data' if handler.kind == 'roots' else 'my_function'}",
    )


def _same_place(one: Handler, other: Handler) -> bool:
    return (one.kind, one.server, one.capability) == (other.kind, other.server, other.capability)

"""What a command may reach: the servers, the notebook's defaults, and the user's Python — nothing else of IPython."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.connection.manager import Servers
    from mcp_magics.magics.body import Arguments
    from mcp_magics.magics.progress import Surface
    from mcp_magics.magics.showing import Use


class Defaults(Protocol):
    """The settings a command reads (:class:`~mcp_magics.magics.settings.Settings`)."""

    fail: bool
    apps: bool
    secret_store: str
    login_timeout: float


class Once:
    """The arguments a line gives: worked out the first time, and the same text for whoever asks again."""

    def __init__(self) -> None:
        self._arguments: Arguments | None = None

    def of(self, work: Callable[[], Arguments]) -> Arguments:
        """What ``work`` gave the first time."""
        if self._arguments is None:
            self._arguments = work()
        return self._arguments


@dataclass(frozen=True, slots=True)
class Context:
    """The room a command works in.

    ``evaluate`` runs a Python expression in the user's namespace; ``surface`` is where something can be shown while
    the command goes on. ``lookout`` looks at the kernel from the page's side, where a person's page is there;
    ``use`` says what becomes of the command's value; ``attended`` whether somebody may be at the keyboard;
    ``given`` is where a line that is done twice has its arguments.
    """

    servers: Servers
    defaults: Defaults
    evaluate: Callable[[str], object]
    surface: Callable[[], Surface]
    lookout: Lookout | None = None
    use: Use = "hooked"
    attended: bool = True
    given: Once | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all registered servers."""
        return (*self.servers, *self.servers.aliases)

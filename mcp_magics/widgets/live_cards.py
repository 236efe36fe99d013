"""The live half of the cards: buttons that do what the verbs do, on the background loop, and logins in a card."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mcp_magics.config.model import OAuthOptions
from mcp_magics.connection.login.logins import LoginWishes
from mcp_magics.connection.loop import background
from mcp_magics.connection.manager import servers
from mcp_magics.errors import MCPMagicsError, UnknownServerError
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import one_line
from mcp_magics.widgets.card import Card
from mcp_magics.widgets.login_view import login_view
from mcp_magics.widgets.placed import Panel, PlacedWidget, View, script

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from mcp_magics.connection.login.login_job import LoginJob
    from mcp_magics.connection.server import Server

_LONGEST = 400


class CardsWidget(PlacedWidget):
    """What a page draws."""

    _esm = script("login_view.js", "cards.js")


class LiveCards(Panel):
    """The panel of the cards; ``again`` is the line that shows it anew, ``login_timeout`` seconds for a login's hop."""

    kind = CardsWidget

    def __init__(self, again: str, login_timeout: float) -> None:
        self._login_timeout = login_timeout
        self._cards: tuple[Card, ...] = ()
        self._busy: set[str] = set()
        self._logins: dict[str, LoginJob] = {}
        super().__init__(again)

    def take(self, cards: Sequence[Card]) -> None:
        """Draw these cards from now on."""
        self._cards = tuple(cards)
        self.show()

    def view(self) -> View:
        """All cards, the logins under way in them, and when that was."""
        cards = [{**card.view(), "busy": card.name in self._busy} for card in self._cards]
        logins = {name: login_view(job) for name, job in self._logins.items() if not job.done}
        as_of = time.strftime("as of %H:%M:%S UTC", time.gmtime())
        return {"cards": cards, "logins": logins, "as_of": as_of}

    def acted(self, content: View) -> None:
        """Do what a button says, unless the server it names is gone or busy already."""
        name = content.get("server")
        if not isinstance(name, str) or name not in {card.name for card in self._cards}:
            return
        job = self._logins.get(name)
        match content["do"]:
            case "paste" if job is not None:
                problem = job.paste(str(content.get("text", "")))
                self.tell({"problem": {"server": name, "text": one_line(problem or "", _LONGEST)}})
            case "cancel" if job is not None:
                job.cancel()
            case "disconnect":
                self._begin(name, _disconnect)  # of one that is being connected too
            case "login" if name not in self._busy:
                self._begin(name, self._log_in)
            case "connect" if name not in self._busy:
                self._begin(name, _connect)
            case "restart" if name not in self._busy:
                self._begin(name, _restart)

    def _begin(self, name: str, act: Callable[[Server], Coroutine[Any, Any, str]]) -> None:
        self._busy.add(name)
        self.show()
        background.start(self._done(name, act))

    async def _done(self, name: str, act: Callable[[Server], Coroutine[Any, Any, str]]) -> None:
        """Do it on the background loop; the card itself shows what came of it, the line says it."""
        try:
            line = await act(servers[name])
        except MCPMagicsError as error:
            line = f"{error.failure.class_}: {error.failure.message}"
        finally:
            self._busy.discard(name)
            await asyncio.to_thread(self._look, name)
        self.show()
        self.tell({"line": one_line(redactor().text(f"{name}: {line}"), _LONGEST)})

    def _look(self, name: str) -> None:
        """Take the card of one server as it is now, at once; the keyring may be read for it."""
        with suppress(UnknownServerError):
            now = Card.of(servers[name])
            self._cards = tuple(now if card.name == name else card for card in self._cards)

    async def _log_in(self, server: Server) -> str:
        """Begin a login and wait for its end; the card has its link and its steps meanwhile."""
        wishes = LoginWishes(OAuthOptions(), "person", self._login_timeout)
        job = server.start_login(wishes, asks_here=False)
        self._logins[server.name] = job
        job.on_change(self.show)
        try:
            await job.over.wait()
        finally:
            self._logins.pop(server.name, None)
        if isinstance(job.error, MCPMagicsError):
            raise type(job.error).of(job.error.failure)
        return job.line

    def close(self) -> None:
        """Leave every page; a login that only its card could end is ended."""
        super().close()
        for job in list(self._logins.values()):
            job.cancel()


async def _connect(server: Server) -> str:
    return "; ".join(("connected", *await server.open()))


async def _disconnect(server: Server) -> str:
    await server.close()
    return "disconnected"


async def _restart(server: Server) -> str:
    return "; ".join(dict.fromkeys(("restarted", *await server.restart())))

"""The one callback that ends a login's wait, whoever brings it first: the listener, or a person who pastes."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Literal

from mcp_magics.auth.paste import read_paste
from mcp_magics.errors import MCPMagicsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.auth.callback import Callback

Reception = Literal["taken", "used", "not_ours", "incomplete"]
"""What became of a callback: it ended the wait, came too late, carries another state, or says nothing."""


class Arrival:
    """Waits, on the loop it was made on, for the first callback with ``state``; later ones change nothing.

    ``redirect_uri`` is where the browser was told to end: a pasted address must be there too.
    """

    def __init__(self, state: str, redirect_uri: str) -> None:
        if not state:
            msg = "a login without state could be ended by any page"
            raise ValueError(msg)
        self._state = state
        self._redirect_uri = redirect_uri
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._settled = False
        self._arrived: asyncio.Future[Callback] = self._loop.create_future()
        self._watchers: list[Callable[[], None]] = []

    @property
    def settled(self) -> bool:
        """Whether a callback was taken, or nobody waits any more."""
        return self._settled

    async def wait(self) -> Callback:
        """The callback: with a code, or with the authorization server's error. Giving up refuses all later ones."""
        try:
            return await self._arrived
        finally:
            self._settled = True
            self._tell()

    def give_up(self, error: MCPMagicsError) -> None:
        """End the wait with ``error``, on its loop: nobody can bring the callback."""
        if not self._arrived.done():
            self._arrived.set_exception(error)

    def when_settled(self, call: Callable[[], None]) -> None:
        """Call ``call``, from any thread, once nobody waits any more: at once if that is so."""
        self._watchers.append(call)
        if self._settled:
            call()

    def _tell(self) -> None:
        for call in self._watchers:
            call()

    def offer(self, callback: Callback) -> Reception:
        """Take ``callback`` if it is the first with our state; from any thread."""
        if not callback.accepts(self._state):
            return "not_ours"
        if not callback.complete:
            return "incomplete"
        with self._lock:
            if self._settled:
                return "used"
            self._settled = True
        callback.kept()
        try:
            self._loop.call_soon_threadsafe(self._deliver, callback)
        except RuntimeError:  # the loop is closed: nobody waits
            return "used"
        return "taken"

    def _deliver(self, callback: Callback) -> None:
        if not self._arrived.done():
            self._arrived.set_result(callback)

    def paste(self, text: str) -> str | None:
        """Take what a person pasted, from any thread; None, or one line on what is wrong with it."""
        try:
            callback = read_paste(text, self._state, self._redirect_uri)
        except MCPMagicsError as error:
            return f"{error.failure.message}; {error.failure.next_step}"
        if self.offer(callback) == "used":
            return "this login has its answer already, or has ended; nothing was changed"
        return None

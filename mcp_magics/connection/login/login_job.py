"""A login under way on the background loop: the link to open, the steps so far, and how it ended."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.connection.jobs.register import jobs
from mcp_magics.connection.loop import background
from mcp_magics.errors import MCPMagicsError
from mcp_magics.results.sanitise import clean, escaped
from mcp_magics.wire.pending import Settling

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mcp_magics.auth.driver import Step
    from mcp_magics.auth.login import Link
    from mcp_magics.connection.loop import Job


class Ready(Settling):
    """Settled when there is a link to open, or nothing more to wait for."""

    __slots__ = ()

    def settle(self) -> None:
        """Settle it, the first time."""
        if not self.done:
            self._settle()


State = Literal["running", "waiting", "succeeded", "failed", "cancelled"]


class LoginJob:
    """One login; its attributes may be read from any thread. ``ready`` settles when there is a link, or an end.

    ``over`` is set at the end, for whoever waits on the loop itself.

    ``url`` is the authorization URL to open; it holds no secret but this login's ``state``, which is good once.
    """

    def __init__(self, server: str, asks: Callable[[Link], Coroutine[Any, Any, None]] | None = None) -> None:
        self.server = server
        self.what = "login"
        self.number = 0
        self._asks = asks
        self._asking: asyncio.Task[None] | None = None
        self.began = time.time()
        self.link: Link | None = None
        self.steps: list[Step] = []
        self.ready = Ready()
        self.over = asyncio.Event()
        self.notes: tuple[str, ...] = ()
        self.error: BaseException | None = None
        self.done = self.is_drawn = False
        self._job: Job[None] | None = None
        self._watchers: list[Callable[[], None]] = []

    def start(self, work: Coroutine[object, object, tuple[str, ...]]) -> None:
        """Begin; ``work`` reports to this object and returns the notes of what it unlocked."""
        self.number = jobs.keep(self)
        self._job = background.start(self._run(work))

    async def _run(self, work: Coroutine[object, object, tuple[str, ...]]) -> None:
        try:
            self.notes = await work
        except BaseException as error:
            self.error = error
            raise
        finally:
            if self._asking is not None:
                self._asking.cancel()  # nobody is asked for what is no longer waited for
            self.done = True
            self.over.set()
            self.ready.settle()
            self._tell()

    # -- auth.login.Watcher, called on the loop --------------------------------------------------------------

    def stepped(self, step: Step) -> None:
        """Keep a step."""
        self.steps.append(step)
        self._tell()

    def linked(self, link: Link) -> None:
        """Keep the link; whoever waits for it goes on."""
        self.link = link
        self.ready.settle()
        self._tell()
        if self._asks is not None:
            self._asking = asyncio.create_task(self._asks(link))

    def on_change(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` on the loop's thread whenever anything here changes."""
        self._watchers.append(watcher)

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()

    # -- from anywhere -----------------------------------------------------------------------------------------

    def drawn(self) -> None:
        """A page draws it, with its link: what else shows it need not hold the link any more."""
        if not self.is_drawn and not self.done:
            self.is_drawn = True
            background.loop.call_soon_threadsafe(self._tell)

    @property
    def job(self) -> Job[None]:
        """What to wait for."""
        assert self._job is not None  # started before it is handed out
        return self._job

    @property
    def url(self) -> str | None:
        """The address to open, once there is one."""
        return self.link.url if self.link is not None else None

    @property
    def state(self) -> State:
        """One word for where it stands."""
        if not self.done:
            return "waiting" if self.link is not None and not self.link.arrival.settled else "running"
        if self.error is None:
            return "succeeded"
        return "cancelled" if isinstance(self.error, asyncio.CancelledError) else "failed"

    @property
    def verdict(self) -> str:
        """The state as it is listed."""
        return self.state

    @property
    def line(self) -> str:
        """One line for where it stands."""
        if self.state == "waiting":
            return "waiting for the browser to come back"
        if self.state == "failed" and isinstance(self.error, MCPMagicsError):
            return f"failed: {self.error.failure.class_}: {self.error.failure.message}"
        if self.state == "failed":
            return f"failed: {type(self.error).__name__}: {self.error}"
        if self.state == "running":
            return self.steps[-1].decision if self.steps else "asking the server"
        return {"succeeded": "logged in", "cancelled": "cancelled"}[self.state]

    def paste(self, text: str) -> str | None:
        """Take the address the browser ended on; None, or what is wrong with it."""
        if self.link is None or self.done:
            return "this login is not waiting for an address"
        return self.link.arrival.paste(text)

    def cancel(self) -> None:
        """End it; nothing was stored."""
        background.start(self._cancel())

    async def _cancel(self) -> None:
        self.job.cancel()  # from a task: it comes after the first step of the job, which has to be told of it

    def wait(self, seconds: float | None = None) -> LoginJob:
        """Block until it has ended; raises what it failed with, or ``TimeoutError`` after ``seconds``."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.job.wait(0.1):
            if deadline is not None and time.monotonic() > deadline:
                msg = f"the login of {self.server} is still {self.state} after {seconds:g} s"
                raise TimeoutError(msg)
        error = self.error
        if isinstance(error, MCPMagicsError):
            raise type(error).of(error.failure)
        if isinstance(error, asyncio.CancelledError):
            from mcp_magics.connection.login.asking import cancelled

            raise cancelled(self.server)
        if error is not None:
            raise error
        return self

    def to_json(self) -> dict[str, Any]:
        """Where it stands, with the address to open while it waits."""
        url = self.url if self.state == "waiting" else None  # good once
        return {"server": self.server, "state": self.state, "line": self.line, "url": url}

    def __repr__(self) -> str:
        return clean(f"<LoginJob {self.server}: {self.line}>")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        wait = " · job.wait() waits for it, job.cancel() ends it" if not self.done else ""
        text = f"{self.server}: {self.line}{wait}"
        return {"text/plain": clean(text), "text/html": escaped(text)}


def login_with(link: Link) -> LoginJob | None:
    """The login that waits for ``link`` to be opened; None for a flow taken apart, which is none."""
    logins = (job for job in jobs if isinstance(job, LoginJob))
    return next((job for job in logins if job.link is link), None)

"""A login that waits for its callback, and a browser of raw requests to visit it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.listener import Listener, open_listener
from mcp_magics.auth.pages import Succeeded
from mcp_magics.auth.request_head import Limits

T = TypeVar("T")

STATE = "state-of-this-login-1"
PATH = "/callback/F8DUhpXlxJwR"


class Login:
    """A listener that expects :data:`STATE`."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.arrival = Arrival(STATE, f"http://127.0.0.1:{listener.port}{PATH}")
        listener.expect(self.arrival)

    async def get(self, target: str, method: str = "GET", headers: str = "") -> str:
        """The whole answer to one request, as text."""
        return await self.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())

    async def send(self, data: bytes) -> str:
        """The whole answer to raw bytes, as text."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        try:
            writer.write(data)
            return (await reader.read()).decode()
        finally:
            writer.close()

    def hit(self, query: str) -> asyncio.Task[str]:
        """A visit under way."""
        return asyncio.create_task(self.get(f"{PATH}?{query}"))

    async def succeeds(self) -> None:
        """A real callback is taken and its browser told so, whatever came before."""
        browser = self.hit(f"code=the-real-one&state={STATE}")
        assert (await self.arrival.wait()).code == "the-real-one"
        await self.listener.finish(Succeeded("docs"))
        assert status_of(await browser) == 200


@asynccontextmanager
async def login(limits: Limits | None = None) -> AsyncIterator[Login]:
    """A fresh login, closed at the end."""
    async with await open_listener("docs", [PATH], limits=limits) as listener:
        yield Login(listener)


def with_login(use: Callable[[Login], Awaitable[T]], limits: Limits | None = None) -> T:
    """Run ``use`` with a fresh login, in a loop that has nothing to complain of; what it returned."""
    complaints: list[dict[str, Any]] = []

    async def run() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with login(limits) as this, asyncio.timeout(30):
            return await use(this)

    returned = asyncio.run(run())
    assert complaints == []
    return returned


def status_of(answer: str) -> int:
    """The status of an answer (RFC 9112 §4)."""
    return int(answer.split(" ", 2)[1])

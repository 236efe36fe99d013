"""Direct HTTP connections: what they send, when they are used again, and what they say when it goes wrong."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest

from mcp_magics.wire import http11
from mcp_magics.wire.http import RPC_ID, http_client
from mcp_magics.wire.journal import Journal
from mcp_magics.wire.trace import read
from mcp_magics.wire.verdict import network_failure

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """A server of raw bytes: its URL, and every connection it accepted."""

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0
        self.seen: list[bytes] = []
        self.closed = asyncio.Event()


@asynccontextmanager
async def peer(answer: bytes | Handler):
    this = Peer()

    async def serve(reader, writer):
        this.connections += 1
        try:
            if callable(answer):
                await answer(reader, writer)
            else:
                while request := await reader.read(65536):
                    this.seen.append(request)
                    writer.write(answer)
                    await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
            this.closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    this.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    async with server:
        yield this


def exchange(answer: bytes | Handler, use: Callable[[httpx2.AsyncClient, Peer], Awaitable[object]]):
    """Run ``use`` with a client and a server that answers so; what ``use`` returned."""

    async def run():
        async with peer(answer) as server, http_client("s", Journal()) as client:
            return await use(client, server)

    return asyncio.run(run())


def test_head_and_body_of_a_request_arrive_as_one_write():
    async def use(client, server):
        assert (await client.post(server.url, content=b"the body", headers={"x-one": "1"})).text == "ok"
        (request,) = server.seen
        assert request.startswith(b"POST /mcp HTTP/1.1\r\n")
        assert b"x-one: 1\r\n" in request.lower()
        assert request.endswith(b"\r\n\r\nthe body")

    exchange(OK, use)


def test_a_connection_is_used_again():
    async def use(client, server):
        for _ in range(3):
            await client.post(server.url, content=b"x")
        assert server.connections == 1

    exchange(OK, use)


def test_a_connection_is_not_used_again_once_it_has_been_idle_for_too_long(monkeypatch):
    monkeypatch.setattr(http11, "IDLE_SECONDS", 0.0)

    async def use(client, server):
        for _ in range(3):
            assert (await client.post(server.url, content=b"x")).text == "ok"
        assert server.connections == 3

    exchange(OK, use)


def test_a_connection_its_server_wants_to_close_is_not_used_again():
    async def use(client, server):
        for _ in range(2):
            await client.post(server.url, content=b"x")
        assert server.connections == 2

    exchange(OK.replace(b"content-length", b"connection: close\r\ncontent-length"), use)


def test_a_connection_its_server_has_closed_is_replaced_without_an_error():
    async def once(reader, writer):
        await reader.read(65536)
        writer.write(OK)
        await writer.drain()

    async def use(client, server):
        for _ in range(3):
            assert (await client.post(server.url, content=b"x")).text == "ok"
            await server.closed.wait()
            server.closed.clear()
            await asyncio.sleep(0)  # let the end of the connection be read
            await asyncio.sleep(0)
        assert server.connections == 3

    exchange(once, use)


def test_a_response_left_unread_ends_its_connection_and_is_not_taken_for_the_next_one():
    large = b"HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n" + b"a" * 100_000

    async def use(client, server):
        response = await client.send(client.build_request("GET", server.url), stream=True)
        await response.aclose()
        await server.closed.wait()

    exchange(large, use)


def test_a_cancelled_request_closes_its_connection():
    async def silent(reader, writer):
        await reader.read(65536)
        assert await reader.read(65536) == b""

    async def use(client, server):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.post(server.url, content=b"x"), 0.05)
        await server.closed.wait()

    exchange(silent, use)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_dial_given_up_at_any_moment_leaves_no_socket_open(host):
    async def dial_and_give_up():
        async with peer(OK) as server:
            for turns in range(12):
                dialled = asyncio.ensure_future(_get(server.url.replace("127.0.0.1", host)))
                for _ in range(turns):
                    await asyncio.sleep(0)
                dialled.cancel()
                await asyncio.gather(dialled, return_exceptions=True)

    asyncio.run(dial_and_give_up())
    gc.collect()  # a socket found open now is a ResourceWarning, and those are errors here


async def _get(url: str) -> None:
    async with httpx2.AsyncClient(transport=http11.DirectTransport()) as client:
        await client.get(url)


def test_requests_in_flight_do_not_wait_for_each_other():
    together = asyncio.Barrier(150)

    async def when_all_are_here(reader, writer):
        await reader.read(65536)
        await together.wait()
        writer.write(OK)
        await writer.drain()

    async def use(client, server):
        answers = await asyncio.gather(*(client.post(server.url, content=b"x") for _ in range(150)))
        assert [answer.text for answer in answers] == ["ok"] * 150

    exchange(when_all_are_here, use)


def test_an_interim_response_is_passed_over_and_chunks_are_joined():
    answer = (
        b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n"
    )

    async def use(client, server):
        response = await client.post(server.url, content=b"x")
        assert (response.status_code, response.text) == (200, "one two")

    exchange(answer, use)


def test_a_large_body_arrives_whole_in_both_directions():
    size = 20_000_000

    async def echo(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        assert f"content-length: {size}".encode() in head.lower()
        body = await reader.readexactly(size)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + body)
        await writer.drain()

    async def use(client, server):
        body = bytes(range(250)) * (size // 250)
        assert (await client.post(server.url, content=body)).content == body

    exchange(echo, use)


def test_an_answer_given_before_the_whole_request_was_read_is_an_answer():
    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()  # a close with unread data would reset the connection and could lose the answer

    async def use(client, server):
        response = await client.post(server.url, content=b"x" * 3_000_000)
        assert response.status_code == 413

    exchange(refuse, use)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000, httpx2.RemoteProtocolError),
    ],
)
def test_an_answer_that_is_no_http_is_a_protocol_error(answer, error):
    async def odd(reader, writer):
        await reader.read(65536)
        writer.write(answer)
        await writer.drain()

    async def use(client, server):
        with pytest.raises(error):
            await client.post(server.url, content=b"x")

    exchange(odd, use)


def test_a_server_that_closes_without_an_answer_is_a_protocol_error():
    async def hang_up(reader, writer):
        await reader.read(65536)

    async def use(client, server):
        with pytest.raises(httpx2.RemoteProtocolError, match="without a response"):
            await client.post(server.url, content=b"x")

    exchange(hang_up, use)


def test_a_request_that_gets_no_response_stands_in_the_wire_log_with_the_reason():
    async def hang_up(reader, writer):
        await reader.read(65536)

    async def run():
        kept = Journal()
        kept.frame(
            "s", "sent", "http", '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add"}}'
        )
        async with peer(hang_up) as server, http_client("s", kept) as client:
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.post(server.url, content=b"x", extensions={RPC_ID: "1"})
        asked, broken = read(kept.entries())
        assert (broken.entry.status, broken.passage.pair) == (None, asked.n)
        assert "no whole response (RemoteProtocolError: " in broken.text
        assert "ended by 2 after" in asked.head
        assert "no whole response" in asked.head

    asyncio.run(run())


def test_a_body_cut_short_is_an_error_and_no_shorter_body():
    async def half(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        await writer.drain()

    async def use(client, server):
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post(server.url, content=b"x")

    exchange(half, use)


def test_a_port_nobody_listens_on_is_a_connect_error_that_says_so():
    async def use(client, server):
        free = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = free.sockets[0].getsockname()[1]
        free.close()
        await free.wait_closed()
        with pytest.raises(httpx2.ConnectError) as caught:
            await client.post(f"http://127.0.0.1:{port}/mcp", content=b"x")
        assert isinstance(caught.value.__cause__, ConnectionRefusedError)

    exchange(OK, use)


def test_a_name_whose_every_address_refuses_is_a_refused_connection():
    async def use(client, server):
        with pytest.raises(httpx2.ConnectError) as caught:
            await client.post("http://localhost:9/mcp", content=b"x")
        assert network_failure("s", "http://localhost:9/mcp", caught.value).class_ == "connection_refused"

    exchange(OK, use)


def test_a_read_timeout_is_kept():
    async def silent(reader, writer):
        await reader.read()

    async def use(client, server):
        with pytest.raises(httpx2.ReadTimeout):
            await client.post(server.url, content=b"x", timeout=0.05)

    exchange(silent, use)


def test_a_proxy_of_the_environment_is_used(monkeypatch):
    async def run():
        async with peer(OK) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/mcp"))
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            async with http_client("s", Journal()) as client:
                assert (await client.post("http://example.invalid/mcp", content=b"x")).text == "ok"
            assert proxy.seen[0].startswith(b"POST http://example.invalid/mcp HTTP/1.1\r\n")

    asyncio.run(run())

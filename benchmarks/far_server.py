"""Ten servers that ask for a login, each answer as late as over a long line: ``python -m benchmarks.far_server``."""

from __future__ import annotations

import asyncio
import json

SERVERS = 10
LATENCY = 0.15
"""Seconds before each answer."""


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = writer.get_extra_info("sockname")[1]
    base = f"http://127.0.0.1:{port}"
    while head := await _head(reader):
        await asyncio.sleep(LATENCY)
        path = head.split(" ")[1]
        status, extra, body = _document(base, path)
        lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *extra]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
    writer.close()


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return ""
    lengths = [line.partition(":")[2] for line in head.splitlines() if line.lower().startswith("content-length:")]
    await reader.readexactly(int(lengths[0]) if lengths else 0)
    return head


def _document(base: str, path: str) -> tuple[str, list[str], bytes]:
    if path.startswith("/.well-known/oauth-protected-resource"):
        return "200 OK", [], json.dumps({"resource": f"{base}/mcp", "authorization_servers": [base]}).encode()
    if path == "/.well-known/oauth-authorization-server":
        endpoints = {f"{name}_endpoint": f"{base}/{name}" for name in ("authorization", "token")}
        return "200 OK", [], json.dumps({"issuer": base, **endpoints}).encode()
    return "401 Unauthorized", ["www-authenticate: Bearer"], b"{}"


async def main() -> None:
    """Listen on ten ports and print their addresses on one line of JSON."""
    servers = [await asyncio.start_server(_answer, "127.0.0.1", 0) for _ in range(SERVERS)]
    urls = [f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp" for server in servers]
    print(json.dumps({"url": " ".join(urls)}), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())

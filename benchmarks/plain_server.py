"""The smallest server of the SDK over Streamable HTTP: ``python -m benchmarks.plain_server json|sse``."""

from __future__ import annotations

import json
import socket
import sys

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("plain", log_level="WARNING")


@server.tool(structured_output=False)
async def echo(text: str) -> str:
    """Send the text back."""
    return text


def main(answers: str) -> None:
    """Serve until told to end."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    app = server.streamable_http_app(json_response=answers == "json")
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none")).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])

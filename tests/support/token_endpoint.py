"""A token endpoint on loopback that rotates refresh tokens, counts what it is asked, and notices reuse."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class TokenEndpoint:
    """``valid`` is the one good refresh token; ``delay`` seconds before an answer, ``lifetime`` of tokens."""

    url: str = ""
    valid: str = "refresh-1"
    lifetime: float = 3600
    delay: float = 0.0
    asked: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, refresh_token: str) -> tuple[int, dict[str, Any]]:
        """New tokens for the valid one, ``invalid_grant`` for any other."""
        with self._lock:
            self.asked.append(refresh_token)
            number = len(self.asked) + 1
            if refresh_token != self.valid:
                self.reused.append(refresh_token)
                return 400, {"error": "invalid_grant"}
            self.valid = f"refresh-{number}"
        time.sleep(self.delay)
        tokens = {"access_token": f"access-{number}", "refresh_token": self.valid, "expires_in": self.lifetime}
        return 200, {"token_type": "Bearer", **tokens}


@contextmanager
def token_endpoint(**settings: Any) -> Iterator[TokenEndpoint]:
    """Serve one until the block ends."""
    endpoint = TokenEndpoint(**settings)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            status, document = endpoint.answer(form["refresh_token"][0])
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

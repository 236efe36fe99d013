"""The plain server's lines over Streamable HTTP: each request is a POST, its answer an event stream.

One loop serves all requests, one after another, as over stdio: what it writes goes to the stream of the request that
it answers, or of the newest one that is still open.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOST = "127.0.0.1"
_PATH = "/mcp"
_OK, _ACCEPTED, _NOT_FOUND, _NOT_ALLOWED = 200, 202, 404, 405
_CHUNK = 4096


@dataclass(slots=True)
class _Stream:
    """The answer to one POST: pieces to send, and None at its end; ``request_id`` is that of its request."""

    request_id: Any
    pieces: queue.SimpleQueue[bytes | None] = field(default_factory=queue.SimpleQueue)
    is_answered: bool = False


class Posts:
    """A channel whose lines are the bodies of POSTs."""

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[tuple[bytes, _Stream | None]] = queue.SimpleQueue()
        self._open: list[_Stream] = []
        self._begun = b""

    def post(self, body: bytes) -> _Stream | None:
        """Take a body; a request gets a stream, anything else none."""
        try:
            message = json.loads(body)
        except ValueError:
            message = {}
        is_request = isinstance(message, dict) and "method" in message and "id" in message
        stream = _Stream(message["id"]) if is_request else None
        self._lines.put((body.replace(b"\n", b" ") + b"\n", stream))
        return stream

    def lines(self) -> Iterator[bytes]:
        """Each body as it comes, for ever; asking for the next one ends the streams that are answered."""
        return self

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._close([stream for stream in self._open if stream.is_answered])
        line, stream = self._lines.get()
        if stream is not None:
            self._open.append(stream)
        return line

    def write(self, data: bytes) -> None:
        """Send each whole line as an event."""
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in filter(bytes.strip, lines):
            stream, is_answer = self._stream(line)
            if stream is not None:
                stream.is_answered = stream.is_answered or is_answer
                stream.pieces.put(b"event: message\ndata: " + line + b"\n\n")

    def cut(self, data: bytes) -> None:
        """Send the beginning of an event, and end the stream."""
        if self._open:
            self._open[-1].pieces.put(b"event: message\ndata: " + data)
            self._close([self._open[-1]])

    def _stream(self, line: bytes) -> tuple[_Stream | None, bool]:
        """The stream a line belongs to, and whether it is the answer of that stream's request."""
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        answered = message.get("id") if isinstance(message, dict) and "method" not in message else None
        mine = [stream for stream in self._open if answered is not None and stream.request_id == answered]
        newest = self._open[-1] if self._open else None
        return (mine[-1], True) if mine else (newest, isinstance(message, dict) and "method" not in message)

    def _close(self, streams: list[_Stream]) -> None:
        for stream in streams:
            self._open.remove(stream)
            stream.pieces.put(None)


def listen(name: str, port: int, *, lifeline: bool) -> Posts:
    """Listen on 127.0.0.1 from now on, print the line that says where, and give what is posted.

    ``port`` 0 is any free one. With ``lifeline`` the process ends when its standard input does.
    """
    posts = Posts()

    class Handler(_Handler):
        channel = posts

    try:
        server = _Server((_HOST, port), Handler)
    except (OSError, OverflowError) as error:
        sys.exit(f"{name}: cannot listen on {_HOST}:{port}: {getattr(error, 'strerror', error)}")
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    if lifeline:
        threading.Thread(target=_end_with_stdin, name="lifeline", daemon=True).start()
    url = f"http://{_HOST}:{server.server_port}{_PATH}"
    sys.stdout.write(json.dumps({"name": name, "url": url, "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    return posts


def _end_with_stdin() -> None:
    while os.read(sys.stdin.fileno(), _CHUNK):
        pass
    os._exit(0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # a hundred answers may come at once; beyond five, the default, they would wait seconds


class _Handler(BaseHTTPRequestHandler):
    channel: Posts
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != _PATH:
            self._empty(_NOT_FOUND)
        elif (stream := self.channel.post(body)) is None:
            self._empty(_ACCEPTED)
        else:
            self._events(stream)

    def do_GET(self) -> None:
        self._empty(_NOT_ALLOWED if self.path == _PATH else _NOT_FOUND)

    do_DELETE = do_GET  # noqa: N815 - http.server's own naming

    def _events(self, stream: _Stream) -> None:
        self.send_response(_OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while (piece := stream.pieces.get()) is not None:
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            pass  # the client left
        self.close_connection = True

    def _empty(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
        """Keep standard error for the faults."""

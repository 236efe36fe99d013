"""A port nobody should ever connect to, for what would do so behind a page's back."""

from __future__ import annotations

import socket

from support.lab import PATIENCE


class Beacon:
    """A listening port; connections wait in its backlog until they are counted."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self._listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def connections(self) -> int:
        """How many there were since it was last asked."""
        return len(self.messages())

    def messages(self) -> list[bytes]:
        """What each connection since then has sent so far."""
        heard: list[bytes] = []
        while True:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return heard
            with connection:
                connection.setblocking(False)
                try:
                    heard.append(connection.recv(1000))
                except BlockingIOError:
                    heard.append(b"")

    def wait(self) -> bytes:
        """What the next one sends who connects: that it would be noticed."""
        self._listener.settimeout(PATIENCE)
        connection, _ = self._listener.accept()
        self._listener.setblocking(False)
        with connection:
            connection.settimeout(PATIENCE)
            return connection.recv(1000)

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

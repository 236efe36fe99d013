"""A server that ends when whoever started it does, however that one ended: the other end of a pipe closes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    import uvicorn

_GRACE_SECONDS = 2.0
_CHUNK = 4096


def run_until_stdin_ends(server: uvicorn.Server, listeners: list[socket.socket]) -> None:
    """Run ``server`` until it is told to end or standard input does; then its whole process group ends as well."""
    threading.Thread(target=_watch, args=(server,), name="lifeline", daemon=True).start()
    try:
        server.run(sockets=listeners)
    finally:
        _end_group()


def _watch(server: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), _CHUNK):
        pass
    server.should_exit = True
    time.sleep(_GRACE_SECONDS)
    _end_group()


def _end_group() -> None:
    """End this process, and its children where it leads a process group of its own."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)

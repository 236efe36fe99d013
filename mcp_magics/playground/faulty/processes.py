"""Faults of the process: its beginning, its end, its standard error."""

from __future__ import annotations

import signal
import sys
import time

from mcp_magics.playground.plain_server import Message, WellBehaved

_STDERR_FLOOD_BYTES = 1024 * 1024
_LONGEST_LIFE_SECONDS = 600


class _ExitsAtOnce(WellBehaved):
    """Ends with status 3 before it reads anything, and says why on stderr."""

    name = "exits-at-once"

    def start(self) -> None:
        sys.stderr.write("faulty: FAULTY_API_KEY is not set\n")
        sys.exit(3)


class _HangsAtStart(WellBehaved):
    """Reads, and never answers anything."""

    name = "hangs-at-start"

    def respond(self, request: Message) -> None:
        pass


class _SlowStart(WellBehaved):
    """Waits --delay seconds before it reads anything."""

    name = "slow-start"

    def start(self) -> None:
        time.sleep(self.settings.delay)


class _StderrFlood(WellBehaved):
    """Writes a mebibyte to stderr before each answer, and waits until someone has read it."""

    name = "stderr-flood"

    def respond(self, request: Message) -> None:
        line = f"faulty: {request['method']} ".encode().ljust(127, b".") + b"\n"
        sys.stderr.buffer.write(line * (_STDERR_FLOOD_BYTES // len(line)))
        sys.stderr.buffer.flush()
        super().respond(request)


class _IgnoresSigterm(WellBehaved):
    """Stays when its input ends and when SIGTERM or SIGINT asks it to go (for ten minutes at most)."""

    name = "ignores-sigterm"

    def start(self) -> None:
        for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(asked, signal.SIG_IGN)
        signal.alarm(_LONGEST_LIFE_SECONDS)

    def end(self) -> None:
        while True:
            signal.pause()


KINDS: tuple[type[WellBehaved], ...] = (_ExitsAtOnce, _HangsAtStart, _SlowStart, _StderrFlood, _IgnoresSigterm)
"""The faults of this file."""

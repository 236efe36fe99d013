"""The commands of the servers that tests start, as words of a ``%mcp add`` line."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

HERE = Path(__file__).parent


def playground(*words: str) -> str:
    """A server of the playground over stdio: ``playground("faulty", "--fault", "noise")``."""
    return shlex.join([sys.executable, "-m", "mcp_magics.playground", *words])


def faulty(fault: str = "none", *words: str) -> str:
    """The server that breaks the protocol in that way; without a fault it behaves, and has ``raw_frame``."""
    return playground("faulty", "--fault", fault, *words)


def odd_stdio(name: str, eras: str = "both") -> str:
    """A server of :mod:`support.odd_stdio`."""
    return shlex.join([sys.executable, str(HERE / "odd_stdio.py"), name, eras])


def apps(elsewhere: str = "https://elsewhere.example") -> str:
    """The server of :mod:`support.apps_server`, whose hostile apps would like to go ``elsewhere``."""
    return shlex.join([sys.executable, str(HERE / "apps_server.py"), elsewhere])


def content(eras: str = "both") -> str:
    """The server of :mod:`support.content_server`: templates, prompts, completions, skills."""
    return shlex.join([sys.executable, str(HERE / "content_server.py"), eras])


def showcase(beacon: str) -> str:
    """The server of :mod:`support.showcase_server`, whose hostile contents try to reach ``beacon``."""
    return shlex.join([sys.executable, str(HERE / "showcase_server.py"), beacon])


def streaming(*without: str) -> str:
    """The server of :mod:`support.streaming_server`, in both eras, ``without`` something."""
    return shlex.join([sys.executable, str(HERE / "streaming_server.py"), "both", *without])


def tables() -> str:
    """The server of :mod:`support.table_server`, whose tables are long."""
    return shlex.join([sys.executable, str(HERE / "table_server.py")])

"""Loopback servers to practise, teach and test with: nothing leaves this machine.

``python -m mcp_magics.playground NAME`` runs one in a terminal; :mod:`mcp_magics.playground.host` runs them from a
notebook. This module only says which there are; nothing of a server is imported before it is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.playground.serve import Served

Transport = Literal["stdio", "http", "sse"]
Eras = Literal["both", "2026-07-28", "legacy"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One server of the playground; the first of its ``transports`` is the default one.

    Over HTTP it takes as many ports in a row as it has ``listeners``.
    """

    name: str
    summary: str
    transports: tuple[Transport, ...]
    listeners: int = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What a server is built from: ``seed`` decides its data, ``page_size`` how many items a list page holds.

    For protected ones also: what goes wrong (``fault``), how slow the slow fault is (``delay``, s), how long an access
    token is good (``expiry``, s) and what it looks like (``tokens``).
    """

    seed: int = 0
    page_size: int | None = None
    fault: str = "none"
    delay: float = 2.0
    expiry: int = 3600
    tokens: Literal["jwt", "opaque"] = "jwt"


CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Entry("shop", "A small shop: products, orders, a chart, a slow report, a big export.", ("stdio", "http")),
            Entry("s1", "A workbench: one tool for each thing a server may do.", ("stdio", "http")),
            Entry("protocol", "A tour: one thing for each feature of MCP, in both eras.", ("stdio", "http")),
            Entry("l0", "An open HTTP server that remembers every request it saw.", ("http", "sse")),
            Entry("l1", "An open HTTP server where logging in is offered and not needed.", ("http",), listeners=2),
            Entry("l2", "An HTTP server that needs a login, and its authorization server.", ("http",), listeners=2),
            Entry("l3", "A bot challenge where an HTTP server should be.", ("http",)),
            Entry("l4", "An HTTP server that takes one bearer token, and has no OAuth.", ("http",)),
            Entry("faulty", "A server that breaks the protocol in the way you name.", ("stdio", "http")),
        )
    }
)

_MODULES = {"shop": "shop", "s1": "s1", "protocol": "protocol", "l0": "open_http"} | {
    name: name for name in ("l1", "l2", "l3", "l4")
}


def build(name: str, options: Options | None = None) -> Served:
    """The server called ``name`` as an object, ready for a transport or for ``servers.add(…, object=…)``.

    Raises:
        KeyError: no server that runs on the SDK has that name (``faulty`` does not).
    """
    module = import_module(f"{__name__}.{_MODULES[name]}")
    served: Served = module.build(options or Options())
    return served


def faults_of(name: str) -> dict[str, str]:
    """What the server of that name can do wrong: each fault's name and what it does; ``none`` is one of them."""
    if name == "faulty":
        from mcp_magics.playground.faulty import FAULTS

        return FAULTS
    from mcp_magics.playground.authorization.faults import faults_of as protected

    return protected(name)

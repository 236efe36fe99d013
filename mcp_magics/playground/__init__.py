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
    """One server of the playground; the first of its ``transports`` is the default one."""

    name: str
    summary: str
    transports: tuple[Transport, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What a server is built from: ``seed`` decides its data, ``page_size`` how many items a list page holds."""

    seed: int = 0
    page_size: int | None = None


CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Entry("shop", "A small shop: products, orders, a chart, a slow report, a big export.", ("stdio", "http")),
            Entry("s1", "A workbench: one tool for each thing a server may do.", ("stdio", "http")),
            Entry("l0", "An open HTTP server that remembers every request it saw.", ("http", "sse")),
            Entry("faulty", "A stdio server that breaks the protocol in the way you name.", ("stdio",)),
        )
    }
)

_MODULES = {"shop": "shop", "s1": "s1", "l0": "open_http"}


def build(name: str, options: Options | None = None) -> Served:
    """The server called ``name`` as an object, ready for a transport or for ``servers.add(…, object=…)``.

    Raises:
        KeyError: no server that runs on the SDK has that name (``faulty`` does not).
    """
    module = import_module(f"{__name__}.{_MODULES[name]}")
    served: Served = module.build(options or Options())
    return served

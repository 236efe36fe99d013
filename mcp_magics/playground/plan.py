"""How servers of the playground shall run: what was wanted, judged and made a plan for each. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from mcp_magics.errors import ConfigurationError
from mcp_magics.playground import CATALOGUE, Entry, Eras, Transport, faults_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a server shall run; what ``python -m mcp_magics.playground`` takes, with its meaning."""

    transport: Transport | None = None
    port: int = 0
    seed: int = 0
    eras: Eras = "both"
    fault: str = "none"
    page_size: int | None = None
    delay: float | None = None
    expiry: int | None = None
    tokens: Literal["jwt", "opaque"] | None = None

    def words(self) -> tuple[str, ...]:
        """The options to write on the command line."""
        given = {
            "--transport": self.transport,
            "--port": self.port or None,
            "--seed": self.seed or None,
            "--protocol": None if self.eras == "both" else self.eras,
            "--fault": None if self.fault == "none" else self.fault,
            "--page-size": self.page_size,
            "--delay": self.delay,
            "--expiry": self.expiry,
            "--tokens": self.tokens,
        }
        return tuple(word for option, value in given.items() if value is not None for word in (option, str(value)))


def plans_of(names: tuple[str, ...], wanted: Wanted) -> dict[str, Wanted]:
    """How each server shall run, with its transport and its port."""
    plans: dict[str, Wanted] = {}
    port = wanted.port
    for name in names:
        entry = _entry(name, wanted)
        transport = wanted.transport or entry.transports[0]
        speaks_http = transport != "stdio"
        plans[entry.name] = replace(wanted, transport=transport, port=port if speaks_http else 0)
        port += entry.listeners if port and speaks_http else 0
    return plans


def _entry(name: str, wanted: Wanted) -> Entry:
    entry = CATALOGUE.get(name.lower())
    if entry is None:
        near = get_close_matches(name.lower(), CATALOGUE, n=1)
        message = f"the playground has no server {name!r}"
        raise ConfigurationError(
            message,
            class_="unknown_server",
            phase="config",
            evidence=(f"it has: {', '.join(CATALOGUE)}",),
            next_step=f"%mcp playground start {near[0] if near else 'shop'}",
        )
    _check_fault(entry, wanted.fault)
    if wanted.transport is not None and wanted.transport not in entry.transports:
        message = f"{entry.name} does not speak {wanted.transport}"
        raise ConfigurationError(
            message,
            phase="config",
            server=entry.name,
            evidence=(f"it speaks: {', '.join(entry.transports)}",),
            next_step=f"%mcp playground start {entry.name} --transport {entry.transports[0]}",
        )
    return entry


def _check_fault(entry: Entry, fault: str) -> None:
    """Raise ConfigurationError where a server has no such fault, with the nearest one that some server has."""
    own = faults_of(entry.name)
    if fault in ("none", *own):
        return
    where = {name: each for each in CATALOGUE for name in faults_of(each) if name != "none"}
    near = get_close_matches(fault, [*own, *where], n=1)
    server = entry.name if near and near[0] in own else where.get(near[0] if near else "", "faulty")
    message = f"{entry.name} has no fault {fault!r}"
    raise ConfigurationError(
        message,
        phase="config",
        server=entry.name,
        evidence=(f"it has: {', '.join(name for name in own if name != 'none')}" if own else "it has none",),
        next_step=f"%mcp playground start {server} --fault {near[0] if near else 'noise'}",
    )

"""One server at one moment as a card: three axes in words and colour, what is wrong, what may be done about it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.config.view import whereabouts
from mcp_magics.connection.line_word import line_word
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import clean, escaped, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.connection.server import Server

Bundle = dict[str, str]
Colour = str
Action = Literal["connect", "disconnect", "restart", "login"]

GOOD, CAUTION, BAD, QUIET = "#1a7f37", "#9a6700", "#b00020", "#57606a"
TONES = {GOOD: "good", CAUTION: "caution", BAD: "bad", QUIET: "quiet"}
"""The colours' names, for a page that has its own shades for a dark theme."""
_COLOURS: dict[str, Colour] = {
    "ready": GOOD,
    "connecting": CAUTION,
    "failed": BAD,
    "bearer": GOOD,
    "header": GOOD,
    "oauth_ok": GOOD,
    "oauth_refreshable": GOOD,
    "env_missing": BAD,
    "reauth_needed": BAD,
    "store_error": BAD,
    "required": CAUTION,
}
_CONFIGURED = ("bearer", "header", "env_missing")
_LONGEST = 200
_ADDRESS = 80


@dataclass(frozen=True, slots=True)
class Card:
    """One server at one moment; ``problem`` is what to know and ``step`` what to type about it, where there is any.

    ``tools`` is None where that is not known; ``protocol`` is the revision spoken, empty without a connection;
    ``where`` is its command or its address, literals masked.
    """

    name: str
    requirement: str
    credential: str
    connection: str
    tools: int | None = None
    problem: str = ""
    step: str = ""
    transport: str = ""
    protocol: str = ""
    violations: int = 0
    where: str = ""

    @classmethod
    def of(cls, server: Server) -> Card:
        """The card of ``server`` now. Blocks: the credential store may be a keyring."""
        status, failure, connection = server.status, server.failure, server.connection
        is_ready = connection.state == "ready"
        return cls(
            server.name,
            status.requirement,
            status.credential,
            status.connection if server.spec.enabled else "disabled",
            len(connection.catalog.tools) if is_ready else None,
            redactor().text(f"{failure.class_}: {failure.message}") if failure else "",
            redactor().text(failure.next_step or "") if failure else "",
            connection.transport,
            (server.protocol_version or "") if is_ready else "",
            len(server.violations),
            whereabouts(server.spec),
        )

    @property
    def axes(self) -> tuple[tuple[str, str, Colour], ...]:
        """Each axis: its name, its word, its colour."""
        held = _COLOURS.get(self.credential, QUIET)
        needed = QUIET if held == GOOD else _COLOURS.get(self.requirement, QUIET)
        connection = _COLOURS.get(self.connection, QUIET)
        return (
            ("requirement", self.requirement, needed),
            ("credential", self.credential, held),
            ("connection", self.connection, connection),
        )

    @property
    def colour(self) -> Colour:
        """The worst of the three, else whether it is connected."""
        colours = [colour for _, _, colour in self.axes]
        return next((each for each in (BAD, CAUTION, GOOD) if each in colours), QUIET)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What a person may do with it now; a configured credential comes before any login."""
        if self.connection == "disabled":
            return ()
        actions: tuple[Action, ...] = ("connect",) if self.connection in ("idle", "failed") else ("disconnect",)
        if self.connection == "ready":
            actions = (*actions, "restart")
        asks = self.requirement in ("required", "optional", "unknown") and self.credential not in _CONFIGURED
        is_in = self.credential in ("oauth_ok", "oauth_refreshable")
        return (*actions, "login") if asks and not is_in else actions

    @property
    def spoken(self) -> str:
        """How it is spoken to: ``stdio, protocol 2026-07-28``."""
        return ", ".join(filter(None, (self.transport, self.protocol and f"protocol {self.protocol}")))

    @property
    def offered(self) -> str:
        """How many tools there are, empty where that is not known."""
        return f"{self.tools:,} tool{'' if self.tools == 1 else 's'}" if self.tools is not None else ""

    @property
    def broken(self) -> str:
        """How many violations were seen, empty where there are none."""
        return f"{self.violations:,} violation{'' if self.violations == 1 else 's'}" if self.violations else ""

    def view(self) -> dict[str, Any]:
        """The card for a page, every text cleaned and short."""
        return {
            "name": one_line(self.name, _LONGEST),
            "key": self.name,
            "tone": TONES[self.colour],
            "spoken": clean(self.spoken),
            "where": one_line(self.where, _ADDRESS),
            "axes": [[axis, clean(word), TONES[colour]] for axis, word, colour in self.axes],
            "tools": self.offered,
            "problem": one_line(self.problem, 2 * _LONGEST),
            "step": one_line(self.step, 2 * _LONGEST),
            "violations": self.broken,
            "look": f"%mcp violations {line_word(self.name)}" if self.violations else "",
            "actions": list(self.actions),
        }


def bundle(cards: Sequence[Card], at: float, static: str = "") -> Bundle:
    """All ``cards`` as of ``at`` (seconds since the epoch: the last change), rich and plain.

    ``static`` names them for a page that draws them live, and hides these meanwhile.
    """
    as_of = time.strftime("as of %H:%M:%S UTC", time.gmtime(at))
    plain = [as_of, *(f"{card.name}: {', '.join(f'{axis} {word}' for axis, word, _ in card.axes)}" for card in cards)]
    boxes = "".join(_box(card) for card in cards)
    row = f'<div style="display:flex;flex-wrap:wrap;gap:8px">{boxes}</div>'
    name = f' data-mcp-static="{escaped(static)}"' if static else ""
    return {
        "text/plain": "\n".join(clean(line) for line in plain),
        "text/html": f"<div{name}>{row}<small>{escaped(as_of)}</small></div>",
    }


def _box(card: Card) -> str:
    lines = "".join(
        f'<div>{axis} <span aria-hidden="true" style="color:{colour}">●</span> <b>{escaped(word)}</b></div>'
        for axis, word, colour in card.axes
    )
    spoken = f"<div><small>{escaped(card.spoken)}</small></div>" if card.spoken else ""
    where = f"<div><code>{escaped(one_line(card.where, _ADDRESS))}</code></div>" if card.where else ""
    tools = f"<div>{card.offered}</div>" if card.offered else ""
    broken = f"<div>{card.broken}</div>" if card.broken else ""
    problem = f"<small>{escaped(one_line(card.problem, _LONGEST))}</small>" if card.problem else ""
    step = f"<div><code>{escaped(one_line(card.step, _LONGEST))}</code></div>" if card.step else ""
    style = f"border-left:4px solid {card.colour};padding:2px 12px 2px 8px;max-width:32em"
    return f'<div style="{style}"><b>{escaped(card.name)}</b>{spoken}{where}{lines}{tools}{broken}{problem}{step}</div>'

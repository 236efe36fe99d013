"""A job at one moment, rich and plain: how it stands while it runs, and its whole result once there is one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_magics.errors import Failure
from mcp_magics.results.sanitise import clean, escaped, one_line

_LONGEST = 300
_COLOURS = {"succeeded": "#1a7f37", "succeeded (isError)": "#b00020", "failed": "#b00020", "cancelled": "#57606a"}
_QUIET = "#9a6700"


@dataclass(frozen=True, slots=True)
class Glance:
    """One job at one moment; ``began`` and ``at`` are seconds since the epoch, ``elapsed`` seconds.

    ``news`` is the newest its server has said of it, ``result`` its result where that can be shown, ``question`` the
    number of the question it waits for.
    """

    number: int
    server: str
    what: str
    state: str
    began: float
    at: float
    elapsed: float
    news: str = ""
    task: str = ""
    failure: Failure | None = None
    result: Any = None
    question: int | None = None

    @property
    def verdict(self) -> str:
        """The state; of a call that ended with an error result, that it did."""
        said = self.state == "succeeded" and getattr(self.result, "is_error", False) is True
        return "succeeded (isError)" if said else self.state

    @property
    def line(self) -> str:
        """One line: the state, how long, and the newest of it."""
        if self.state == "running":
            return f"running{self._said}"
        if self.state == "waiting":
            step = "%mcp jobs" if self.question is None else f"%mcp jobs answer {self.question}"
            return f"waiting for an answer: {step}{self._said}"
        took = f"{self.verdict} after {self.elapsed:.2f} s"
        return (
            f"{took}: {self.failure.class_}: {self.failure.message}"
            if self.failure and self.state == "failed"
            else took
        )

    @property
    def _said(self) -> str:
        told = [self.news, f"task {self.task}" if self.task else ""]
        return "".join(f", {one_line(each, _LONGEST)}" for each in told if each)

    @property
    def head(self) -> str:
        """The same with its number, its name and the time: what stands above a result."""
        if self.state in ("running", "waiting"):
            since = time.strftime("%H:%M:%S UTC", time.gmtime(self.began))
            return f"job {self.number}: {self.what} {self.line} (since {since}; %mcp jobs cancel {self.number} ends it)"
        return (
            f"job {self.number}: {self.what} {self.line} (as of {time.strftime('%H:%M:%S UTC', time.gmtime(self.at))})"
        )

    @property
    def plain(self) -> str:
        """One clean line for a ``repr``."""
        return clean(one_line(f"{self.what}: {self.line}", _LONGEST))

    def bundle(self) -> dict[str, Any]:
        """The head, and below it the result or what to type about the failure."""
        shown = self._result()
        below = [str(shown.get("text/plain", ""))] if shown else self._advice()
        colour = _COLOURS.get(self.verdict, _QUIET)
        style = f"border-left:3px solid {colour};padding-left:8px"
        rich = str(shown.get("text/html", "")) if shown else "".join(f"<div>{escaped(each)}</div>" for each in below)
        head = f'<div style="{style}"><small>{escaped(self.head)}</small></div>'
        texts = {
            "text/plain": "\n".join([clean(self.head), *(clean(each) if not shown else each for each in below)]),
            "text/html": head + rich,
        }
        return {**{kind: data for kind, data in shown.items() if kind.startswith("image/")}, **texts}

    def _result(self) -> Mapping[str, Any]:
        if self.state != "succeeded" or not hasattr(self.result, "_repr_mimebundle_"):
            return {}
        found = self.result._repr_mimebundle_()
        return found if isinstance(found, Mapping) else {}

    def _advice(self) -> list[str]:
        if self.failure is None:
            return [] if self.result is None else [one_line(repr(self.result), _LONGEST)]
        step = [f"→ {self.failure.next_step}"] if self.failure.next_step else []
        return [*self.failure.evidence[:2], *step]

    def to_json(self) -> dict[str, Any]:
        """How it stands, as plain JSON; times in ISO 8601, UTC."""
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began))
        return {
            "job": self.number,
            "server": self.server,
            "what": self.what,
            "state": self.state,
            "since": began,
            "elapsed": round(self.elapsed, 3),
            "progress": self.news or None,
            "task": self.task or None,
        }

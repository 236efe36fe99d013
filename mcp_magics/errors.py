"""Every error of mcp_magics, and the one value they all carry.

::

    MCPMagicsError                 the root; catch this to catch all of them
    ├── CommandError               a line or a body that could not be understood
    ├── ConfigurationError         a configuration that cannot be used as it stands
    │   └── UnknownServerError     no server is registered under that name
    ├── ConnectionFailedError      a server could not be reached, started or spoken to
    ├── RequestError               the server answered a request with a JSON-RPC error
    ├── RequestTimeoutError        the server was too slow (``timeout`` or ``max_time``)
    │   └── StillRunningError      a job was waited for long enough, and goes on
    ├── RequestCancelledError      the request ended before its answer, and who ended it
    ├── ToolError                  a tool result with ``isError``, where the caller asked for failure
    ├── DifferenceError            two answers that should be the same, and are not
    ├── ExpectedError              ``--expect-error``, and no such error came
    ├── ApprovalError              a call that needs a person's approval did not get it
    └── ProtocolError              an answer that cannot be used (a repeated cursor, no JSON)

Each carries a :class:`Failure`: what happened, where, how we know, and the line to type next.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Self

_BARE = re.compile(r"[^\s'\"{}\[\]()#=;]+")
"""A server's name that a line reads as one word, without quotes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, where, how we know, and what to type next.

    ``class_`` is one lower-case word of the catalogue in ``docs/failures.md`` (``command_not_found``,
    ``startup_timeout`` …); ``phase`` says when (``parse``, ``config``, ``spawn``, ``connect``,
    ``initialize``, ``list``, ``call`` …).
    """

    class_: str
    message: str
    phase: str = ""
    server: str | None = None
    evidence: tuple[str, ...] = ()
    next_step: str = ""
    retryable: bool = False

    def __post_init__(self) -> None:
        """Quote the server's name in the line to type, where the line would not be read otherwise."""
        if self.server and self.next_step and not _BARE.fullmatch(self.server):
            named = re.compile(rf"(%mcp [a-z]+ ){re.escape(self.server)}(?=[ .]|$)")
            word = json.dumps(self.server, ensure_ascii=False)
            object.__setattr__(self, "next_step", named.sub(lambda found: found[1] + word, self.next_step))

    def to_json(self) -> dict[str, Any]:
        """The failure as plain JSON, with the keys of ``%mcp list --json``."""
        return {
            "class": self.class_,
            "message": self.message,
            "phase": self.phase,
            "server": self.server,
            "evidence": list(self.evidence),
            "next_step": self.next_step,
            "retryable": self.retryable,
        }

    def lines(self) -> list[str]:
        """Two to four lines for a person: the cause, the evidence, the next step."""
        where = " · ".join(part for part in (self.server, self.phase) if part)
        first = f"{self.class_}: {self.message}" + (f" ({where})" if where else "")
        shown = [first, *self.evidence[:2]]
        return [*shown, f"→ {self.next_step}"] if self.next_step else shown


class MCPMagicsError(Exception):
    """The root of every error this package raises; ``error.failure`` says all there is to say."""

    default_class = "error"

    def __init__(
        self,
        message: str,
        *,
        class_: str = "",
        phase: str = "",
        server: str | None = None,
        evidence: tuple[str, ...] = (),
        next_step: str = "",
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.failure = Failure(class_ or self.default_class, message, phase, server, evidence, next_step, retryable)

    @classmethod
    def of(cls, failure: Failure) -> Self:
        """An error of this class that carries ``failure``."""
        error = cls(failure.message)
        error.failure = failure
        return error

    def at(self, **where: Any) -> Self:
        """The same error with fields of its failure filled in where they were empty."""
        missing = {key: value for key, value in where.items() if not getattr(self.failure, key)}
        self.failure = replace(self.failure, **missing)
        return self

    def __str__(self) -> str:
        return "\n".join(self.failure.lines())

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback: our frames help nobody here."""
        first, *rest = self.failure.lines()
        return [f"{type(self).__name__}: {first}", *(f"  {line}" for line in rest)]


class CommandError(MCPMagicsError):
    """A line or a body that could not be understood."""

    default_class = "usage"


class ConfigurationError(MCPMagicsError):
    """A configuration that cannot be used as it stands."""

    default_class = "config_invalid"


class UnknownServerError(ConfigurationError, KeyError):
    """No server is registered under that name; a ``KeyError`` too, as ``servers`` is a mapping."""

    default_class = "unknown_server"


class ConnectionFailedError(MCPMagicsError):
    """A server could not be reached, started or spoken to; ``challenge`` is its ``WWW-Authenticate``, if any."""

    default_class = "connection_failed"
    challenge: str | None = None


class RequestError(MCPMagicsError):
    """The server answered a request with a JSON-RPC error (JSON-RPC 2.0 §5.1).

    ``code``, ``rpc_message`` and ``data`` are the server's own.
    """

    default_class = "rpc_error"
    code: int = 0
    rpc_message: str = ""
    data: Any = None


class RequestTimeoutError(MCPMagicsError):
    """The server was too slow: ``timeout`` or ``max_time`` (seconds) ran out."""

    default_class = "timeout"


class StillRunningError(RequestTimeoutError, TimeoutError):
    """A job was waited for long enough, and goes on; a ``TimeoutError`` too, as of any other future."""

    default_class = "still_running"


class RequestCancelledError(MCPMagicsError):
    """The request ended before its answer; the failure's class says who ended it."""

    default_class = "cancelled"


class ToolError(MCPMagicsError):
    """A tool result with ``isError``, where the caller asked for failure; ``result`` is that result."""

    default_class = "tool_error"
    result: Any = None


class DifferenceError(MCPMagicsError):
    """Two answers that were to be the same differ; ``comparison`` says where."""

    default_class = "different"
    comparison: Any = None


class ExpectedError(MCPMagicsError):
    """``--expect-error`` was given and no such error came."""

    default_class = "error_expected"


class ApprovalError(MCPMagicsError):
    """A call that needs a person's approval did not get it."""

    default_class = "approval_unavailable"


class ProtocolError(MCPMagicsError):
    """An answer that cannot be used at all."""

    default_class = "protocol_error"

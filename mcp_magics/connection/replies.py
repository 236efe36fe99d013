"""Answers, and those that never come, as values and errors: a settled request is a :class:`Reply`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mcp_magics.config.defaults import startup_timeout
from mcp_magics.errors import ConnectionFailedError, MCPMagicsError, ProtocolError, RequestError
from mcp_magics.redact import redactor
from mcp_magics.results.reply import Reply
from mcp_magics.results.sanitise import one_line
from mcp_magics.wire.message import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.serverlog import ServerLog
    from mcp_magics.wire.pending import Pending

REDACTED = 8_000
"""Characters of an error's data that are searched for secrets, before they are cut to be shown."""


def reply_of(pending: Pending, server: str) -> Reply:
    """The settled ``pending`` as a Reply; raises its error, or ``RequestError`` for a JSON-RPC error response."""
    if pending.error is not None:
        raise pending.error
    message = pending.message or {}
    if message.get("error") is not None or "result" not in message:
        raise request_error(message.get("error") or "neither a result nor an error", pending.method, server)
    return Reply(pending.frame, message, pending.elapsed)


def request_error(error: object, method: str, server: str) -> RequestError:
    """A JSON-RPC error object as an exception that carries the server's own code, message and data.

    What is shown of them holds no known secret: a server may say a credential again.
    """
    body = error if isinstance(error, dict) else {"message": str(error)}
    code, text, data = body.get("code"), str(body.get("message", "")), body.get("data")
    detail = (f"data: {one_line(redactor().text(told(data, REDACTED)), 300)}",) if data is not None else ()
    raised = RequestError(
        f"{redactor().text(text) or 'no message'} (JSON-RPC {code})",
        phase=method,
        server=server,
        evidence=detail,
        next_step=f"%mcp trace {server}",
    )
    raised.code, raised.rpc_message, raised.data = code if isinstance(code, int) else 0, text, data
    return raised


def unexpected(error: Exception, server: str, phase: str) -> MCPMagicsError:
    """What a library raised that nobody foresaw, as an error of ours."""
    return ProtocolError(
        f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}",
        phase=phase,
        server=server,
        next_step=f"%mcp trace {server}",
    )


def not_ready(spec: ServerSpec, phase: str, log: ServerLog) -> ConnectionFailedError:
    """The error of a start that took too long at ``phase``, with what the server wrote meanwhile."""
    seconds, noise, stderr = startup_timeout(spec), log.tail("stdout", 1), log.tail("stderr", 3)
    evidence = [f"stdout, not JSON-RPC: {line[:200]}" for line in noise] + [f"stderr: {line[:200]}" for line in stderr]
    return ConnectionFailedError(
        f"not ready after {seconds:g} s; it was still at “{phase}”",
        class_="startup_timeout",
        phase=phase,
        server=spec.name,
        evidence=tuple(evidence) or ("the server wrote nothing at all",),
        next_step=f"%mcp add {spec.name} --startup-timeout {max(seconds * 2, 1):g} …, or %mcp log {spec.name}",
        retryable=True,
    )


Ending = Literal["disconnected", "removed", "replaced", "restarted", "logged in", "logged out"]
"""What a person did to a server that ended its connection."""

_AFTERWARDS: Mapping[Ending, str] = {
    "disconnected": "%mcp connect {}",
    "removed": "%mcp add {} …",
    "replaced": "run the cell again",
    "restarted": "run the cell again",
    "logged in": "run the cell again",
    "logged out": "%mcp login {}",
}


def cut_off(server: str, why: Ending) -> ConnectionFailedError:
    """The error of the requests that were under way when their connection was ended on purpose."""
    return ConnectionFailedError(
        f"{server} was {why} while the request was under way",
        class_="disconnected",
        phase="call",
        server=server,
        evidence=("whether the server acted is unknown",),
        next_step=_AFTERWARDS[why].format(server),
    )


def beside(first: MCPMagicsError, older: MCPMagicsError) -> MCPMagicsError:
    """``first``, and how the older transport ended: a server that speaks only that one refuses a POST too."""
    how = f"as the older HTTP+SSE transport: {older.failure.class_}: {older.failure.message}"
    first.failure = replace(first.failure, evidence=(how, *first.failure.evidence))
    return first

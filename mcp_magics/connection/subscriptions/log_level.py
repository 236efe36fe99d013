"""Which log messages a server is asked for (server/utilities/logging).

Up to 2025-11-25 ``logging/setLevel`` sets it for the session; since 2026-07-28 each request asks in its ``_meta``. The
level is the connection's here, in both eras, and outlives a reconnect.
"""

from __future__ import annotations

import asyncio
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mcp_magics.config.defaults import startup_timeout
from mcp_magics.errors import CommandError, RequestError, RequestTimeoutError
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.connection.client import Connection

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""RFC 5424's, the least severe first."""
OFF = "off"


def checked_level(word: str, line: str) -> str:
    """``word`` as a level or :data:`OFF`; raises ``CommandError`` with ``line``, which a level is put behind."""
    level = word.lower()
    if level in (*LEVELS, OFF):
        return level
    near = get_close_matches(level, (*LEVELS, OFF), n=1)
    raise CommandError(
        f"{word!r} is no log level: one of {', '.join(LEVELS)}, or {OFF}",
        phase="parse",
        next_step=f"{line} {near[0] if near else 'info'}",
    )


async def set_log_level(connection: Connection, level: str) -> tuple[str, ...]:
    """Ask a ready connection's server for messages of ``level`` and above, or for none; what there is to say of it.

    A server that refuses is a note too: the line has nothing else to do. Raises ``MCPMagicsError`` for other failures.
    """
    name = connection.spec.name
    declared = "logging" in connection.capabilities
    connection.log_level = None if level == OFF else level
    if connection.is_modern and connection.envelope is not None:
        connection.envelope = connection.envelope.asking_for_logs(connection.log_level)
        how = "each request asks for it" if connection.log_level else "no request asks for messages any more"
        return (how,) if declared else (how, _undeclared(name))
    if not declared:
        return (f"nothing was sent: {_undeclared(name)}",)
    refusal = await _sent(connection, LEVELS[-1] if level == OFF else level)
    if refusal is not None:
        connection.log_level = None
        return (f"refused: {refusal.failure.message}",)
    return ("the handshake era has no word for none: only emergencies are sent",) if level == OFF else ()


def _undeclared(name: str) -> str:
    return f"{name} does not declare logging, so it may send no messages"


async def _sent(connection: Connection, level: str) -> RequestError | None:
    seconds, name = startup_timeout(connection.spec), connection.spec.name
    try:
        async with asyncio.timeout(seconds):
            await connection.reply("logging/setLevel", f'"level":{compact(level)}')
    except RequestError as error:
        return error
    except TimeoutError:
        pass
    else:
        return None
    raise RequestTimeoutError(
        f"no answer to logging/setLevel within {seconds:g} s", phase="call", server=name, next_step=f"%mcp log {name}"
    )

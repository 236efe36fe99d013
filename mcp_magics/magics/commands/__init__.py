"""One file a verb group; a verb's function is found by its name when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command

_ROOMS = {
    "servers": ("add", "list", "get", "remove", "import", "export", "schema"),
    "secrets": ("secret",),
    "connection": ("connect", "disconnect", "restart", "status", "log", "ping"),
    "subscribe": ("subscribe",),
    "violations": ("violations",),
    "permission": ("login", "logout", "auth", "oauth"),
    "tools": ("tools", "tool", "call"),
    "content": ("resources", "templates", "read", "prompts", "prompt", "complete"),
    "skills": ("skills", "skill"),
    "messages": ("request", "notify"),
    "handle": ("handle",),
    "jobs": ("jobs",),
    "evidence": ("trace",),
    "diagram": ("diagram",),
    "browse": ("browse", "form"),
    "learn": ("playground", "help"),
}
_ROOM_OF = {verb: room for room, verbs in _ROOMS.items() for verb in verbs}


async def perform(context: Context, command: Command) -> Any:
    """Steps: do what a line says; the value to show, or None."""
    from mcp_magics.errors import UnknownServerError
    from mcp_magics.magics.commands.compare import do_placed, is_placed
    from mcp_magics.magics.commands.named import with_meant

    work = performer(command.verb.name)
    try:
        return await do_placed(context, command, work) if is_placed(command) else await work(context, command)
    except UnknownServerError as error:
        unknown = error
    raise with_meant(context, command, unknown)


def performer(verb: str) -> Callable[[Context, Command], Coroutine[Until, None, Any]]:
    """The function that does ``verb``: steps that return the value to show, or None."""
    module = import_module(f"mcp_magics.magics.commands.{_ROOM_OF[verb]}")
    return getattr(module, f"do_{verb}")  # type: ignore[no-any-return]

"""What goes with the request of a line: its limits, its ``--meta``, answers given beforehand, its arguments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.magics.body import Arguments, arguments_of
from mcp_magics.magics.commands.answers import answers_of

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command


def with_options(context: Context, server: Server, command: Command) -> Server:
    """``server`` as ``command``'s options have it; raises ``CommandError`` for one that cannot be read."""
    options = command.options
    return server.with_options(
        timeout=options.seconds("timeout"),
        max_time=options.seconds("max-time"),
        meta=_meta(command),
        answers=answers_of(context, command),
    )


def given(context: Context, command: Command, schema: Any = None) -> Arguments:
    """The arguments or params ``command`` gives, an empty object where it gives none."""

    def work() -> Arguments:
        known = {} if schema is None else schema
        return arguments_of(command, schema=known, evaluate=context.evaluate) or Arguments()

    return work() if context.given is None else context.given.of(work)


def _meta(command: Command) -> dict[str, Any] | None:
    """The object ``--meta`` gives, or None; raises ``CommandError`` for anything else."""
    text = command.options.text("meta")
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CommandError(
            f"--meta takes a JSON object: {error}", phase="parse", next_step="--meta '{\"k\": 1}'"
        ) from None
    if not isinstance(value, dict):
        raise CommandError("--meta takes a JSON object", phase="parse", next_step="--meta '{\"k\": 1}'")
    return value

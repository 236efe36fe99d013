"""``diagram``: a slice of the wire log as a sequence diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.errors import CommandError

if TYPE_CHECKING:
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.diagram import Diagram


async def do_diagram(context: Context, command: Command) -> Diagram:
    """Who said what to whom: of all that is kept, the ``--last`` of it, or ``--from`` one message ``--to`` another."""
    options = command.options
    first, last = options.integer("from"), options.integer("to")
    if first is not None and last is not None and last < first:
        raise CommandError(
            f"--to {last} is before --from {first}",
            phase="parse",
            evidence=("%mcp trace has the numbers of the messages, under n",),
            next_step=f"--from {last} --to {first}",
        )
    return context.servers.trace(command.word(0)).between(first, last).diagram(options.integer("last"))

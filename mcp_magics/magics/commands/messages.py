"""``request`` and ``notify``: any method, its params as written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.magics.commands.named import server_named
from mcp_magics.magics.commands.sending import given, with_options
from mcp_magics.magics.job_panel import carried_out
from mcp_magics.magics.outcome import Message, Note, expecting
from mcp_magics.results.content import RawResult

if TYPE_CHECKING:
    from mcp_magics.magics.body import Arguments
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command


async def do_request(context: Context, command: Command) -> Any:
    """Any request; the result as it came."""
    server = with_options(context, server_named(context, command), command)
    method = command.word(1) or ""
    members = members_of(given(context, command))
    if command.options.flag("dry-run"):
        return Message.request(server, method, members)

    async def work() -> RawResult:
        reply = await server.request_steps(method, members, name=_name_in(members))
        return RawResult(reply, server.name, method, protocol_version=server.protocol_version)

    asking = expecting(command, work(), fail=context.defaults.fail)
    return await carried_out(context, command, server, method, asking)


def members_of(params: Arguments) -> str:
    """The members of a JSON object's text, without its braces."""
    text = params.text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise CommandError(
            "params are a JSON object", phase="parse", next_step='%mcp request SERVER METHOD {"key": "value"}'
        )
    return text[1:-1].strip()


def _name_in(members: str) -> str | None:
    """The ``name``, ``uri`` or ``taskId`` a 2026-07-28 request repeats as a header."""
    import json

    try:
        params = json.loads(f"{{{members}}}")
    except ValueError:
        return None
    name = params.get("name", params.get("uri", params.get("taskId")))
    return name if isinstance(name, str) else None


async def do_notify(context: Context, command: Command) -> Any:
    """Any notification: no answer comes, and no order relative to requests is kept by the server."""
    server, method = server_named(context, command), command.word(1) or ""
    params = given(context, command)
    members_of(params)
    if command.options.flag("dry-run"):
        return Message(f'{{"jsonrpc":"2.0","method":"{method}","params":{params.text}}}')
    await server.ready_steps()
    server.connection.tell(method, "" if params.text == "{}" else params.text)
    return Note(f"{server.name}: {method} sent", {"server": server.name, "method": method})

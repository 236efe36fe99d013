"""``--protocol both`` and ``--against``: the same line of two servers, or of one in both eras.

The verb itself is done twice, each time with another server under the name the line says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from mcp_magics.connection.comparing import Pair, compare
from mcp_magics.errors import CommandError
from mcp_magics.magics.commands.named import item_named, server_named
from mcp_magics.magics.context import Once
from mcp_magics.magics.parse import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mcp_magics.config.model import Protocol
    from mcp_magics.connection.manager import Servers
    from mcp_magics.connection.server import Server
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.comparison import Comparison

    Performing = Callable[[Context, Command], Coroutine[Until, None, Any]]

BOTH = "both"
_OF_ONE_RESULT = ("no-wait", "expect-error")
_OF_THE_WHOLE = ("protocol", "against", "ignore", "fail", "out", "save", "json")


class _Instead(Mapping[str, "Server"]):
    """The servers, with another one under one of their names."""

    def __init__(self, servers: Servers, name: str, server: Server) -> None:
        self._servers, self._name, self._server = servers, name, server

    def __getitem__(self, name: str) -> Server:
        return self._server if name == self._name else self._servers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._servers)

    def __len__(self) -> int:
        return len(self._servers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._servers, name)


def is_placed(command: Command) -> bool:
    """Whether a line says which era or which second server it is for."""
    options = command.options
    return "against" in options and any(options.given(name) for name in ("protocol", "against", "ignore"))


async def do_placed(context: Context, command: Command, perform: Performing) -> Any:
    """Steps: ``perform`` in the era, in both, or of two servers, as the line says."""
    name = _server_of(context, command)
    server, era = context.servers[name], command.options.text("protocol")
    if not command.options.given("against") and era != BOTH:
        _refuse_alone(command)
        return await perform(_with(context, name, _in_era(server, era)), command.without("protocol"))
    pair = _pair(context, command, server)
    if _says(command, "dry-run"):
        return await perform(_with(context, name, pair.left), command.without(*_OF_THE_WHOLE))
    return await _compared(context, command, name, pair, perform)


async def _compared(context: Context, command: Command, name: str, pair: Pair, perform: Performing) -> Comparison:
    for option in _OF_ONE_RESULT:
        if _says(command, option):
            raise CommandError(
                f"--{option} is about one result, and this line compares two",
                phase="parse",
                next_step=f"leave --{option} out",
            )
    aside = replace(context, given=Once(), lookout=None, defaults=_Lenient(context.defaults))
    inner = command.without(*_OF_THE_WHOLE).asking_anew()

    def ask(server: Server) -> Coroutine[Until, None, Any]:
        return perform(_with(aside, name, server), inner)

    what = " ".join([command.verb.name, *(word.text for word in command.words[:2])])
    comparison = await compare(what, pair, ask, command.options.many("ignore"))
    return comparison.raise_for_difference() if command.options.flag("fail") else comparison


class _Lenient:
    """The notebook's defaults, but an ``isError`` is a side of the comparison."""

    fail = False

    def __init__(self, defaults: Any) -> None:
        self._defaults = defaults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._defaults, name)


def _says(command: Command, option: str) -> bool:
    return option in command.options and command.options.given(option)


def _with(context: Context, name: str, server: Server) -> Context:
    return replace(context, servers=cast("Servers", _Instead(context.servers, name, server)))


def _server_of(context: Context, command: Command) -> str:
    """The name a line gives its server, as it is written."""
    if not command.words:
        raise CommandError(
            "which server? its name goes before --protocol and --against",
            phase="parse",
            next_step=f"%mcp {command.verb.name} SERVER",
        )
    kind = command.verb.positionals[0].kind
    if kind == "target":
        return item_named(context, command, "prompts" if command.verb.name == "prompt" else "tools").server
    server_named(context, command)
    return command.words[0].text


def _pair(context: Context, command: Command, server: Server) -> Pair:
    other, era = command.options.text("against"), command.options.text("protocol")
    if other is None:
        return Pair.of_eras(server)
    if era == BOTH:
        raise CommandError(
            "--protocol both and --against are two comparisons",
            phase="parse",
            next_step=f"--against {quoted(other)} --protocol legacy, or --protocol both alone",
        )
    return Pair.of_servers(_in_era(server, era), _in_era(context.servers[other], era))


def _in_era(server: Server, era: str | None) -> Server:
    return server if era is None else server.in_era(cast("Protocol", era))


def _refuse_alone(command: Command) -> None:
    if command.options.given("ignore"):
        raise CommandError(
            "--ignore leaves something out of a comparison, and this line compares nothing",
            phase="parse",
            next_step="--protocol both, or --against SERVER",
        )

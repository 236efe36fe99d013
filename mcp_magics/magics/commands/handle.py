"""``handle``: Python functions that answer what servers ask, and the roots they may see."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.magics.outcome import Note
from mcp_magics.magics.references import syntax_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.connection.questions.handlers import Handler
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.tokens import Token

_REFERENCE = re.compile(r"\$[^\W\d]\w*")
_BRACKETS = ("{", "[", "(")


async def do_handle(context: Context, command: Command) -> Any:
    """All handlers; a new one; or those of a kind forgotten."""
    kind = command.word(0)
    if kind is None:
        _refuse_without_kind(context, command)
        return context.servers.handlers.table()
    if command.options.flag("remove"):
        return _removed(context, command, kind)
    if len(command.words) == 1:
        raise CommandError(
            f"which function handles {kind}?",
            phase="parse",
            evidence=("a name, or an expression in braces",),
            next_step=f"%mcp handle {kind} my_function",
        )
    is_roots = kind in ("roots", "roots/list")
    function = _roots(context, command) if is_roots else _python(context, command, command.words[1])
    named = [] if is_roots else [word.text for word in command.words[2:]]
    servers = (*named, *command.options.many("server"))
    capability = command.options.text("capability")
    for server in servers:
        context.servers[server]  # every name is known before one is registered
    added = [context.servers.handle(kind, function, server, capability) for server in servers or (None,)]
    return Note(f"{added[0].kind}: {added[0].name}, for {_whom(added)}", _document(added))


def _refuse_without_kind(context: Context, command: Command) -> None:
    """Raise where something is to be done, and nothing says with the handlers of which kind."""
    given = [name for name in ("remove", "server", "capability") if command.options.given(name)]
    if not given:
        return
    kinds = sorted({each.kind for each in context.servers.handlers})
    kind = kinds[0] if kinds else "elicitation"
    raise CommandError(
        f"--{given[0]}: the handlers of which kind?",
        phase="parse",
        evidence=(f"handled are: {', '.join(kinds) or 'nothing'}",),
        next_step=f"%mcp handle {kind} {'--remove' if given[0] == 'remove' else 'my_function'}",
    )


def _removed(context: Context, command: Command, kind: str) -> Note:
    servers = (*(word.text for word in command.words[1:]), *command.options.many("server"))
    capability, handlers = command.options.text("capability"), context.servers.handlers
    gone = [each for server in servers or (None,) for each in handlers.remove(kind, server, capability)]
    if not gone:
        raise CommandError(
            f"nothing handles {kind}{_limits(servers, capability)}",
            class_="unknown_handler",
            phase="parse",
            evidence=(f"handled are: {', '.join(sorted({each.kind for each in handlers})) or 'nothing'}",),
            next_step="%mcp handle",
        )
    return Note(f"{gone[0].kind}: {', '.join(each.name for each in gone)} removed", _document(gone))


def _limits(servers: Sequence[str], capability: str | None) -> str:
    named = f" for {', '.join(servers)}" if servers else ""
    return f"{named} with --capability {capability}" if capability else named


def _whom(handlers: Sequence[Handler]) -> str:
    named = ", ".join(each.server for each in handlers if each.server) or "every server"
    capability = handlers[0].capability
    return f"{named} that declares {capability}" if capability else named


def _document(handlers: Sequence[Handler]) -> dict[str, Any]:
    first = handlers[0]
    servers = [each.server for each in handlers if each.server]
    return {"handles": first.kind, "function": first.name, "servers": servers, "capability": first.capability}


def _roots(context: Context, command: Command) -> Any:
    """A function or a list where the one word is Python, else the paths and URIs that the words are."""
    words = command.words[1:]
    if len(words) == 1 and words[0].bare:
        word = words[0]
        if _REFERENCE.fullmatch(word.text) or word.text.startswith(_BRACKETS):
            return _python(context, command, word)
        if word.text.isidentifier() and (found := _defined(context, word.text)) is not None:
            return found
    return [word.text for word in words]


def _defined(context: Context, name: str) -> Any:
    """What a plain word names in the notebook, where that can be roots; a path may have the name of a variable."""
    try:
        value = context.evaluate(name)
    except Exception:  # noqa: BLE001  it is a path then
        return None
    return value if callable(value) or isinstance(value, (list, tuple)) else None


def _python(context: Context, command: Command, word: Token) -> Any:
    """The value of a name or an expression; raises ``CommandError`` that shows its place."""
    source = _source(word.text)
    problem = syntax_problem(source)
    if problem:
        raise command.line.error(
            f"{source!r} is no Python expression: {problem}", word.column, next_step=_example(command)
        )
    try:
        return context.evaluate(source)
    except NameError as error:
        failed, class_ = f"no variable is named {error.name!r}", "undefined_name"
    except Exception as error:  # noqa: BLE001  the expression is the user's: it may raise anything
        failed, class_ = f"{source[:60]} raised {type(error).__name__}: {str(error)[:300]}", "python_raised"
    raise command.line.error(failed, word.column, class_=class_, next_step=_example(command))


def _source(text: str) -> str:
    """The expression in ``$name`` and ``{expression}``; braces that make a dict stay."""
    if _REFERENCE.fullmatch(text):
        return text[1:]
    if not (text.startswith("{") and text.endswith("}")) or syntax_problem(text):
        return text
    return text if isinstance(ast.parse(text.strip(), mode="eval").body, (ast.Dict, ast.DictComp)) else text[1:-1]


def _example(command: Command) -> str:
    return f"%mcp handle {command.word(0)} my_function  # define my_function in a cell first"

"""Tab in ``%mcp`` lines and bodies, as IPython asks for it.

Reads what is known already: completing imports no library and starts no server. Only the value of a prompt's argument
or of a template's variable is asked for, of a server that is connected and says that it completes them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mcp_magics.magics.server_values import server_values
from mcp_magics.magics.suggestions import suggestions

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.connection.manager import Servers

LIMIT = 500


def install(shell: InteractiveShell) -> None:
    """Let ``shell`` complete what this package reads; once, however often it is called."""
    uninstall(shell)
    shell.Completer.custom_matchers.append(mcp_matcher)


def uninstall(shell: InteractiveShell) -> None:
    """Leave completion as it was."""
    kept = [each for each in shell.Completer.custom_matchers if getattr(each, "__name__", "") != "mcp_matcher"]
    shell.Completer.custom_matchers[:] = kept


def mcp_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """IPython's matcher API v2: what fits before the cursor."""
    from IPython.core.completer import SimpleCompletion

    found = suggestions(_before_cursor(context), _servers())
    words = found.words
    if not words and found.wanted is not None:
        words = tuple(found.wanted.written(value) for value in server_values(found.wanted))
    words = tuple(each for each in words if each.isprintable())  # a line end in a name would make code of what follows
    return {
        "completions": [SimpleCompletion(text=word, type=found.kind) for word in words[:LIMIT]],
        "suppress": bool(words),
        "matched_fragment": found.fragment,
        "ordered": True,
    }


mcp_matcher.matcher_api_version = 2  # type: ignore[attr-defined]  # how IPython knows the API
mcp_matcher.matcher_identifier = "mcp_magics"  # type: ignore[attr-defined]


def _before_cursor(context: CompletionContext) -> str:
    lines = context.full_text.split("\n")
    return "\n".join([*lines[: context.cursor_line], lines[context.cursor_line][: context.cursor_position]])


def _servers() -> Servers | None:
    """The servers, if anyone has used them."""
    manager = sys.modules.get("mcp_magics.connection.manager")
    return manager.servers if manager is not None else None

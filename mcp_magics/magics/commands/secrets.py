"""``secret``: asked once, hidden, and kept in the credential store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.config.secret_store import check_secret_name
from mcp_magics.config.secrets import secrets
from mcp_magics.errors import ConfigurationError
from mcp_magics.magics.outcome import Note
from mcp_magics.redact import redactor
from mcp_magics.results.listing import Listing, counted

if TYPE_CHECKING:
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command


async def do_secret(context: Context, command: Command) -> Note | Listing:  # noqa: ARG001  every verb takes both
    """Keep a secret under a name, forget one, or list the names."""
    store, name = secrets(), command.word(0)
    if name is None:
        rows = [{"name": each} for each in store.names()]
        return Listing(counted(len(rows), "secret"), ("name",), rows)
    if command.options.flag("delete"):
        store.delete(name)
        return Note(f"{name}: forgotten", {"deleted": name})
    value = _ask(_asked_for(name))
    redactor().register(value, name)
    store.set(name, value)
    return Note(f"{name}: kept; write ${{{name}}} wherever it is needed", {"kept": name})


def _asked_for(word: str) -> str:
    """The name in ``NAME``; of ``NAME=VALUE`` nothing but the name is repeated. Raises ``ConfigurationError``."""
    name, given, _ = word.partition("=")
    check_secret_name(name)
    if given:
        message = f"the value of {name} does not stand in a cell: it is asked for, hidden"
        raise ConfigurationError(message, class_="name_invalid", phase="config", next_step=f"%mcp secret {name}")
    return name


def _ask(name: str) -> str:
    import getpass
    import warnings

    value = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # what would be typed in sight is not asked for
            value = getpass.getpass(f"{name}: ")
    except Exception as error:
        if type(error).__name__ not in {"StdinNotImplementedError", "EOFError", "GetPassWarning"}:
            raise
    if not value:
        raise ConfigurationError(
            f"no value for {name}: no one here could be asked",
            class_="secret_unavailable",
            phase="config",
            next_step=f"set the environment variable {name} before the kernel starts",
        )
    return value

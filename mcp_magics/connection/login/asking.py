"""Asking a person for the address a login's browser ended on, where a cell waits and its browser may be elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.errors import ConnectionFailedError

if TYPE_CHECKING:
    from mcp_magics.auth.login import Link
    from mcp_magics.connection.questions.inbox import Inbox


async def ask_for_address(inbox: Inbox, server: str, link: Link) -> None:
    """Put the question to whoever waits for ``server``; where nobody can answer, or one cancels, the wait ends."""
    question = inbox.question("login", server, "the address the browser ended on", {"link": link})
    answer = await inbox.ask(question)
    if answer.by == "nobody":
        link.arrival.give_up(_unattended(server))
    elif answer.action == "cancel":
        link.arrival.give_up(cancelled(server))


def cancelled(server: str) -> ConnectionFailedError:
    """What a login that a person cancelled ends with."""
    return ConnectionFailedError(
        "the login was cancelled",
        class_="cancelled",
        phase="login",
        server=server,
        next_step=f"%mcp login {server}",
    )


def _unattended(server: str) -> ConnectionFailedError:
    return ConnectionFailedError(
        "no one here can open the link or paste an address",
        class_="login_unattended",
        phase="login",
        server=server,
        evidence=("there is no stdin, and a cell must not wait for what cannot come",),
        next_step=f"job = %mcp login {server} --no-wait  # then job.url and job.wait(); or --browser, or "
        "--grant client_credentials",
    )

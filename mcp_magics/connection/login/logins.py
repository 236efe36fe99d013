"""Logging in to one server, at once or one request at a time, and logging out."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.driver import Step
    from mcp_magics.auth.login import Link, LoginOrder, Visitor, Watcher
    from mcp_magics.auth.stepwise import Stepwise
    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.config.model import OAuthOptions
    from mcp_magics.connection.login.permission import Permission

LOGIN_TIMEOUT = 300.0
"""Seconds a person has for the browser's hop."""


@dataclass(frozen=True, slots=True)
class LoginWishes:
    """What one login was asked to do beyond the configuration; ``timeout`` is seconds for the browser's hop.

    ``lookout`` looks at the kernel from the browser's side, where a front end can be asked.
    """

    oauth: OAuthOptions
    visitor: Visitor = "person"
    timeout: float = LOGIN_TIMEOUT
    lookout: Lookout | None = None


async def log_in(permission: Permission, wishes: LoginWishes, watcher: Watcher) -> OAuthCredential:
    """Get a credential and keep it; raises ``MCPMagicsError``."""
    from mcp_magics.auth import login

    permission.authority.wished = wishes.oauth
    order = await _order(permission, wishes)
    async with permission.authority.conversation() as (conversation, client):
        granted = await login.log_in(order, conversation, client, watcher, permission.new_keeper().keep)
    return granted.credential


async def stepwise(
    permission: Permission, wishes: LoginWishes, asks: Callable[[Link], Coroutine[Any, Any, None]] | None
) -> Stepwise:
    """The same login, to be gone through one request at a time; nothing of it is kept."""
    from mcp_magics.auth.stepwise import Stepwise

    order, stack = await _order(permission, wishes), AsyncExitStack()
    try:
        conversation, client = await stack.enter_async_context(permission.authority.conversation())
        return await Stepwise.open(order, conversation, client, _Asking(asks), stack)
    except BaseException:
        await stack.aclose()
        raise


async def _order(permission: Permission, wishes: LoginWishes) -> LoginOrder:
    from mcp_magics.auth.login import LoginOrder
    from mcp_magics.auth.order import callback_options, flow_settings, overridden
    from mcp_magics.auth.surroundings import seen_through, surroundings

    spec = replace(permission.spec, oauth=overridden(permission.spec.oauth, wishes.oauth))
    known = await asyncio.to_thread(permission.stored)
    rejection = permission.rejections.of(known)
    settings = replace(flow_settings(spec, known), client_refused=rejection is not None and rejection.client_unknown)
    environ = dict(os.environ)
    return LoginOrder(
        settings,
        callback_options(spec.oauth),
        surroundings(environ),
        wishes.visitor,
        wishes.timeout,
        None if wishes.lookout is None else partial(seen_through, environ, wishes.lookout),
        permission.known.demanded,
    )


async def log_out(permission: Permission, *, forget_client: bool) -> tuple[str, ...]:
    """Revoke what can be revoked, forget the tokens, and the client too if so wished; what was done, in lines."""
    from mcp_magics.errors import ConfigurationError

    keeper = permission.new_keeper()
    try:
        credential = await asyncio.to_thread(permission.stored)
    except ConfigurationError as error:  # what cannot be read can still be removed
        places = await keeper.forget()
        return (f"not revoked: {error.failure.message}", f"removed from {' and '.join(places) or 'nowhere'}: the login")
    if credential is None:
        return ("nothing is stored for it",)
    kept = f"kept: the registered client {credential.client.client_id} (--forget-client removes it too)"
    if credential.tokens is None and not forget_client:
        return ("no tokens are stored for it", kept)
    told = [await permission.authority.revoked(credential)] if credential.tokens is not None else []
    removed = f"removed from {' and '.join(await keeper.forget()) or 'nowhere'}:"
    if credential.client.origin != "registered" or forget_client:
        return (*told, f"{removed} {'the tokens and ' if credential.tokens is not None else ''}the client")
    await keeper.keep(replace(credential, tokens=None))
    return (*told, f"{removed} the tokens", kept)


class _Asking:
    """Watches a flow that is gone through by hand: a person is asked only where the browser comes back."""

    def __init__(self, asks: Callable[[Link], Coroutine[Any, Any, None]] | None) -> None:
        self._asks = asks
        self._asking: asyncio.Task[None] | None = None

    def stepped(self, step: Step) -> None:
        """Whoever steps sees the step itself."""

    def linked(self, link: Link) -> None:
        """Ask for the address the browser ends on, until it has come back or is waited for no longer."""
        if self._asks is not None:
            self._asking = asyncio.create_task(self._asks(link))
            link.arrival.when_settled(self._over)

    def _over(self) -> None:
        if self._asking is not None:
            self._asking.cancel()

"""Token revocation (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.authentication import authenticated_client
from mcp_magics.playground.authorization.parameters import Parameters

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from mcp_magics.playground.authorization.realm import Realm


async def revoke(realm: Realm, request: Request) -> Response:
    """Revoke the token a client names; that it is unknown is no error (RFC 7009 §2.2).

    Raises:
        Refusal: the client is not who it says, or names no token.
    """
    from starlette.responses import Response

    form = await Parameters.of_form(request)
    client = await authenticated_client(realm, request, form)
    realm.tokens.revoke(form.need("token"), client.client_id)
    return Response(headers={"Cache-Control": "no-store"})

"""The authorization endpoint: a request is checked, a person is asked, the client is told (RFC 6749 §4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from mcp_magics.playground.authorization.authentication import find_client
from mcp_magics.playground.authorization.codes import AuthorizationRequest
from mcp_magics.playground.authorization.consent import HEADERS, consent_page, error_page
from mcp_magics.playground.authorization.parameters import Parameters
from mcp_magics.playground.authorization.realm import DEFAULT_SCOPES, SCOPES
from mcp_magics.playground.authorization.refusal import Redirection, Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from mcp_magics.playground.authorization.clients import Client
    from mcp_magics.playground.authorization.realm import Realm


async def authorize(realm: Realm, request: Request) -> Response:
    """The consent page for an authorization request, or what is wrong with it: on a page, or told to the client."""
    asked = Parameters.of(request.url.query)
    try:
        client = await find_client(realm, asked.need("client_id"))
        redirect_uri = _redirect_uri(client, asked)
    except Refusal as refusal:  # where to redirect to is not sure: RFC 6749 §4.1.2.1 forbids it
        return _page(error_page(refusal.error, refusal.description), 400)
    try:
        state = asked.get("state")
    except Refusal as refusal:
        return _redirect(realm, redirect_uri, None, _error(refusal))
    try:
        wanted = _checked(realm, client, redirect_uri, asked)
    except Refusal as refusal:
        return _redirect(realm, redirect_uri, state, _error(refusal))
    return _page(consent_page(wanted, realm.codes.ask(wanted), realm.sites.endpoint("authorize")))


async def decide(realm: Realm, request: Request) -> Response:
    """Send the client what the person decided: a code, or ``access_denied``."""
    try:
        form = await Parameters.of_form(request)
        decision = form.need("decision")
        wanted = realm.codes.decided(form.need("request"))
    except Refusal as refusal:
        return _page(error_page(refusal.error, refusal.description), 400)
    if wanted is None:
        return _page(error_page("invalid_request", "This request was decided already, or never made."), 400)
    if decision != "approve":
        denial = Redirection("access_denied", "The request was denied on the consent page.")
        return _redirect(realm, wanted.redirect_uri, wanted.state, _error(denial))
    return _redirect(realm, wanted.redirect_uri, wanted.state, {"code": realm.codes.issue(wanted)})


def _redirect_uri(client: Client, asked: Parameters) -> str:
    uri = asked.need("redirect_uri")
    if not client.may_redirect_to(uri):
        raise Refusal("invalid_request", f"redirect_uri {uri} is not registered for this client.")
    return uri


def _checked(realm: Realm, client: Client, redirect_uri: str, asked: Parameters) -> AuthorizationRequest:
    """The request, in order.

    Raises:
        Refusal: it is not; the client is to be told.
    """
    if asked.need("response_type") != "code":
        raise Redirection("unsupported_response_type", "Only response_type=code is supported.")
    if "authorization_code" not in client.grant_types:
        raise Redirection("unauthorized_client", "This client may not use authorization codes.")
    scopes = wanted_scopes(asked)
    realm.behaviour.authorization_request(asked, scopes)
    return AuthorizationRequest(
        client,
        redirect_uri,
        scopes,
        wanted_resource(realm, asked),
        asked.get("state"),
        _challenge(asked) if realm.behaviour.proves else None,
        asked.get("dpop_jkt"),
    )


def wanted_scopes(asked: Parameters) -> tuple[str, ...]:
    """The scopes that are asked for; without any, those a reader needs (RFC 6749 §3.3).

    Raises:
        Redirection: one of them is unknown here.
    """
    scopes = tuple(dict.fromkeys((asked.get("scope") or "").split()))
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise Redirection("invalid_scope", f"Unknown here: {' '.join(unknown)}. There are: {' '.join(SCOPES)}.")
    return scopes or DEFAULT_SCOPES


def wanted_resource(realm: Realm, asked: Parameters) -> str:
    """The resource that is asked for; exactly one is, and it is this one (RFC 8707 §2).

    Raises:
        Refusal: ``invalid_target``.
    """
    resources = asked.all("resource")
    if not resources and not realm.behaviour.wants_resource:
        return realm.sites.resource
    if resources != (realm.sites.resource,):
        told = ", ".join(resources) or "none"
        raise Refusal("invalid_target", f"resource must be sent once, as {realm.sites.resource}; it was: {told}.")
    return realm.sites.resource


def _challenge(asked: Parameters) -> str:
    """PKCE's challenge, which OAuth 2.1 demands (RFC 7636 §4.3)."""
    challenge = asked.get("code_challenge")
    if challenge is None or asked.get("code_challenge_method") != "S256":
        raise Redirection("invalid_request", "code_challenge with code_challenge_method=S256 is required.")
    return challenge


def _error(refusal: Refusal) -> dict[str, str]:
    uri = refusal.uri if isinstance(refusal, Redirection) else None
    told = {"error": refusal.error, "error_description": refusal.description}
    return told | {"error_uri": uri} if uri else told


def _redirect(realm: Realm, uri: str, state: str | None, parameters: dict[str, str]) -> Response:
    """Send the person's browser back to the client (RFC 6749 §4.1.2, RFC 9207 §2)."""
    from starlette.responses import Response

    known = parameters | ({"state": state} if state is not None else {}) | {"iss": realm.sites.issuer}
    query = urlencode(realm.behaviour.callback(known))
    location = f"{uri}{'&' if '?' in uri else '?'}{query}"
    return Response(status_code=303, headers={"Location": location, "Cache-Control": "no-store"})


def _page(html: str, status: int = 200) -> Response:
    from starlette.responses import HTMLResponse

    return HTMLResponse(html, status, headers=HEADERS)

"""From a configuration to the settings of a flow: addresses expanded, secrets read, at the last moment."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from mcp_magics.auth.assertion import read_key_file
from mcp_magics.auth.authorization import unguessable
from mcp_magics.auth.flow.state import FlowSettings, IdentityProvider
from mcp_magics.auth.redirect import CallbackOptions
from mcp_magics.config.expand import expand_http, lookup
from mcp_magics.config.model import HttpTransport, OAuthOptions
from mcp_magics.errors import CommandError, ConfigurationError
from mcp_magics.redact import is_secret_name, redactor

if TYPE_CHECKING:
    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.message import Fields
    from mcp_magics.config.model import ServerSpec


def flow_settings(spec: ServerSpec, known: OAuthCredential | None = None) -> FlowSettings:
    """The settings of a flow for ``spec``; raises ``ConfigurationError``, and ``CommandError`` for no HTTP server."""
    oauth = spec.oauth
    return FlowSettings(
        spec.name,
        server_url(spec),
        unguessable,
        headers=anonymous_headers(spec),
        grant=oauth.grant or "authorization_code",
        scopes=oauth.scopes,
        resource=oauth.resource,
        client_id=oauth.client_id,
        client_secret=_secret(spec, oauth.client_secret_env_var),
        auth_method=oauth.token_endpoint_auth_method,
        client_metadata_url=oauth.client_metadata_url,
        private_key=read_key_file(oauth.private_key_file) if oauth.private_key_file else None,
        signing_algorithm=oauth.signing_algorithm,
        assertion=_secret(spec, oauth.assertion_env_var),
        identity_provider=_identity_provider(spec),
        binds_tokens=bool(oauth.dpop),
        assumes_pkce=bool(oauth.assume_pkce),
        known=known,
    )


def again(settings: FlowSettings, credential: OAuthCredential) -> FlowSettings:
    """The settings with which a grant that needs no person is made once more: as it got ``credential``."""
    client = credential.client
    configured = client.origin == "configured"
    return replace(
        settings,
        grant=credential.grant,  # type: ignore[arg-type]  # it was one of them when it was stored
        scopes=credential.requested or None,
        resource=credential.resource,
        client_id=client.client_id if configured else settings.client_id,
        client_secret=client.client_secret if configured else settings.client_secret,
        auth_method=client.auth_method or settings.auth_method,
        binds_tokens=credential.dpop_key is not None,
    )


def callback_options(oauth: OAuthOptions) -> CallbackOptions:
    """What the configuration says about the callback."""
    return CallbackOptions(oauth.callback_url, oauth.callback_port, oauth.callback_bind)


def server_url(spec: ServerSpec) -> str:
    """The address of ``spec``, references resolved; raises ``CommandError`` for a server without one."""
    if not isinstance(spec.transport, HttpTransport):
        raise CommandError(
            f"{spec.name} is no HTTP server: there is nothing to log in to",
            class_="login_unsupported",
            phase="login",
            server=spec.name,
            evidence=("OAuth is for servers at an address; a local server gets its secrets by --env",),
            next_step=f"%mcp add {spec.name} --env KEY=${{NAME}} -- COMMAND",
        )
    bare = replace(spec, transport=replace(spec.transport, bearer_token_env_var=None))
    return expand_http(bare).url


def anonymous_headers(spec: ServerSpec) -> Fields:
    """The configured headers without ``Authorization``, tokens and secrets: an anonymous request carries them."""
    assert isinstance(spec.transport, HttpTransport)  # by server_url
    bare = replace(spec, transport=replace(spec.transport, bearer_token_env_var=None))
    return tuple((name, value) for name, value in expand_http(bare).headers.items() if not is_secret_name(name))


def sends_secrets(transport: HttpTransport) -> bool:
    """Whether the configuration itself puts a credential on each request, whatever the header is called."""
    named = (*transport.headers, *transport.env_headers)
    return transport.bearer_token_env_var is not None or any(is_secret_name(name) for name in named)


def overridden(oauth: OAuthOptions, other: OAuthOptions) -> OAuthOptions:
    """``oauth`` with everything that ``other`` says."""
    said = {each.name: getattr(other, each.name) for each in fields(other)}
    return replace(oauth, **{name: value for name, value in said.items() if value is not None})


def _identity_provider(spec: ServerSpec) -> IdentityProvider | None:
    oauth = spec.oauth
    token = _secret(spec, oauth.subject_token_env_var)
    if oauth.idp_token_endpoint is None or token is None:
        return None
    secret = _secret(spec, oauth.idp_client_secret_env_var)
    return IdentityProvider(oauth.idp_token_endpoint, oauth.idp_client_id or "", token, secret)


def _secret(spec: ServerSpec, variable: str | None) -> str | None:
    """The value of ``variable``, known to redaction; None where none is named."""
    if variable is None:
        return None
    value = (lookup(spec)(variable) or "").strip()
    if not value:
        raise ConfigurationError(
            f"Environment variable {variable} for MCP server '{spec.name}' is not set",
            class_="env_missing",
            phase="login",
            server=spec.name,
            next_step=f"%mcp secret {variable}",
        )
    redactor().register(value, variable)
    return value

"""The options of ``add`` and ``login`` that are about authorization, and what they make of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.magics.verb import Option

if TYPE_CHECKING:
    from mcp_magics.magics.options import Options

OAUTH = (
    Option("scopes", "a,b", "the OAuth scopes to ask for", "list"),
    Option("oauth-resource", "URL", "the resource indicator (RFC 8707)", holds="configuration"),
    Option("oauth-client-id", "ID", "the client, where it was registered beforehand", holds="configuration"),
    Option("oauth-client-secret-env-var", "NAME", "the variable that holds the client's secret", holds="variable"),
    Option("token-endpoint-auth-method", "METHOD", "how the client authenticates (client_secret_basic …)"),
    Option("client-metadata-url", "URL", "the client's ID metadata document (CIMD)", holds="configuration"),
    Option("callback-url", "URL", "the redirect URI, where it is not on loopback", holds="configuration"),
    Option("callback-port", "N", "the port of the redirect URI", "integer"),
    Option("callback-bind", "ADDRESS", "where the callback is listened for (127.0.0.1)"),
    Option(
        "grant",
        "GRANT",
        "how a token is asked for",
        "choice",
        choices=("authorization_code", "client_credentials", "jwt_bearer", "id_jag"),
    ),
    Option("private-key-file", "FILE", "the client's private key, PEM or JWK", holds="configuration"),
    Option("signing-algorithm", "ALG", "what the key signs with (ES256 …)"),
    Option("assertion-env-var", "NAME", "the variable that holds a workload's JWT", holds="variable"),
    Option("idp-token-endpoint", "URL", "the identity provider's token endpoint", holds="configuration"),
    Option("idp-client-id", "ID", "the client at the identity provider", holds="configuration"),
    Option("idp-client-secret-env-var", "NAME", "the variable that holds its secret", holds="variable"),
    Option("subject-token-env-var", "NAME", "the variable that holds a person's ID token", holds="variable"),
    Option("dpop", "", "bind the tokens to a key (RFC 9449)", "flag"),
    Option("assume-pkce", "", "use PKCE where the server's metadata does not name it", "flag"),
)

_KEYS = {
    "oauth-client-id": "client_id",
    "oauth-client-secret-env-var": "client_secret_env_var",
}
_TOP = {"scopes": "scopes", "oauth-resource": "oauth_resource"}


def oauth_entry(options: Options) -> dict[str, Any]:
    """What was given, with the keys of a server's entry: ``scopes``, ``oauth_resource`` and ``oauth``."""
    entry = {key: _value(options, name) for name, key in _TOP.items() if options.given(name)}
    names = [option.name for option in OAUTH if option.name not in _TOP and options.given(option.name)]
    told = {_KEYS.get(name, name.replace("-", "_")): _value(options, name) for name in names}
    return {**entry, **({"oauth": told} if told else {})}


def _value(options: Options, name: str) -> Any:
    kind = next(option.kind for option in OAUTH if option.name == name)
    readers = {"list": options.many, "integer": options.integer, "flag": options.flag}
    return readers.get(kind, options.text)(name)

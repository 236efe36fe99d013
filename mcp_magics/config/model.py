"""What to connect to: the frozen :class:`ServerSpec`, with secrets only as references.

Keys, defaults and their meaning are Codex's (``[mcp_servers.<name>]``) where Codex has one.
Values keep their ``${VAR}`` references; :mod:`mcp_magics.config.expand` resolves them, late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Scope = Literal["notebook", "project", "user"]
Protocol = Literal["auto", "2026-07-28", "legacy"]
Approval = Literal["approve", "auto", "writes", "prompt"]

EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StdioTransport:
    """A server started as a child process and spoken to over its standard streams."""

    command: str
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=lambda: EMPTY, repr=False)
    env_vars: tuple[str, ...] = ()
    env_file: str | None = None
    cwd: str | None = None
    type: Literal["stdio"] = "stdio"


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """A server at an address: Streamable HTTP, or the older HTTP+SSE transport.

    ``type`` is what was asked for; ``streamable_http`` falls back to ``sse`` when a server speaks only that.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY, repr=False)
    env_headers: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    bearer_token_env_var: str | None = None
    env_file: str | None = None
    type: Literal["streamable_http", "sse"] = "streamable_http"


@dataclass(frozen=True, slots=True)
class ObjectTransport:
    """A server object living in this very process."""

    server: Any
    type: Literal["object"] = "object"


Transport = StdioTransport | HttpTransport | ObjectTransport


Grant = Literal["authorization_code", "client_credentials", "jwt_bearer", "id_jag"]
"""How a token is asked for: RFC 6749 §4.1 and §4.4, RFC 7523 §2.1 (workload identity), and by an ID-JAG."""


@dataclass(frozen=True, slots=True)
class OAuthOptions:
    """What a configuration says about authorization; what is left out is discovered or registered.

    ``scopes`` None means "as discovered", empty "none"; ``resource`` is that of RFC 8707. Secrets are named by the
    variable they are in: ``client_secret_env_var``, ``assertion_env_var`` (the JWT of a workload), ``idp_…`` and
    ``subject_token_env_var`` (a person's ID token, for an ID-JAG).
    """

    scopes: tuple[str, ...] | None = None
    resource: str | None = None
    client_id: str | None = None
    client_secret_env_var: str | None = None
    token_endpoint_auth_method: str | None = None
    client_metadata_url: str | None = None
    callback_url: str | None = None
    callback_port: int | None = None
    callback_bind: str | None = None
    grant: Grant | None = None
    private_key_file: str | None = None
    signing_algorithm: str | None = None
    assertion_env_var: str | None = None
    idp_token_endpoint: str | None = None
    idp_client_id: str | None = None
    idp_client_secret_env_var: str | None = None
    subject_token_env_var: str | None = None
    dpop: bool | None = None
    assume_pkce: bool | None = None


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """One server: where it is, how long to wait for it, which of its tools may be used.

    ``startup_timeout`` and ``tool_timeout`` are seconds, None where :mod:`mcp_magics.config.defaults` decides. Two
    specs are equal when connecting to them is the same thing; that is what ``%mcp add`` compares to say "unchanged".
    ``capabilities`` (experimental ones) and ``extensions`` are what this client declares to it beyond its own, each
    with its settings.
    """

    name: str
    transport: Transport
    enabled: bool = True
    required: bool = False
    startup_timeout: float | None = None
    tool_timeout: float | None = None
    enabled_tools: tuple[str, ...] | None = None
    disabled_tools: tuple[str, ...] = ()
    protocol: Protocol = "auto"
    approval: Approval = "approve"
    tool_approvals: Mapping[str, Approval] = field(default_factory=lambda: MappingProxyType({}))
    reload: tuple[str, ...] = ()
    capabilities: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    extensions: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    oauth: OAuthOptions = OAuthOptions()

"""The raw configuration document: what a file may say, as models that check it and describe it as JSON Schema.

The keys are those of ``mcpServers`` files (``.mcp.json``) and of Codex's ``[mcp_servers.NAME]``. The schema forbids
keys it does not know; the loader (:mod:`mcp_magics.config.document`) passes over them.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mcp_magics.config.model import Approval, Grant, Protocol
from mcp_magics.config.names import NAME_PATTERN

Text = Annotated[str, StringConstraints(min_length=1)]
Variable = Annotated[str, StringConstraints(pattern=r"^[^=\s\x00]+$")]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Address = Annotated[str, StringConstraints(pattern=r"^([Hh][Tt][Tt][Pp][Ss]?://|\$\{)\S+$")]
Port = Annotated[int, Field(ge=1, le=65_535)]


class _Raw(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class ToolEntry(_Raw):
    """What is configured about one tool."""

    approval_mode: Approval | None = None


class OAuthEntry(_Raw):
    """What is configured about authorization, the rest being discovered."""

    client_id: Text | None = Field(None, description="The client, where it was registered beforehand.")
    client_secret_env_var: Variable | None = Field(None, description="The variable that holds the client's secret.")
    token_endpoint_auth_method: Text | None = Field(
        None, description="How the client authenticates (RFC 7591 §2; default: as registered or advertised)."
    )
    client_metadata_url: Address | None = Field(None, description="The client's ID metadata document (CIMD).")
    callback_port: Port | None = Field(
        None, description="The port of the redirect URI, where the client's registration fixes it."
    )
    callback_url: Address | None = Field(
        None, description="The redirect URI, where it is not on this machine's loopback."
    )
    callback_bind: Text | None = Field(None, description="Where the callback is listened for (default: 127.0.0.1).")
    grant: Grant | None = Field(None, description="How a token is asked for (default: authorization_code).")
    private_key_file: Text | None = Field(None, description="The client's private key, PEM or JWK (RFC 7523).")
    signing_algorithm: Text | None = Field(None, description="What the key signs with (default: the key's own).")
    assertion_env_var: Variable | None = Field(None, description="The variable that holds a workload's JWT.")
    idp_token_endpoint: Address | None = Field(None, description="The identity provider's token endpoint (ID-JAG).")
    idp_client_id: Text | None = Field(None, description="The client at the identity provider.")
    idp_client_secret_env_var: Variable | None = Field(None, description="The variable that holds its secret.")
    subject_token_env_var: Variable | None = Field(None, description="The variable that holds a person's ID token.")
    dpop: bool | None = Field(None, description="Bind tokens to a key (RFC 9449; default: where required).")
    assume_pkce: bool | None = Field(None, description="Use PKCE where the metadata does not name it.")


class SharedEntry(_Raw):
    """What any server may say."""

    enabled: bool | None = Field(None, description="Whether it may be connected to (default: true).")
    disabled: bool | None = Field(None, description="The opposite of enabled, as some clients write it.")
    required: bool | None = Field(None, description="Whether its failure is everyone's (default: false).")
    startup_timeout_sec: Seconds | None = Field(None, description="Seconds for starting and connecting (default: 30).")
    startup_timeout_ms: Annotated[int, Field(gt=0)] | None = Field(
        None, description="The same in milliseconds; seconds win."
    )
    tool_timeout_sec: Seconds | None = Field(None, description="Seconds of silence in one call (default: 300).")
    enabled_tools: list[Text] | None = Field(None, description="The only tools that may be used (default: all).")
    disabled_tools: list[Text] | None = Field(None, description="Tools that may not be used.")
    protocol: Protocol | None = Field(None, description="The protocol era to speak (default: auto).")
    default_tools_approval_mode: Approval | None = Field(
        None, description="Which calls ask a person first (default: approve, none)."
    )
    tools: dict[Text, ToolEntry] | None = Field(None, description="Settings of single tools, by name.")
    supports_parallel_tool_calls: bool | None = Field(
        None, description="Accepted for Codex; calls here are parallel where the cell is."
    )
    capabilities: dict[Text, dict[str, Any]] | None = Field(
        None, description="Experimental capabilities this client declares, each with its settings."
    )
    extensions: dict[Text, dict[str, Any]] | None = Field(
        None, description="Extensions this client declares, each with its settings."
    )
    env_file: Text | None = Field(None, description="A file of NAME=value lines where ${NAME} is looked for too.")


class StdioEntry(SharedEntry):
    """A server started as a child process."""

    command: Text = Field(description="The program: a name on PATH, or a path.")
    args: list[str] | None = None
    env: dict[Variable, str] | None = Field(
        None, description="Variables of the child; ${NAME} refers to the environment or a secret."
    )
    env_vars: list[Variable] | None = Field(None, description="Variables of the environment that are passed on.")
    cwd: Text | None = Field(None, description="The child's working directory (default: the kernel's).")
    reload: list[Text] | None = Field(
        None, description="Files and directories whose change restarts the server at the next call."
    )


class HttpEntry(SharedEntry):
    """A server at an address."""

    url: Address
    headers: dict[Text, str] | None = Field(
        None, description="Headers of every request; ${NAME} refers to the environment or a secret."
    )
    http_headers: dict[Text, str] | None = Field(None, description="The same, as Codex calls it.")
    env_http_headers: dict[Text, Variable] | None = Field(
        None, description="Headers whose values are in environment variables."
    )
    bearer_token_env_var: Variable | None = Field(None, description="The variable that holds the bearer token.")
    scopes: list[str] | None = Field(None, description="The OAuth scopes to ask for (default: as discovered).")
    oauth_resource: Text | None = Field(None, description="The resource indicator (RFC 8707; default: as discovered).")
    oauth: OAuthEntry | None = None


class Document(BaseModel):
    """A configuration file of MCP servers."""

    model_config = ConfigDict(extra="forbid", title="MCP servers", regex_engine="python-re")

    schema_: str | None = Field(None, alias="$schema")
    mcp_servers: dict[Annotated[str, StringConstraints(pattern=NAME_PATTERN)], StdioEntry | HttpEntry] = Field(
        {}, alias="mcpServers", description="The servers, by name."
    )


STDIO_KEYS = frozenset(StdioEntry.model_fields)
HTTP_KEYS = frozenset(HttpEntry.model_fields)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of :class:`Document`, with ``type`` where other clients want it."""
    document = Document.model_json_schema(by_alias=True)
    kinds = {"StdioEntry": ["stdio"], "HttpEntry": ["http", "streamable-http", "streamable_http", "sse"]}
    for model, words in kinds.items():
        document["$defs"][model]["properties"]["type"] = {"enum": words, "title": "Type"}
    _close(document)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def _close(schema: Any) -> None:
    """Where names must match a pattern, refuse those that do not: on its own ``patternProperties`` lets them pass."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            _close(each)

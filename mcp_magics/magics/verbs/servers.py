"""The verbs about what is registered."""

from __future__ import annotations

from mcp_magics.magics.oauth_options import OAUTH
from mcp_magics.magics.verb import Option, Positional, Verb
from mcp_magics.magics.verbs.common import COMMON, PROTOCOL, SERVER, SERVERS, flag


def _pairs(name: str, metavar: str, summary: str, separators: str, short: str = "") -> Option:
    return Option(name, metavar, summary, "pairs", short=short, separators=separators, holds="configuration")


_SCOPE = Option("scope", "SCOPE", "where it is kept", "choice", choices=("notebook", "project", "user"), short="s")

_ADD = (
    _pairs("env", "K=V", "a variable of the server's environment", "=", short="e"),
    Option("env-var", "NAME", "pass this variable of yours on", "many", holds="variable"),
    Option("env-file", "FILE", "where ${VAR} is looked up after the environment", holds="configuration"),
    Option("cwd", "DIR", "the server's working directory", holds="configuration"),
    Option("reload", "PATH", "restart at the next call when this changed", "many"),
    Option("url", "URL", "the server's address", holds="configuration"),
    _pairs("header", "'K: V'", "a header of every request", ":", short="H"),
    _pairs("env-header", "'K: VAR'", "a header whose value is in a variable", ":="),
    Option("bearer-token-env-var", "NAME", "the variable that holds the bearer token", holds="variable"),
    Option("startup-timeout", "SECONDS", "for starting and connecting", "seconds", aliases=("startup-timeout-sec",)),
    Option("tool-timeout", "SECONDS", "for one call", "seconds", aliases=("tool-timeout-sec",)),
    Option("enabled-tools", "a,b", "only these tools", "list"),
    Option("disabled-tools", "a,b", "all tools but these", "list"),
    PROTOCOL,
    Option(
        "approval",
        "MODE",
        "which calls ask a person first",
        "choice",
        choices=("approve", "auto", "writes", "prompt"),
    ),
    Option("capability", "NAME[=JSON]", "declare this experimental capability to the server", "many"),
    Option("extension", "NAME[=JSON]", "declare this extension to the server", "many"),
    _SCOPE,
    Option(
        "transport",
        "KIND",
        "how to speak to it, when the address does not say",
        "choice",
        choices=("stdio", "http", "sse"),
        short="t",
    ),
    flag("no-connect", "only register it"),
    flag("disabled", "keep it, but do not use it"),
    flag("required", "failing to connect to it is an error of the whole notebook"),
    *OAUTH,
)

VERBS = (
    Verb(
        "add",
        "servers",
        "register a server and connect to it",
        (
            Positional("NAME", "name", required=False),
            Positional("URL", "address", required=False),
            Positional("ARG", "command", required=False, many=True),
        ),
        (*_ADD, *COMMON),
        takes_body=True,
        takes_literal=True,
        example="%mcp add everything -- npx -y @modelcontextprotocol/server-everything",
        synonyms=("register", "new"),
    ),
    Verb(
        "list",
        "servers",
        "every registered server, one row each",
        (),
        COMMON,
        example="%mcp list",
        synonyms=("ls", "servers"),
    ),
    Verb(
        "get",
        "servers",
        "one server's configuration",
        (SERVER,),
        COMMON,
        example="%mcp get everything",
        synonyms=("show", "info"),
    ),
    Verb(
        "remove",
        "servers",
        "forget servers, and stop them",
        (Positional("SERVER", "server", many=True),),
        (_SCOPE, *COMMON),
        example="%mcp remove everything",
        synonyms=("rm", "delete", "unregister"),
    ),
    Verb(
        "import",
        "servers",
        "take servers over from another client or a file",
        (Positional("SOURCE", "text", required=False), Positional("NAME", "name", required=False, many=True)),
        (_SCOPE, flag("no-connect", "what it does anyway: import only registers"), *COMMON),
        example="%mcp import claude-desktop",
    ),
    Verb(
        "export",
        "servers",
        "the configuration, for another client",
        (SERVERS,),
        (
            Option("format", "FORMAT", "whose format", "choice", choices=("mcpServers", "vscode", "codex")),
            *COMMON,
        ),
        example="%mcp export --format codex",
    ),
    Verb("schema", "servers", "the JSON Schema of a configuration file", (), COMMON, example="%mcp schema"),
    Verb(
        "secret",
        "servers",
        "ask for a secret once, hidden, and keep it",
        (Positional("NAME", "name", required=False),),
        (flag("delete", "forget it"), *COMMON),
        example="%mcp secret GITHUB_TOKEN",
        synonyms=("secrets", "password"),
    ),
)

"""The verbs of ``%mcp`` as one table: parsing, help and completion read nothing else."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from mcp_magics.magics.oauth_options import OAUTH
from mcp_magics.magics.verb import Option, Positional, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GROUPS", "VERBS", "Option", "Positional", "Verb", "near_verbs"]


def _pairs(name: str, metavar: str, summary: str, separators: str, short: str = "") -> Option:
    return Option(name, metavar, summary, "pairs", short=short, separators=separators, holds="configuration")


def _flag(name: str, summary: str) -> Option:
    return Option(name, "", summary, "flag")


_COMMON = (
    Option("out", "NAME", "store the result in this variable, and show it", "variable", short="o"),
    _flag("quiet", "show nothing"),
    _flag("json", "print one JSON document and return None"),
    Option("save", "FILE", "write the result to a file"),
    Option("help", "", "what this verb does", "flag", short="h"),
)
_TIMEOUT = Option("timeout", "SECONDS", "the server's seconds since its last sign of progress", "seconds")
_ASKING = (
    _TIMEOUT,
    Option("max-time", "SECONDS", "an absolute limit; none by default", "seconds"),
    _flag("fail", "an error result fails the cell"),
    Option("expect-error", "[CLASS]", "fail unless an error (of this class) comes", "optional"),
    Option("meta", "JSON", "members of the request's _meta"),
    _flag("dry-run", "show the message and send nothing"),
)
_PROTOCOL = Option(
    "protocol", "VERSION", "which protocol era to speak", "choice", choices=("auto", "2026-07-28", "legacy")
)
_SCOPE = Option("scope", "SCOPE", "where it is kept", "choice", choices=("notebook", "project", "user"), short="s")
_LISTING = (_TIMEOUT, _flag("refresh", "ask the server again"))
_LAST = Option("last", "N", "only the last N rows", "integer")
_SERVER = Positional("SERVER", "server")
_SERVERS = Positional("SERVER", "server", required=False, many=True)
_MAYBE_SERVER = Positional("SERVER", "server", required=False)
_TOOL = Positional("SERVER.TOOL", "target")
_PROMPT = Positional("SERVER.PROMPT", "target")

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
    _PROTOCOL,
    Option(
        "approval",
        "MODE",
        "which calls ask a person first",
        "choice",
        choices=("approve", "auto", "writes", "prompt"),
    ),
    _SCOPE,
    Option(
        "transport",
        "KIND",
        "how to speak to it, when the address does not say",
        "choice",
        choices=("stdio", "http", "sse"),
        short="t",
    ),
    _flag("no-connect", "only register it"),
    _flag("disabled", "keep it, but do not use it"),
    _flag("required", "failing to connect to it is an error of the whole notebook"),
    *OAUTH,
)
_HOP = (
    _flag("browser", "open the link in this machine's browser"),
    Option("consent", "DECISION", "a script decides: playground servers only", "choice", choices=("approve", "deny")),
    Option("timeout", "SECONDS", "for the browser to come back", "seconds"),
)

_TABLE = (
    Verb(
        "add",
        "servers",
        "register a server and connect to it",
        (
            Positional("NAME", "name", required=False),
            Positional("URL", "address", required=False),
            Positional("ARG", "command", required=False, many=True),
        ),
        (*_ADD, *_COMMON),
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
        _COMMON,
        example="%mcp list",
        synonyms=("ls", "servers"),
    ),
    Verb(
        "get",
        "servers",
        "one server's configuration",
        (_SERVER,),
        _COMMON,
        example="%mcp get everything",
        synonyms=("show", "info"),
    ),
    Verb(
        "remove",
        "servers",
        "forget servers, and stop them",
        (Positional("SERVER", "server", many=True),),
        (_SCOPE, *_COMMON),
        example="%mcp remove everything",
        synonyms=("rm", "delete", "unregister"),
    ),
    Verb(
        "import",
        "servers",
        "take servers over from another client or a file",
        (Positional("SOURCE", "text", required=False), Positional("NAME", "name", required=False, many=True)),
        (_SCOPE, _flag("no-connect", "only register them"), *_COMMON),
        example="%mcp import claude-desktop",
    ),
    Verb(
        "export",
        "servers",
        "the configuration, for another client",
        (_SERVERS,),
        (
            Option("format", "FORMAT", "whose format", "choice", choices=("mcpServers", "vscode", "codex")),
            *_COMMON,
        ),
        example="%mcp export --format codex",
    ),
    Verb("schema", "servers", "the JSON Schema of a configuration file", (), _COMMON, example="%mcp schema"),
    Verb(
        "secret",
        "servers",
        "ask for a secret once, hidden, and keep it",
        (Positional("NAME", "name", required=False),),
        (_flag("delete", "forget it"), *_COMMON),
        example="%mcp secret GITHUB_TOKEN",
        synonyms=("secrets", "password"),
    ),
    Verb(
        "connect",
        "connection",
        "connect to servers",
        (_SERVERS,),
        (_PROTOCOL, *_COMMON),
        example="%mcp connect everything",
        synonyms=("start", "open"),
    ),
    Verb(
        "disconnect",
        "connection",
        "end connections and the processes behind them",
        (_SERVERS,),
        _COMMON,
        example="%mcp disconnect everything",
        synonyms=("stop", "close", "kill"),
    ),
    Verb(
        "restart",
        "connection",
        "disconnect, then connect",
        (_SERVERS,),
        _COMMON,
        example="%mcp restart everything",
        synonyms=("reconnect", "reload"),
    ),
    Verb(
        "status",
        "connection",
        "connections and their process trees",
        (_SERVERS,),
        _COMMON,
        example="%mcp status",
        synonyms=("ps", "health"),
    ),
    Verb(
        "log",
        "connection",
        "server messages and stderr, on one clock",
        (_MAYBE_SERVER,),
        (_LAST, Option("level", "LEVEL", "this level and above"), *_COMMON),
        example="%mcp log everything --last 20",
        synonyms=("logs", "stderr"),
    ),
    Verb(
        "ping",
        "connection",
        "how long a round trip takes",
        (_SERVER,),
        (_TIMEOUT, *_COMMON),
        example="%mcp ping everything",
    ),
    Verb(
        "login",
        "permission",
        "get a credential: a link, a wait, the tools it unlocks",
        (_SERVER,),
        (
            *OAUTH,
            _flag("again", "also where a usable credential is there"),
            _flag("no-wait", "return at once; it completes in the background"),
            *_HOP,
            *_COMMON,
        ),
        example="%mcp login linear",
        synonyms=("signin", "authenticate", "authorize"),
    ),
    Verb(
        "logout",
        "permission",
        "revoke and forget the credential",
        (_SERVER,),
        (_flag("forget-client", "forget the registered client too"), *_COMMON),
        example="%mcp logout linear",
        synonyms=("signout", "revoke"),
    ),
    Verb(
        "auth",
        "permission",
        "the credential: claims, scopes, expiry, where it is",
        (_SERVER,),
        _COMMON,
        example="%mcp auth linear",
        synonyms=("token", "whoami", "claims"),
    ),
    Verb(
        "oauth",
        "permission",
        "the OAuth flow, one request at a time",
        (_SERVER,),
        (*OAUTH, *_HOP, _flag("reveal", "show secrets: playground servers only"), *_COMMON),
        example="flow = %mcp oauth linear",
        synonyms=("flow",),
    ),
    Verb(
        "tools",
        "tools",
        "all tools of a server",
        (_MAYBE_SERVER,),
        (*_LISTING, *_COMMON),
        example="%mcp tools everything",
    ),
    Verb(
        "tool",
        "tools",
        "one tool: schema, annotations and an example call",
        (_TOOL,),
        _COMMON,
        example="%mcp tool everything.get-sum",
        synonyms=("describe",),
    ),
    Verb(
        "call",
        "tools",
        "call a tool",
        (_TOOL, Positional("JSON", "json", required=False)),
        (*_ASKING, _flag("raw", "send the body's text as the arguments, as it is"), _PROTOCOL, *_COMMON),
        takes_body=True,
        assignments=True,
        example="%mcp call everything.get-sum a=40 b={n + 1} -o total",
        synonyms=("run", "invoke", "execute"),
    ),
    Verb(
        "resources",
        "content",
        "all resources of a server",
        (_SERVER,),
        (*_LISTING, *_COMMON),
        example="%mcp resources everything",
    ),
    Verb(
        "templates",
        "content",
        "all resource templates of a server",
        (_SERVER,),
        (*_LISTING, *_COMMON),
        example="%mcp templates everything",
    ),
    Verb(
        "read",
        "content",
        "read a resource",
        (_SERVER, Positional("URI", "text")),
        (*_ASKING, *_COMMON),
        example="%mcp read everything demo://resource/static/document/features.md",
    ),
    Verb(
        "prompts",
        "content",
        "all prompts of a server",
        (_SERVER,),
        (*_LISTING, *_COMMON),
        example="%mcp prompts everything",
    ),
    Verb(
        "prompt",
        "content",
        "get a prompt",
        (_PROMPT, Positional("JSON", "json", required=False)),
        (*_ASKING, *_COMMON),
        takes_body=True,
        assignments=True,
        example="%mcp prompt everything.args-prompt city=Paris",
    ),
    Verb(
        "complete",
        "content",
        "what the server suggests for an argument",
        (
            Positional("SERVER.PROMPT", "target"),
            Positional("ARGUMENT", "text"),
            Positional("PREFIX", "text", required=False),
        ),
        (*_ASKING, *_COMMON),
        assignments=True,
        example="%mcp complete everything.completable-prompt department E",
    ),
    Verb(
        "request",
        "messages",
        "any request, its result as it came",
        (_SERVER, Positional("METHOD", "text"), Positional("JSON", "json", required=False)),
        (*_ASKING, _flag("raw", "send the body's text as the params, as it is"), *_COMMON),
        takes_body=True,
        example='%mcp request everything tools/call {"name": "echo", "arguments": {"message": "hi"}}',
    ),
    Verb(
        "notify",
        "messages",
        "any notification; there is no answer, and no order to requests",
        (_SERVER, Positional("METHOD", "text"), Positional("JSON", "json", required=False)),
        (_flag("dry-run", "show the message and send nothing"), *_COMMON),
        takes_body=True,
        example="%mcp notify everything notifications/roots/list_changed",
    ),
    Verb(
        "trace",
        "evidence",
        "what went over the wire",
        (_MAYBE_SERVER,),
        (_LAST, Option("id", "N", "one message whole", "integer"), *_COMMON),
        example="%mcp trace everything --last 10",
        synonyms=("journal", "wire", "history"),
    ),
    Verb(
        "playground",
        "learn",
        "servers to learn and test with, on this machine only",
        (
            Positional("ACTION", "choice", choices=("start", "stop", "list")),
            Positional("NAME", "name", required=False, many=True),
        ),
        (
            Option("port", "N", "where the first one listens", "integer"),
            Option("seed", "N", "the same seed, the same data", "integer"),
            Option("fault", "NAME", "what goes wrong"),
            Option("expiry", "SECONDS", "how long an access token is good (30s, 5m)", "seconds"),
            Option("tokens", "KIND", "what an access token looks like", "choice", choices=("jwt", "opaque")),
            Option("delay", "SECONDS", "how slow a slow fault is", "seconds"),
            Option("transport", "KIND", "how it is spoken to", "choice", choices=("stdio", "http", "sse"), short="t"),
            _PROTOCOL,
            *_COMMON,
        ),
        example="%mcp playground start shop",
        synonyms=("demo",),
    ),
    Verb(
        "help",
        "learn",
        "this screen, or one verb's",
        (Positional("VERB", "verb", required=False),),
        _COMMON,
        example="%mcp help call",
    ),
)

VERBS: Mapping[str, Verb] = MappingProxyType({verb.name: verb for verb in _TABLE})
"""Every verb by name, in the order of the help screen."""

GROUPS: Mapping[str, tuple[Verb, ...]] = MappingProxyType(
    {group: tuple(verb for verb in _TABLE if verb.group == group) for group in dict.fromkeys(v.group for v in _TABLE)}
)
"""The verbs by group, in the order of the help screen."""


def near_verbs(name: str) -> tuple[str, ...]:
    """The verbs someone who typed ``name`` may have meant, the likeliest first."""
    from difflib import get_close_matches

    meant = [verb.name for verb in _TABLE if name.lower() in (verb.name, *verb.synonyms)]
    return tuple(dict.fromkeys([*meant, *get_close_matches(name.lower(), VERBS, n=3, cutoff=0.6)]))

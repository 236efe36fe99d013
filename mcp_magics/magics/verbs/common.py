"""Options and words that several verbs share."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Positional


def flag(name: str, summary: str) -> Option:
    """An option that takes no value."""
    return Option(name, "", summary, "flag")


COMMON = (
    Option("out", "NAME", "store the result in this variable, and show it", "variable", short="o"),
    flag("quiet", "show nothing"),
    flag("json", "print one JSON document and return None"),
    Option("save", "FILE", "write the result to a file"),
    Option("help", "", "what this verb does", "flag", short="h"),
)
LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency", "off")
"""The log levels of RFC 5424, the least severe first, and none."""
TIMEOUT = Option("timeout", "SECONDS", "the server's seconds since its last sign of progress", "seconds")
ASKING = (
    TIMEOUT,
    Option("max-time", "SECONDS", "an absolute limit; none by default", "seconds"),
    flag("fail", "an error result fails the cell"),
    Option("expect-error", "[CLASS]", "fail unless an error (of this class) comes", "optional"),
    Option("meta", "JSON", "members of the request's _meta"),
    Option(
        "answer",
        "ANSWER",
        "answer what the server asks: JSON, @file, a text, or",
        "words",
        choices=("accept", "decline", "cancel"),
    ),
    flag("dry-run", "show the message and send nothing"),
)
NO_WAIT = flag("no-wait", "return at once with a job; the result arrives in the same output")
TASK = Option("task", "[SECONDS]", "run it as a task of the server, kept so long (2025-11-25)", "span")
_REVISIONS = tuple((each, "legacy") for each in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"))
"""The revisions that begin with a handshake, in which the one that both sides know is agreed on."""
PROTOCOL = Option(
    "protocol",
    "VERSION",
    "which protocol era to speak",
    "choice",
    choices=("auto", "2026-07-28", "legacy"),
    meant=_REVISIONS,
)
COMPARING = (
    Option(
        "protocol",
        "VERSION",
        "which protocol era to speak, or both side by side",
        "choice",
        choices=("auto", "2026-07-28", "legacy", "both"),
        meant=_REVISIONS,
    ),
    Option("against", "SERVER", "the same of another server, side by side"),
    Option("ignore", "PATH", "leave this place out of the comparison", "many"),
)
REFRESH = flag("refresh", "ask the server again")
LISTING = (
    TIMEOUT,
    REFRESH,
    *COMPARING,
    flag("fail", "a difference fails the cell"),
)
LAST = Option("last", "N", "only the last N rows", "integer")
SERVER = Positional("SERVER", "server")
SERVERS = Positional("SERVER", "server", required=False, many=True)
MAYBE_SERVER = Positional("SERVER", "server", required=False)

"""The redirect URI of a login and where its listener stands: pure, from options and surroundings.

Unset, it is ``http://127.0.0.1:PORT/callback/ID``: a path of its own for each server, so that an answer of one
authorization server never counts for another (RFC 9700 §4.4.2.2).
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urldefrag, urlsplit

from mcp_magics.auth.address import is_loopback
from mcp_magics.auth.callback import PARAMETERS
from mcp_magics.auth.port import LOOPBACK
from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from mcp_magics.auth.surroundings import Surroundings

_PLAIN = re.compile(r"[\x21-\x7e]+\Z")
_PROXIED = re.compile(r"/proxy/(?P<port>\d{1,5})(?P<rest>/.*)?\Z")


@dataclass(frozen=True, slots=True)
class CallbackOptions:
    """What was asked for: ``oauth.callback_url``, ``oauth.callback_port`` and ``--callback-bind``."""

    url: str | None = None
    port: int | None = None
    bind: str | None = None


@dataclass(frozen=True, slots=True)
class ListenerPlan:
    """Where to listen: ``port`` 0 is any free one; the first of ``paths`` is the redirect URI's own.

    ``fixed_uri`` is the redirect URI that was configured, if one was; ``notes`` are sentences for a person.
    """

    bind: str
    port: int
    paths: tuple[str, ...]
    fixed_uri: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """The redirect URI for one login, and why it is that."""

    uri: str
    why: str


def callback_id(server_url: str) -> str:
    """Twelve characters that stand for a server: base64url of the first 9 bytes of SHA-256 of its URL, no fragment."""
    digest = hashlib.sha256(urldefrag(server_url).url.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest[:9]).decode("ascii")


def plan_listener(server: str, server_url: str, options: CallbackOptions) -> ListenerPlan:
    """Where the callback of ``server`` is listened for; raises ``ConfigurationError`` naming the key."""
    if options.port is not None and not 1 <= options.port <= 65535:
        raise _bad(server, "callback_port", f"{options.port} is no port a redirect URI could name (1 to 65535)")
    bind = options.bind or LOOPBACK
    if options.url is None:
        return ListenerPlan(bind, options.port or 0, (f"/callback/{callback_id(server_url)}",))
    parts = _checked(server, options.url)
    path = parts.path or "/"
    behind = _PROXIED.search(path)
    paths = (path, behind["rest"] or "/") if behind else (path,)
    port = options.port or _port_of(parts, behind)
    return ListenerPlan(bind, port, paths, options.url, _notes(parts, options, port))


def redirect_of(plan: ListenerPlan, port: int, surroundings: Surroundings) -> Redirect:
    """The redirect URI, once the listener has its ``port``: as configured, through a proxy, or loopback."""
    if plan.fixed_uri is not None:
        return Redirect(plan.fixed_uri, "oauth.callback_url says so")
    uri = surroundings.uri(port, plan.paths[0]) or f"http://{_host(plan.bind)}:{port}{plan.paths[0]}"
    return Redirect(uri, surroundings.why)


def port_behind(uri: str) -> int:
    """The port of ours that a redirect URI leads to: the one in a proxy's path, or its own on loopback; else 0."""
    parts = urlsplit(uri)
    return _port_of(parts, _PROXIED.search(parts.path))


def _host(bind: str) -> str:
    """The host of a loopback redirect URI: what is listened on, if it is loopback and an address (RFC 8252 §8.3)."""
    bare = bind.strip("[]")
    if not is_loopback(bare) or bare == "localhost":
        return LOOPBACK
    return f"[{bare}]" if ":" in bare else bare


def _checked(server: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise _bad(server, "callback_url", f"it is no URL: {error}") from None
    if why := _why_not(url, parts, port, host):
        raise _bad(server, "callback_url", f"{redactor().url(url)!r} is no redirect URI: {why}")
    return parts


def _why_not(url: str, parts: SplitResult, port: int | None, host: str | None) -> str | None:
    """What RFC 6749 §3.1.2 and RFC 8252 §7.3 forbid, and what no browser could reach."""
    taken = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if name in PARAMETERS]
    checks = (
        (not _PLAIN.match(url), "it holds a space, or a character that has to be percent-encoded"),
        (parts.scheme not in ("http", "https"), "it does not begin with https:// (or http:// on loopback)"),
        (not host, "it names no host"),
        (port == 0, "port 0 is none a browser could ask"),
        (parts.scheme == "http" and not is_loopback(host or ""), f"http is for loopback only, and {host} is not"),
        ("#" in url, "it has a fragment (RFC 6749 §3.1.2)"),
        ("@" in parts.netloc, "it holds a user name or a password"),
        (bool(taken), f"its query holds {', '.join(taken)}, which the answer brings"),
    )
    return next((why for wrong, why in checks if wrong), None)


def _port_of(parts: SplitResult, behind: re.Match[str] | None) -> int:
    """The port to listen on where none was asked for: what a proxy's path or a loopback address names, or any."""
    if behind is not None and 1 <= int(behind["port"]) <= 65535:
        return int(behind["port"])
    if is_loopback(parts.hostname or ""):
        return parts.port or (443 if parts.scheme == "https" else 80)
    return 0


def _notes(parts: SplitResult, options: CallbackOptions, port: int) -> tuple[str, ...]:
    host, bind, notes = parts.hostname or "", options.bind or LOOPBACK, []
    if not is_loopback(host) and options.bind is None:
        where = f"port {port}" if port else "a port of its own choice (set --callback-port to fix it)"
        notes.append(f"the listener stays on {LOOPBACK}, {where}: a proxy at {host} has to forward there")
    if host == "::1" and bind == LOOPBACK:
        notes.append(f"[::1] is not {LOOPBACK}, where the listener is: add --callback-bind ::1")
    if host == "localhost":
        notes.append(f"localhost may mean [::1]; the listener is on {bind}")
    if is_loopback(host) and parts.scheme == "https":
        notes.append("the listener speaks http: something has to end TLS before it")
    return tuple(notes)


def _bad(server: str, key: str, why: str) -> ConfigurationError:
    option = f"--{key.replace('_', '-')}"
    value = "https://HOST/callback" if key == "callback_url" else "8765"
    return ConfigurationError(
        f"oauth.{key} ({option}): {why}",
        phase="login",
        server=server,
        next_step=f"%mcp login {server} {option} {value}",
    )

"""What an HTTP response or a network error means: pure judgement, one :class:`Failure` each.

The classes are those of ``docs/failures.md``. "Could not check" is never "not supported".
"""

from __future__ import annotations

import errno
import re
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from mcp_magics.errors import Failure
from mcp_magics.redact import redactor
from mcp_magics.wire.challenge import oauth_challenge

if TYPE_CHECKING:
    from collections.abc import Mapping

PREVIEW = 200
_BOT = " (bot protection)"
_TYPEABLE = re.compile(r"https?://[A-Za-z0-9._~:/\[\]@!&*+,=%-]+")
"""An address that a line reads as it stands: nothing in it is Python, a variable, a comment or another word."""


def http_failure(
    server: str, url: str, status: int, headers: Mapping[str, str], body: bytes, *, in_session: bool
) -> Failure:
    """The verdict on a response that is no MCP answer; ``body`` is its beginning."""
    lower = {name.lower(): value for name, value in headers.items()}
    evidence = _evidence(url, status, lower, body)
    page = _page(status, lower, body)
    if page is not None and not _tells(status, lower, page):
        return Failure(
            "intercepted_html",
            f"something between here and the server answered {status} with a web page{page}, not MCP",
            "http",
            server,
            evidence,
            "ask the operator of that address to allow this client, or configure another origin",
        )
    class_, message, next_step, retryable = _by_status(server, url, status, lower, in_session=in_session)
    if page and class_ == "http_error":
        message += f" with a web page{page}"
    return Failure(class_, message, "http", server, evidence, next_step, retryable)


def _by_status(server: str, url: str, status: int, headers: Mapping[str, str], *, in_session: bool) -> _Verdict:
    again = f"%mcp connect {server}"
    if status == 401 or (status == 403 and _wants_scopes(headers)):
        return _unpermitted(server, status, headers)
    if status == 404 and in_session:
        return "session_expired", "the server has forgotten this session (404)", f"%mcp restart {server}", True
    if status in _NO_ENDPOINT:
        step = f"%mcp add {server} --url URL  # check the path, often /mcp"
        return "not_an_mcp_endpoint", f"no Streamable HTTP endpoint answers here ({status})", step, False
    if 300 <= status < 400:
        return _redirected(server, url, headers.get("location", ""))
    if status in _BUSY or status >= 500:
        return "http_error", f"the server answered {status}", again, True
    class_, message, step = _REFUSALS.get(status, ("http_error", "the answer is no MCP answer", again))
    return class_, f"{message} ({status})", step.format(server=server), False


def _redirected(server: str, url: str, location: str) -> _Verdict:
    """A redirect that is not followed; its address may be relative to ``url`` (RFC 9110 §10.2.2)."""
    try:
        where = redactor().url(urljoin(url, location)) if location else "elsewhere"
    except ValueError:  # no address at all
        where = redactor().url(location)
    step = f"%mcp add {server} --url {where if _TYPEABLE.fullmatch(where) else 'URL'}"
    return "redirected", f"the server redirects to {where}", step, False


_Verdict = tuple[str, str, str, bool]
"""Class, message, next step, whether a retry can help."""

_NO_ENDPOINT = frozenset({400, 404, 405, 406, 415})
_BUSY = frozenset({408, 425, 429})
_REFUSALS = {
    403: ("forbidden", "the server refuses this client", "%mcp get {server}"),
    421: (
        "host_rejected",
        "the server does not accept this host name",
        "add the host to the server's allow-list, or use the name it expects",
    ),
}


def _wants_scopes(headers: Mapping[str, str]) -> bool:
    """Whether a 403 asks for more scopes (RFC 6750 §3.1) and not for somebody else."""
    challenge = oauth_challenge(headers.get("www-authenticate"))
    return challenge is not None and challenge.error == "insufficient_scope"


def _unpermitted(server: str, status: int, headers: Mapping[str, str]) -> _Verdict:
    if status == 403:
        challenge = oauth_challenge(headers.get("www-authenticate"))
        wanted = " ".join((challenge.scopes if challenge is not None else None) or ("scopes it does not name",))
        return "step_up_required", f"the server wants {wanted} (403)", f"%mcp auth {server}", False
    if "www-authenticate" in headers:
        return "auth_required", "the server asks for authorization (401)", f"%mcp login {server}", False
    step = f"%mcp add {server} --url URL --bearer-token-env-var NAME"
    message = "the server asks for authorization (401) and does not say which (no WWW-Authenticate header)"
    return "auth_required_unadvertised", message, step, False


def content_failure(server: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """The verdict on a success response whose content is no JSON-RPC."""
    lower = {name.lower(): value for name, value in headers.items()}
    if _is_html(lower, body):
        return http_failure(server, url, status, headers, body, in_session=False)
    kind = lower.get("content-type", "no content type")
    instead = "a body that is no JSON-RPC" if "json" in kind.lower() else f"{kind} instead of JSON or an event stream"
    return Failure(
        "unexpected_content",
        f"the server answered {status} with {instead if body.strip() else 'nothing where a JSON-RPC message belongs'}",
        "http",
        server,
        _evidence(url, status, lower, body),
        f"%mcp trace {server}",
    )


def _is_html(headers: Mapping[str, str], body: bytes) -> bool:
    return "text/html" in headers.get("content-type", "").lower() or body[:64].lstrip().lower().startswith(
        (b"<!doctype html", b"<html")
    )


def _page(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """What is to be said of a web page beside its status, None where the answer is none."""
    if not _is_html(headers, body):
        return None
    title = re.search(rb"<title[^>]*>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
    named = f" titled “{title[1].decode('utf-8', 'replace').strip()[:80]}”" if title else ""
    is_challenge = "cf-mitigated" in headers or b"challenge" in body.lower()
    bot = is_challenge or ("cf-ray" in headers and status < 500)  # which names a gateway's failures too
    return f"{named}{_BOT if bot else ''}"


def _tells(status: int, headers: Mapping[str, str], page: str) -> bool:
    """Whether the status says more than that a web page came: proxies and gateways put one beside it."""
    if status in (401, 404, 405) or (300 <= status < 400 and headers.get("location")):
        return True
    return (status in _BUSY or status >= 500) and not page.endswith(_BOT)


def _evidence(url: str, status: int, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
    redact = redactor()
    told = [
        f"{name}: {headers[name]}"
        for name in ("cf-ray", "www-authenticate", "content-type", "server", "via")
        if name in headers
    ]
    preview = " ".join(redact.text(body[: PREVIEW * 4].decode("utf-8", "replace")).split())[:PREVIEW]
    return (
        f"{status} from {redact.url(url)}" + (f" · {redact.text(' · '.join(told))}" if told else ""),
        *((f"body: {preview}",) if preview else ()),
    )


def network_failure(server: str, url: str, error: Exception, *, proxy: str | None = None) -> Failure:
    """The verdict on a request that got no response at all; ``proxy`` is the one it was to go through."""
    cause = _root(error)
    text = redactor().text(str(cause) or str(error) or type(error).__name__)
    shown = redactor().url(url)
    through = f"the proxy {redactor().url(proxy)}" if proxy is not None else ""
    class_, message, next_step, retryable = _by_error(server, shown, error, cause, text, through)
    return Failure(class_, message, "http", server, (f"{type(cause).__name__}: {text}",), next_step, retryable)


def _by_error(server: str, url: str, error: Exception, cause: BaseException, text: str, through: str) -> _Verdict:
    again = f"%mcp connect {server}"
    name = type(error).__name__
    is_tls = isinstance(cause, ssl.SSLError) or "CERTIFICATE_VERIFY" in text
    if name == "ProxyError" or (through and name in ("ConnectError", "ConnectTimeout") and not is_tls):
        message = f"{through or 'the proxy'} did not let the request through to {url}"
        return "proxy_error", message, f"{again}  # check HTTP_PROXY, HTTPS_PROXY and NO_PROXY first", True
    if is_tls:
        return (
            "tls_untrusted",
            f"the certificate of {url} is not trusted here",
            f"{again}  # set SSL_CERT_FILE to the certificate authority's file first",
            False,
        )
    if (
        isinstance(cause, ConnectionRefusedError)
        or "refused" in text.lower()
        or "all connection attempts" in text.lower()
        or f"[Errno {errno.ECONNREFUSED}]" in text  # a name with several addresses, each refused
    ):
        return "connection_refused", f"nothing listens at {url}", f"{again}  # start the server first", True
    if any(word in text.lower() for word in ("getaddrinfo", "name or service not known", "nodename", "resolution")):
        return "host_unknown", f"the host of {url} has no address", f"%mcp get {server}  # check the address", False
    if "Timeout" in name:
        return "no_response", f"{url} did not answer in time", again, True
    in_circles = ("redirected", f"the redirects of {url} come to no end", f"%mcp trace {server}", False)
    return in_circles if name == "TooManyRedirects" else ("stream_lost", f"the connection to {url} broke", again, True)


METHOD_NOT_FOUND = -32601
"""JSON-RPC 2.0, section 5.1."""


def too_large(server: str, what: str) -> Failure:
    """A message above the stated bound; ``what`` says which."""
    return Failure("too_large", what, "http", server, (), f"ask for less, or %mcp trace {server}")


def session_failure(server: str, phase: str, error: Exception, protocol: str = "auto") -> Failure | None:
    """The verdict on what the SDK's negotiation raised, or None where that says nothing to a person.

    ``protocol`` is the era that was asked for.
    """
    kept = getattr(error, "failure", None)
    if isinstance(kept, Failure):
        return kept
    text = redactor().text(str(error))
    step = f"%mcp trace {server}"
    if type(error).__name__ == "MCPError":
        if protocol == "2026-07-28" and getattr(getattr(error, "error", None), "code", None) == METHOD_NOT_FOUND:
            message = f"the server does not speak {protocol}: it knows no server/discover ({text})"
            return Failure("protocol_version", message, phase, server, (), "--protocol legacy, or leave --protocol out")
        return Failure("initialize_refused", f"the server refused to begin: {text}", phase, server, (), step)
    if isinstance(error, RuntimeError) and "version" in text:
        return Failure("protocol_version", text, phase, server, (), f"%mcp add {server} … --protocol legacy")
    if type(error).__name__ == "ValidationError":
        first = text.splitlines()[1:3]
        message = "the server's answer to initialize does not fit the protocol"
        return Failure("protocol_error", message, phase, server, (" ".join(first)[:300],), step)
    return None


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None or (error.__context__ is not None and not error.__suppress_context__):
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # one of them is set
    return error

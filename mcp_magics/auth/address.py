"""Which addresses a server may send us to: pure judgement on the URLs that metadata and redirects name.

https, or http on loopback (RFC 6749 §3.1.2.1, RFC 8252 §7.3); never link-local and cloud-metadata hosts; private
addresses only when the server itself is private (MCP security best practices: server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

_CLOUD = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "100.100.100.200", "fd00:ec2::254"}
)
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")
_NUMBERS = re.compile(r"(?:[0-9a-fx]*\.)*(?:0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)
"""A host that ends in a number: an IPv4 address to every resolver, however it is spelt."""
_PLAIN = re.compile(r"[A-Za-z0-9._~:/?&=%@+,*\-]{1,500}")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def split(url: str) -> SplitResult:
    """The parts of a URL that somebody else wrote; one that cannot be read is all path, without scheme and host."""
    try:
        return urlsplit(url)
    except ValueError:  # an unmatched bracket, characters that NFKC would turn into delimiters
        return SplitResult("", "", url, "", "")


def refusal(url: str, server_url: str) -> str | None:
    """Why ``url`` is not fetched on behalf of ``server_url``, or None where it may be."""
    if (reason := _unreadable(url)) is not None:
        return reason
    parts = urlsplit(url)
    host, server_host = parts.hostname or "", urlsplit(server_url).hostname or ""
    if is_forbidden(host):
        return f"{host} is a link-local or cloud-metadata address"
    if is_private(host) and not is_private(server_host):
        return f"{host} is a private address and {server_host} is not"
    as_configured = host == server_host and urlsplit(server_url).scheme == "http"
    if parts.scheme == "http" and not is_loopback(host) and not as_configured:
        return f"{parts.scheme}://{host} is neither https nor loopback"
    return None


def browser_refusal(url: str, server_url: str) -> str | None:
    """Why a browser is not sent to ``url`` (an authorization endpoint), or None: https, or http on loopback."""
    if (reason := refusal(url, server_url)) is not None:
        return reason
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return f"{parts.scheme}://{parts.hostname} is neither https nor loopback"
    return None


def is_plain(text: str) -> bool:
    """Whether text of a server's may stand in a line to type: it holds nothing that a line or a shell would read."""
    return _PLAIN.fullmatch(text) is not None


def is_forbidden(host: str) -> bool:
    """Whether nothing is ever fetched from ``host``: link-local, multicast, or where clouds keep credentials."""
    address = _address(host)
    if address is None:
        return host.lower().rstrip(".") in _CLOUD
    return address.is_link_local or address.is_multicast or address.is_unspecified or str(address) in _CLOUD


def is_private(host: str) -> bool:
    """Whether ``host`` is loopback, a private address, or a name that only a local network knows."""
    address, name = _address(host), host.lower().rstrip(".")
    if address is None:
        return "." not in name or name.endswith(_LOCAL_NAMES)
    return address.is_private or address.is_loopback


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine (RFC 8252 §7.3)."""
    address, name = _address(host), host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost") if address is None else address.is_loopback


def _unreadable(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"it is no URL: {error}"
    if parts.scheme not in ("https", "http"):
        return f"its scheme is {parts.scheme or 'missing'}, not https"
    if not parts.hostname or port == 0:
        return "it names no host"
    return "it holds a user name or a password" if "@" in parts.netloc else None


def _address(host: str) -> IPAddress | None:
    text = host.strip("[]").split("%")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return _spelt_oddly(text)
    return address if isinstance(address, ipaddress.IPv4Address) else _inside(address) or address


def _spelt_oddly(text: str) -> ipaddress.IPv4Address | None:
    """An IPv4 address in hexadecimal, octal, or fewer than four numbers, as resolvers read it."""
    if _NUMBERS.fullmatch(text) is None:
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text.rstrip(".")))
    except OSError:
        return None


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address within: mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052 §2.1) or 6to4 (RFC 3056 §2)."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour

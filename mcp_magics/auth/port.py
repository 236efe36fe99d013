"""The socket a callback arrives at: one address, one port, and what a person has to know about both."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from contextlib import suppress
from dataclasses import dataclass

from mcp_magics.errors import ConfigurationError

LOOPBACK = "127.0.0.1"

Socket = socket.socket


@dataclass(frozen=True, slots=True)
class BoundPort:
    """A bound socket, the port it got, a socket that keeps ``[::1]`` free of others, and warnings for a person."""

    socket: Socket
    port: int
    twin: Socket | None
    warnings: tuple[str, ...]

    def release(self) -> None:
        """Close what is not served by others."""
        if self.twin is not None:
            self.twin.close()


def bind_port(port: int, bind: str, server: str) -> BoundPort:
    """Bind ``port`` (0: any free one) of the address ``bind``.

    Raises ``ConfigurationError``: of class ``callback_port_busy``, or where the address is none of this machine's or
    the port is not ours to take.
    """
    address = _address(bind, server)
    main = _socket(address)
    try:
        main.bind((str(address), port))
    except OSError as error:
        main.close()
        raise _not_bound(error, port, str(address), server) from None
    got = int(main.getsockname()[1])
    if not address.is_loopback:
        return BoundPort(main, got, None, (_exposed(str(address), got),))
    twin, warning = _reserve_twin(got) if str(address) == LOOPBACK else (None, None)
    return BoundPort(main, got, twin, (warning,) if warning else ())


def _address(bind: str, server: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(LOOPBACK if bind == "localhost" else bind.strip("[]"))
    except ValueError:
        raise ConfigurationError(
            f"{bind!r} is no IP address the callback could be bound to (--callback-bind)",
            phase="login",
            server=server,
            next_step=f"%mcp login {server} --callback-bind {LOOPBACK}",
        ) from None


def _socket(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> socket.socket:
    made = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    made.setblocking(False)  # noqa: FBT003  the name of its parameter cannot be given
    if os.name == "posix":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port of a moment ago; never one in use
    elif hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    return made


def _reserve_twin(port: int) -> tuple[socket.socket | None, str | None]:
    """Hold ``[::1]:port`` without listening, so that ``localhost`` reaches nobody else; or say who it may reach."""
    try:
        twin = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    except OSError:
        return None, None
    try:
        with suppress(OSError, AttributeError):
            twin.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        twin.bind(("::1", port))
    except OSError as error:
        twin.close()
        if error.errno != errno.EADDRINUSE:
            return None, None  # no IPv6 here
        return None, (
            f"another program has port {port} of [::1]: an address with localhost may reach it, "
            f"one with {LOOPBACK} reaches this kernel"
        )
    return twin, None


def _exposed(address: str, port: int) -> str:
    return (
        f"the callback listens on {address}, not only on {LOOPBACK}: whoever reaches port {port} of this machine can "
        "send it requests (only one with this login's state is taken)"
    )


def _free_port(address: str) -> int:
    """A port of ``address`` that is free at this moment."""
    with _socket(ipaddress.ip_address(address)) as other:
        other.bind((address, 0))
        return int(other.getsockname()[1])


def _not_bound(error: OSError, port: int, address: str, server: str) -> ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"port {port} of {address} is taken by another program, and the redirect URI needs it "
            "(--callback-port, oauth.callback_port)",
            class_="callback_port_busy",
            phase="login",
            server=server,
            evidence=("an address with localhost is not the same: it may mean [::1]",),
            next_step=f"%mcp login {server} --callback-port {_free_port(address)}",
            retryable=True,
        )
    if error.errno == errno.EADDRNOTAVAIL:
        why, key = f"{address} is no address of this machine", f"--callback-bind {LOOPBACK}"
    else:
        why, key = f"port {port} of {address} cannot be bound: {error.strerror or error}", "--callback-port PORT"
    return ConfigurationError(
        f"{why} ({key.split()[0]})", phase="login", server=server, next_step=f"%mcp login {server} {key}"
    )

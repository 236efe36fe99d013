"""The port of a callback: had again, busy, exposed, and the same number on the other loopback."""

from __future__ import annotations

import asyncio
import socket

import pytest
from support.login import PATH, with_login

from mcp_magics.auth.listener import open_listener
from mcp_magics.errors import ConfigurationError


def opened(**options):
    """Open and close a listener; its port and warnings."""

    async def run():
        async with await open_listener("docs", [PATH], **options) as listener:
            return listener.port, listener.warnings

    return asyncio.run(run())


def test_a_port_of_a_login_before_can_be_had_again():
    async def use(this):
        await this.succeeds()
        return this.listener.port

    port = with_login(use)
    assert opened(port=port)[0] == port


def test_a_busy_port_names_the_port_and_the_key():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            opened(port=port)
    failure = caught.value.failure
    assert failure.class_ == "callback_port_busy"
    assert str(port) in failure.message
    assert "--callback-port" in failure.message
    assert "oauth.callback_port" in failure.message
    line, _, free = failure.next_step.rpartition(" ")
    assert line == "%mcp login docs --callback-port"
    assert opened(port=int(free))[0] == int(free) != port


def test_only_loopback_is_listened_on():
    async def run():
        async with await open_listener("docs", [PATH]) as listener:
            return [each.getsockname()[0] for each in listener._server.sockets]

    assert asyncio.run(run()) == ["127.0.0.1"]


def test_another_address_is_bound_with_a_warning():
    port, warnings = opened(bind="0.0.0.0")
    assert "0.0.0.0" in warnings[0]
    assert str(port) in warnings[0]


@pytest.mark.parametrize("bind", ["hub.example", "999.1.1.1", "192.0.2.7"])
def test_an_address_that_cannot_be_bound_names_the_option(bind):
    with pytest.raises(ConfigurationError, match="--callback-bind"):
        opened(bind=bind)


needs_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")


def other_on_ipv6():
    try:
        return socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no [::1]")


@needs_ipv6
def test_somebody_else_on_the_same_port_of_the_other_loopback_is_told():
    with other_on_ipv6() as other:
        port = other.getsockname()[1]
        got, warnings = opened(port=port)
    assert got == port
    assert f"port {port} of [::1]" in warnings[0]
    assert "localhost" in warnings[0]


@needs_ipv6
def test_while_a_login_waits_nobody_else_gets_its_port_on_the_other_loopback():
    other_on_ipv6().close()

    async def use(this):
        with pytest.raises(OSError):
            socket.create_server(("::1", this.listener.port), family=socket.AF_INET6)
        await this.listener.close()
        socket.create_server(("::1", this.listener.port), family=socket.AF_INET6).close()

    with_login(use)

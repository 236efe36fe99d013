"""Servers of older revisions, and of older SDKs: what they do not bear is not done to them."""

from __future__ import annotations

from threading import Event

from support.odd_http import Asked, OddServer, Response, error
from support.shell import Shell


def test_nothing_is_asked_before_the_server_knows_that_the_handshake_is_over(shell: Shell, odd: OddServer) -> None:
    told = Event()

    def slowly(_asked: Asked) -> Response:
        told.wait(0.3)  # a request sent meanwhile is here before this is over
        told.set()
        return Response(202, kind=None)

    def strictly(asked: Asked) -> Response | None:
        return None if told.is_set() else error(asked, -32602, "Received request before initialization was complete")

    odd.on["notifications/initialized"], odd.on["tools/list"] = slowly, strictly
    shell(f"%mcp add a {odd.url}")
    assert odd.rpcs().index("notifications/initialized") < odd.rpcs().index("tools/list")

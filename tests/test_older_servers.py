"""Servers of older revisions, and of older SDKs: what they do not bear is not done to them."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

import pytest
from support.commands import odd_stdio
from support.odd_http import Asked, OddServer, Response, error
from support.shell import Shell
from support.until import until

from mcp_magics.connection.manager import servers


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


@pytest.mark.parametrize("name", ["brittle", "eager"])
def test_a_server_that_does_not_bear_to_be_asked_for_discovery_is_begun_anew_with_the_handshake(
    shell: Shell, name: str
) -> None:
    added = shell(f"%mcp add b -- {odd_stdio(name, 'legacy')}")
    assert "did not bear server/discover" in added.text
    assert "--protocol legacy" in added.text
    assert servers["b"].protocol_version == "2025-11-25"
    assert shell("%mcp call b.echo text=hi").result.text == "hi"


def test_a_server_that_ends_before_it_is_asked_anything_is_started_once(shell: Shell, tmp_path: Path) -> None:
    started = tmp_path / "started"
    started.mkdir()
    script = f"import tempfile; tempfile.mkstemp(dir={str(started)!r}); raise SystemExit(1)"
    shell.fails(f'%mcp add x -- {sys.executable} -c "{script}"', "process_exited")
    assert len(list(started.iterdir())) == 1


def test_a_stream_that_breaks_and_is_opened_again_is_no_violation(shell: Shell, odd: OddServer) -> None:
    cut_off = Response(200, b"", {"content-length": "9"}, "text/event-stream")
    odd.on["GET"] = lambda asked: cut_off if asked.path == "/mcp" else None
    shell(f"%mcp add a {odd.url}")
    until(lambda: "event stream broke" in shell("%mcp log a").text)
    assert not servers["a"].violations


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        (b"event: endpoint\ndata: https://elsewhere.example.org/post\n\n", "an endpoint on another origin"),
        (b": nothing more\n\n", "the server closed its event stream"),
    ],
)
def test_why_the_older_transport_ended_stands_beside_the_refusal_of_the_newer(
    shell: Shell, odd: OddServer, stream: bytes, told: str
) -> None:
    odd.on["*"] = lambda asked: Response(405, b"", kind="text/plain")
    odd.on["GET"] = lambda asked: Response(200, stream, kind="text/event-stream")
    failure = shell.fails(f"%mcp add a {odd.url}", "not_an_mcp_endpoint").failure
    assert "405" in failure.message
    assert told in failure.evidence[0]

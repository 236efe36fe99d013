"""A consent given by a script: pages with forms, redirects, and everything it refuses to follow."""

from __future__ import annotations

import asyncio
import html
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.consent import LONGEST_QUOTED, Form, consent, consent_form, page_text
from mcp_magics.auth.listener import open_listener
from mcp_magics.auth.pages import Failed, Succeeded
from mcp_magics.errors import MCPMagicsError
from mcp_magics.wire.http import http_client
from mcp_magics.wire.journal import Journal

STATE = "state-of-the-script"
PATH = "/callback/x"
SUCCESS = Succeeded("docs")


class AuthorizationServer:
    """Answers as a test says, and remembers every request: method, target and body."""

    def __init__(self, answering):
        self.origin = ""
        self.seen = []
        self._answering = answering

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        length = next((int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
        body = (await reader.readexactly(length)).decode()
        self.seen.append((method, target, body))
        status, headers, page = self._answering(self, method, target, body)
        lines = [f"HTTP/1.1 {status} x", f"content-length: {len(page)}", "connection: close", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + page)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def authorization_server(answering):
    this = AuthorizationServer(answering)
    server = await asyncio.start_server(this.serve, "127.0.0.1", 0)
    this.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield this


def to(address):
    return 302, [f"location: {address}"], b""


def page(text):
    return 200, ["content-type: text/html"], text.encode()


def form(action, **hidden):
    fields = "".join(
        f'<input type=hidden name="{name}" value="{html.escape(value)}">' for name, value in hidden.items()
    )
    return page(
        f'<!doctype html><form method="post" action="{action}">{fields}<input name=nickname value=x>'
        '<button name="decision" value="approve">Yes</button><button name="decision" value="deny">No</button></form>'
    )


def decided(body, redirect_uri, state):
    """Where a decision leads."""
    approved = dict(parse_qsl(body))["decision"] == "approve"
    answer = {"code": "given-code"} if approved else {"error": "access_denied", "error_description": "not today"}
    return to(f"{redirect_uri}?{urlencode({**answer, 'state': state})}")


def asks(server, method, target, body):
    """A consent page that sends what it was asked back in hidden fields."""
    if method == "POST":
        sent = dict(parse_qsl(body))
        return decided(body, sent["redirect_uri"], sent["state"])
    asked = dict(parse_qsl(urlsplit(target).query))
    return form("/decide?from=page", redirect_uri=asked["redirect_uri"], state=asked["state"], csrf='a"&<b')


def agrees(server, method, target, body):
    """No page at all: straight to the redirect URI."""
    asked = dict(parse_qsl(urlsplit(target).query))
    return to(f"{asked['redirect_uri']}?{urlencode({'code': 'given-code', 'state': asked['state']})}")


async def play(answering, decision="approve", outcome=SUCCESS):
    """One whole login by script: the landing, the callback, what the authorization server saw."""
    async with (
        authorization_server(answering) as server,
        await open_listener("docs", [PATH]) as listener,
        http_client("docs", Journal()) as client,
        asyncio.timeout(20),
    ):
        redirect = f"http://127.0.0.1:{listener.port}{PATH}"
        arrival = Arrival(STATE, redirect)
        listener.expect(arrival)
        asked = {"response_type": "code", "state": STATE, "redirect_uri": redirect}
        script = asyncio.create_task(consent(f"{server.origin}/authorize?{urlencode(asked)}", decision, client))
        waiting = asyncio.create_task(arrival.wait())
        await asyncio.wait((script, waiting), return_when=asyncio.FIRST_COMPLETED)
        if script.done() and script.exception():
            waiting.cancel()
            await asyncio.wait((waiting,))
            raise script.exception()
        callback = await waiting
        await listener.finish(outcome)
        return await script, callback, server.seen


def played(answering, **options):
    return asyncio.run(play(answering, **options))


def refused(answering, class_="consent_failed"):
    with pytest.raises(MCPMagicsError) as caught:
        played(answering)
    assert caught.value.failure.class_ == class_
    return caught.value.failure


def refusal(answering):
    return refused(answering).message


def test_approving_sends_the_hidden_fields_and_the_decision_and_ends_at_the_listener():
    landing, callback, seen = played(asks)
    assert (landing.status, callback.code) == (200, "given-code")
    assert "Authentication complete" in landing.page
    (_, _, _), (method, target, body) = seen
    assert (method, target) == ("POST", "/decide?from=page")
    sent = parse_qsl(body)
    assert ("csrf", 'a"&<b') in sent
    assert sent[-1] == ("decision", "approve")
    assert "nickname" not in dict(sent)


def test_denying_ends_the_login_with_the_servers_words():
    landing, callback, _ = played(asks, decision="deny")
    assert (landing.status, callback.error, callback.error_description) == (400, "access_denied", "not today")
    assert "not today" in landing.page


def test_a_server_that_asks_nobody_redirects_straight():
    landing, callback, seen = played(agrees)
    assert (landing.status, callback.code) == (200, "given-code")
    assert len(seen) == 1


def test_the_page_says_when_the_exchange_failed():
    landing, _, _ = played(agrees, outcome=Failed("the token endpoint answered 500"))
    assert landing.status == 400
    assert "the token endpoint answered 500" in landing.page


def test_redirects_on_the_way_to_the_page_are_followed():
    def answering(server, method, target, body):
        if target.startswith("/authorize"):
            return to(target.replace("/authorize", "/login"))
        return asks(server, method, target, body)

    assert played(answering)[1].code == "given-code"


def test_a_form_that_is_sent_with_get_is():
    def answering(server, method, target, body):
        if target.startswith("/authorize"):
            status, headers, text = asks(server, method, target, body)
            return status, headers, text.replace(b'method="post"', b"")
        query = urlsplit(target).query
        sent = dict(parse_qsl(query))
        return decided(query, sent["redirect_uri"], sent["state"])

    _, callback, seen = played(answering)
    assert callback.code == "given-code"
    assert seen[1][1].startswith("/decide?redirect_uri=")


@pytest.mark.parametrize(
    "address",
    [
        "https://as.example/authorize",
        "http://as.example/",
        "http://192.0.2.1/",
        "ftp://127.0.0.1/",
        "http://a:b@127.0.0.1/",
    ],
)
def test_nothing_off_loopback_is_opened(address):
    async def run():
        async with http_client("docs", Journal()) as client:
            with pytest.raises(MCPMagicsError, match="is not on loopback") as caught:
                await consent(f"{address}?state=hidden-state", "approve", client)
            assert "hidden-state" not in str(caught.value)

    asyncio.run(run())


def test_nothing_off_loopback_is_followed():
    assert "http://as.example" in refusal(lambda *_: to("http://as.example/elsewhere"))


def test_a_form_that_is_sent_to_another_origin_is_not_sent():
    assert "another origin" in refusal(lambda *_: form("http://127.0.0.1:9/decide"))
    assert "another origin" in refusal(lambda *_: form("https://as.example/decide"))


@pytest.mark.parametrize(
    ("answering", "why"),
    [
        (lambda *_: page("<h1>Welcome</h1>"), "neither a redirect nor a form"),
        (lambda *_: (500, [], b"<form></form>"), "answered 500"),
        (lambda *_: to("/again"), "no redirect URI was reached in 10 steps"),
        (lambda *_: (200, [], b"x" * 1_100_000), "more than 1048576 bytes"),
        (lambda *_: (302, [], b""), "neither a redirect nor a form"),
    ],
)
def test_a_server_that_leads_nowhere_says_so(answering, why):
    assert why in refusal(answering)


def test_what_a_page_without_a_form_says_is_the_evidence_without_its_markup():
    text = b"<title>Oops</title><style>p {}</style><h1>Closed</h1><p>until <b>noon</b>\x1b[31m</p>"
    assert refused(lambda *_: (500, [], text)).evidence == ("it says: Closed until noon",)


def test_a_client_that_a_page_calls_unknown_is():
    failure = refused(lambda *_: (400, [], b'{"error":"invalid_client"}'), "client_unknown")
    assert failure.evidence[1] == 'it says: {"error":"invalid_client"}'
    refused(lambda *_: (400, [], b"<p>invalid_scope</p>"))
    refused(lambda *_: (200, [], b"<p>invalid_client</p>"))


def test_a_long_page_is_cut():
    assert len(page_text("<p>" + "x" * 5000)) <= LONGEST_QUOTED


def test_the_form_that_asks_for_a_decision_is_found_among_others():
    text = (
        "<form action=/search><input type=hidden name=q value=1></form><input type=hidden name=stray value=1>"
        "<form action=sub/decide method=POST><input type=HIDDEN name=a value='1'>"
        "<input type=hidden name=decision value=x>"
        "<input type=hidden name=a value=2><input type=hidden name=empty></form>"
    )
    found = consent_form(text, "http://127.0.0.1:1/x/authorize?a=b")
    assert found == Form(
        "http://127.0.0.1:1/x/sub/decide", "POST", (("a", "1"), ("a", "2"), ("empty", "")), decides=True
    )


def test_a_form_without_an_action_is_sent_where_it_stands():
    assert consent_form("<form></form>", "http://127.0.0.1:1/x?a=b").action == "http://127.0.0.1:1/x?a=b"


def test_where_the_script_landed_shows_no_code():
    landing, _, _ = played(agrees)
    assert "given-code" in landing.url
    assert "given-code" not in repr(landing)

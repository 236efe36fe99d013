"""Requests to servers that misbehave: every end is an answer with its failure, and nothing is ever raised."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mcp_magics.auth import conversation
from mcp_magics.auth.conversation import MAX_BODY, MAX_REDIRECTS, HttpConversation
from mcp_magics.auth.message import Ask
from mcp_magics.wire.http import http_client
from mcp_magics.wire.journal import Journal


class Peer:
    """A server whose whole answer a test writes; ``seen`` are the requests as they came."""

    def __init__(self, respond):
        self.seen = []
        self.origin = ""
        self._respond = respond

    async def serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = [line[15:] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
            body = await reader.readexactly(int(length[0])) if length else b""
            self.seen.append((head, body))
            await self._respond(self, head.split(" ")[1], writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away: what it does with endless answers
        finally:
            writer.close()


@asynccontextmanager
async def peer(respond, tls=None):
    this = Peer(respond)
    server = await asyncio.start_server(this.serve, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    this.origin = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield this


def raw(status, *headers, body=b""):
    lines = [f"HTTP/1.1 {status} x", *headers, "connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def writes(*pieces):
    async def respond(_peer, _target, writer):
        for piece in pieces:
            writer.write(piece)

    return respond


def sent(respond, ask="/", *, server_url=None, timeout=5.0, tls=None):
    """The answer to ``ask`` (a path, an address, or a request) and the peer that gave it."""

    async def main():
        async with peer(respond, tls) as this, http_client("shop", Journal()) as client:
            talk = HttpConversation("shop", server_url or f"{this.origin}/mcp", client, timeout)
            if not isinstance(ask, str):
                return await talk.send(ask(this)), this
            url = this.origin + ask if ask.startswith("/") else ask
            return await talk.send(Ask("GET", url)), this

    return asyncio.run(main())


def failed(respond, class_, ask="/", **options):
    answer, this = sent(respond, ask, **options)
    assert answer.failure is not None, answer
    assert (answer.failure.class_, answer.failure.server) == (class_, "shop")
    return answer, this


# --- what is sent, what comes back -------------------------------------------------------------------------------


def test_an_answer_is_whole_its_headers_in_lower_case_and_joined_where_they_came_twice():
    response = raw(401, "WWW-Authenticate: Basic", "WWW-Authenticate: Bearer", "X-A: 1", body=b'{"a": 1}')
    answer, this = sent(writes(response))
    assert (answer.status, answer.ok, answer.document, answer.failure) == (401, False, {"a": 1}, None)
    assert (answer.headers["www-authenticate"], answer.headers["x-a"]) == ("Basic, Bearer", "1")
    assert answer.elapsed > 0
    assert "accept: application/json" in this.seen[0][0].lower()


def test_a_form_is_urlencoded_and_a_body_is_json_rfc6749_b():
    form = (("a", "1 &é"), ("a", "2"))
    _, this = sent(writes(raw(200)), lambda this: Ask("POST", this.origin, form=form))
    assert "content-type: application/x-www-form-urlencoded" in this.seen[0][0].lower()
    assert this.seen[0][1] == b"a=1+%26%C3%A9&a=2"
    _, this = sent(writes(raw(200)), lambda this: Ask("POST", this.origin, body={"é": 1}))
    assert "content-type: application/json" in this.seen[0][0].lower()
    assert json.loads(this.seen[0][1]) == {"é": 1}


def test_a_stream_of_events_is_not_waited_for():
    async def endless(_peer, _target, writer):
        writer.write(raw(200, "content-type: text/event-stream; charset=utf-8"))
        await writer.drain()
        while not writer.is_closing():
            writer.write(b": more\n")
            await writer.drain()

    answer, _ = sent(endless)
    assert (answer.status, answer.body, answer.failure) == (200, b"", None)


# --- too much, too slow, nobody ----------------------------------------------------------------------------------


def test_ten_megabytes_are_cut_at_the_bound_and_the_answer_says_so():
    answer, _ = failed(writes(raw(200, f"content-length: {10 << 20}"), *[b"x" * (1 << 20)] * 10), "too_large")
    assert len(answer.body) == MAX_BODY
    assert "1,048,576 bytes" in answer.failure.message


def test_a_body_of_just_the_bound_is_whole():
    answer, _ = sent(writes(raw(200, body=b"x" * MAX_BODY)))
    assert (len(answer.body), answer.failure) == (MAX_BODY, None)


def test_a_body_without_end_is_left():
    async def endless(_peer, _target, writer):
        writer.write(raw(200, "transfer-encoding: chunked"))
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()

    failed(endless, "too_large")


def test_a_body_that_unpacks_into_a_thousand_times_its_size_is_left_at_the_bound():
    packed = gzip.compress(b"\0" * (64 << 20))
    answer, _ = failed(writes(raw(200, "content-encoding: gzip", body=packed)), "too_large")
    assert len(answer.body) == MAX_BODY
    twice = gzip.compress(packed)
    answer, _ = sent(writes(raw(200, "content-encoding: gzip, gzip", body=twice)))
    assert answer.failure.class_ == "too_large"


def test_a_server_that_does_not_answer_in_time_is_told_as_that_and_may_be_asked_again():
    async def silent(_peer, _target, writer):
        await asyncio.wait_for(writer.wait_closed(), 20)

    answer, _ = failed(silent, "no_response", timeout=0.05)
    assert "0.05 s" in answer.failure.message
    assert answer.failure.retryable
    assert answer.status is None


def test_a_body_that_drips_is_under_the_same_clock():
    async def drips(_peer, _target, writer):
        writer.write(raw(200, "content-length: 1000", body=b"x"))
        await writer.drain()
        await asyncio.wait_for(writer.wait_closed(), 20)

    failed(drips, "no_response", timeout=0.05)


def test_a_port_where_nobody_listens_is_a_refused_connection():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer, _ = sent(writes(raw(200)), f"http://127.0.0.1:{port}/")
    assert answer.status is None
    assert answer.failure.class_ == "connection_refused"


def test_a_certificate_nobody_here_trusts_is_named_as_what_is_wrong():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    _, this = failed(writes(raw(200)), "tls_untrusted", tls=context)
    assert this.seen == []


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\r\n\r\n", b"hello\r\n\r\n", b"HTTP/9.9 x\r\n\r\n", b"\x16\x03\x01" * 9, b"HTTP/1.1 200 x\r\na" * 99],
)
def test_what_is_no_http_is_a_failure_with_a_class(garbage):
    answer, _ = sent(writes(garbage))
    assert answer.status is None
    assert answer.failure.class_


@given(st.binary(max_size=200))
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_of_a_server_make_it_raise(garbage):
    answer, _ = sent(writes(b"HTTP/1.1 200 x\r\nconnection: close\r\n" + garbage), timeout=2.0)
    assert answer.failure is not None or answer.status == 200


def test_a_body_in_no_known_encoding_is_kept_as_bytes_and_is_no_document():
    answer, _ = sent(writes(raw(200, "content-type: application/json; charset=nonsense", body=b"\xff\xfe\xe9")))
    assert (answer.body, answer.document) == (b"\xff\xfe\xe9", None)


def test_headers_beyond_ascii_do_no_harm():
    answer, _ = sent(writes(raw(200, "x-name: caf\xe9", "www-authenticate: Bearer realm=\xff")))
    assert answer.status == 200
    assert answer.headers["x-name"] == "caf\xe9"


# --- redirects ---------------------------------------------------------------------------------------------------


def test_a_redirect_within_the_origin_is_followed_and_a_get_stays_one():
    async def moved(_peer, target, writer):
        writer.write(raw(307, "location: /there") if target == "/" else raw(200, body=b"{}"))

    answer, this = sent(moved)
    assert (answer.status, answer.url) == (200, f"{this.origin}/there")
    assert len(this.seen) == 2


@pytest.mark.parametrize(
    "location", ["https://other.example/x", "http://127.0.0.1:1/x", "http://user:pw@{here}/", "//e/"]
)
def test_a_redirect_off_the_origin_is_not_followed_and_is_the_answer(location):
    async def away(this, _target, writer):
        writer.write(raw(302, f"location: {location.format(here=this.origin.removeprefix('http://'))}"))

    answer, this = sent(away)
    assert (answer.status, answer.failure, len(this.seen)) == (302, None, 1)


@pytest.mark.parametrize("count", [MAX_REDIRECTS, MAX_REDIRECTS + 1])
def test_as_many_redirects_as_allowed_are_followed_and_not_one_more(count):
    async def stairs(_peer, target, writer):
        step = int(target[1:] or 0)
        writer.write(raw(200) if step == count else raw(302, f"location: /{step + 1}"))

    answer, this = sent(stairs)
    assert len(this.seen) == MAX_REDIRECTS + 1
    assert (answer.failure.class_ if answer.failure else answer.status) == (
        200 if count == MAX_REDIRECTS else "redirected"
    )


def test_a_redirect_to_itself_ends():
    answer, _ = failed(writes(raw(302, "location: /")), "redirected")
    assert "without end" in answer.failure.message


def test_no_post_is_ever_sent_a_second_time_by_a_redirect():
    for status in (301, 302, 303, 307, 308):
        answer, this = sent(
            writes(raw(status, "location: /there")), lambda this: Ask("POST", this.origin, form=(("code", "x"),))
        )
        assert (answer.status, len(this.seen)) == (status, 1)


def test_a_location_that_cannot_be_read_is_a_failure_or_the_answer_itself():
    for location in ("http://[bad", "http://h:99999999/", "http://\xff/", "https://" + "a" * 70 + "/"):
        answer, this = sent(writes(raw(302, f"location: {location}")))
        assert answer.failure is not None or answer.status == 302
        assert len(this.seen) == 1


# --- addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://[bad",
        "http://",
        "",
        "nowhere",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "http://2852039166/latest",
        "http://0xa9fea9fe/latest",
        "http://0251.0376.0251.0376/latest",
        "http://[::ffff:169.254.169.254]/",
        "http://\uff11\uff16\uff19.254.169.254/",
        "http://user:pw@127.0.0.1/",
        "http://h:99999/",
        "https://" + "a" * 70 + ".example/",
        "https://\ud800/",
        "https://h/\ud800",
        "http://a\x00b/",
    ],
)
def test_an_address_nothing_should_be_asked_at_is_not_asked(url):
    answer, this = failed(writes(raw(200)), "address_refused", url)
    assert this.seen == []
    assert answer.status is None
    assert "pw" not in answer.failure.message


def resolving(monkeypatch, **names):
    """Names resolve as given; all others as they do."""
    loop_class = asyncio.BaseEventLoop
    real = loop_class.getaddrinfo

    async def getaddrinfo(self, host, port, **options):
        if host in names:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (names[host], port or 0))]
        return await real(self, host, port, **options)

    monkeypatch.setattr(loop_class, "getaddrinfo", getaddrinfo)


def test_a_name_that_resolves_to_a_metadata_address_is_refused(monkeypatch):
    resolving(monkeypatch, **{"as.example.com": "169.254.169.254"})
    answer, _ = failed(writes(raw(200)), "address_refused", "https://as.example.com/")
    assert "169.254.169.254" in answer.failure.message


def test_a_name_that_resolves_to_this_machine_is_refused_for_a_server_that_is_elsewhere(monkeypatch):
    resolving(monkeypatch, **{"as.example.com": "127.0.0.1", "mcp.example.com": "203.0.113.7"})
    away = "https://mcp.example.com/mcp"
    answer, _ = failed(writes(raw(200)), "address_refused", "https://as.example.com/", server_url=away)
    assert "this machine" in answer.failure.message


def test_a_name_that_resolves_to_this_machine_is_fine_for_a_server_that_does_so_too(monkeypatch):
    resolving(monkeypatch, **{"as.example.com": "127.0.0.1", "mcp.example.com": "127.0.0.1"})
    here = "https://mcp.example.com/mcp"
    answer, _ = sent(writes(raw(200)), "https://as.example.com:1/", server_url=here)
    assert answer.failure.class_ == "connection_refused"


def test_a_public_server_cannot_have_a_loopback_address_asked():
    _, this = failed(writes(raw(200)), "address_refused", server_url="https://mcp.example.com/mcp")
    assert this.seen == []


def test_a_header_that_cannot_be_sent_is_a_failure():
    headers = (("x-name", "a\r\nb: c"), ("x-other", "\u2603"))
    for header in headers:
        answer, this = sent(writes(raw(200)), lambda this, header=header: Ask("GET", this.origin, (header,)))
        assert answer.failure is not None
        assert this.seen == []


def test_the_discovery_waits_no_longer_than_five_seconds_an_exchange():
    assert conversation.TIMEOUT == 5.0

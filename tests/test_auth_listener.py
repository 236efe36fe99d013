"""The callback listener on real sockets: what it takes, what it refuses, what the browser reads, what is left of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import threading
import tracemalloc
from contextlib import asynccontextmanager

import pytest

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.callback import Callback, denial, parse_callback
from mcp_magics.auth.listener import open_listener
from mcp_magics.auth.pages import Failed, Succeeded
from mcp_magics.auth.request_head import Limits
from mcp_magics.errors import ConfigurationError, MCPMagicsError
from mcp_magics.redact import redactor

STATE = "state-of-this-login-1"
PATH = "/callback/F8DUhpXlxJwR"
QUICK = Limits(head_seconds=0.3, linger_seconds=0.2, hold_seconds=0.2, write_seconds=0.5)


class Login:
    """A listener that expects :data:`STATE`, and a browser to visit it with."""

    def __init__(self, listener):
        self.listener = listener
        self.arrival = Arrival(STATE, f"http://127.0.0.1:{listener.port}{PATH}")
        listener.expect(self.arrival)

    async def get(self, target, method="GET", headers=""):
        """The whole answer to one request, as text."""
        return await self.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())

    async def send(self, data):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        try:
            writer.write(data)
            return (await reader.read()).decode()
        finally:
            writer.close()

    def hit(self, query):
        """A visit under way."""
        return asyncio.ensure_future(self.get(f"{PATH}?{query}"))


@asynccontextmanager
async def login(limits=None):
    async with await open_listener("docs", [PATH], limits=limits) as listener:
        yield Login(listener)


def with_login(use, limits=None):
    """Run ``use`` with a fresh login, in a loop that has nothing to complain of; what it returned."""
    complaints = []

    async def run():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with login(limits) as this, asyncio.timeout(30):
            return await use(this)

    returned = asyncio.run(run())
    assert complaints == []
    return returned


def status_of(answer):
    return int(answer.split(" ", 2)[1])


# What a callback is


def test_a_callback_is_read_from_its_query_and_other_parameters_are_ignored():
    read = parse_callback("code=a%2Fb&state=s+1&iss=https%3A%2F%2Fas.example&session_state=x&session_state=y")
    assert read == Callback("a/b", "s 1", "https://as.example")


def test_an_error_and_its_description_are_decoded():
    read = parse_callback("error=access_denied&error_description=a%20b&error_uri=https%3A%2F%2Fe.example&state=s")
    assert (read.error, read.error_description, read.error_uri) == ("access_denied", "a b", "https://e.example")


@pytest.mark.parametrize("query", ["code=a&code=a&state=s", "code=a&state=s&state=t", "iss=a&iss=b", "error=&error=x"])
def test_a_parameter_that_comes_twice_is_refused(query):
    with pytest.raises(MCPMagicsError, match="comes twice") as caught:
        parse_callback(query)
    assert caught.value.failure.class_ == "callback_invalid"


def test_a_query_of_many_parameters_is_refused():
    with pytest.raises(MCPMagicsError, match="more than 100"):
        parse_callback("a=b&" * 200)


@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        (f"code=a&state={STATE}", True),
        (f"error=x&state={STATE}", True),
        ("code=a&state=other", False),
        ("code=a&state=", False),
        ("code=a", False),
        ("code=a&state=%ff%00", False),
        (f"code=a&state={STATE}x", False),
    ],
)
def test_only_the_state_that_was_sent_is_accepted(query, accepted):
    assert parse_callback(query).accepts(STATE) is accepted


def test_no_state_never_accepts_no_state():
    assert not parse_callback("code=a&state=").accepts("")


def test_a_repr_shows_neither_code_nor_state():
    shown = repr(Callback("the-code-1", "the-state-1", "https://as.example"))
    assert "the-code-1" not in shown
    assert "the-state-1" not in shown
    assert "as.example" in shown


def test_a_denial_is_a_failure_with_the_servers_decoded_words():
    said = Callback(error="access_denied", error_description="a b", error_uri="https://as.example/why")
    failure = denial(said, "docs")
    assert (failure.class_, failure.message) == ("access_denied", "OAuth error: access_denied: a b")
    assert failure.evidence == ("more: https://as.example/why",)
    assert failure.next_step == "%mcp login docs"


def test_another_error_is_not_said_to_be_a_denial():
    assert denial(Callback(error="server_error"), "docs").class_ == "authorization_failed"


# The happy way


def test_the_browser_waits_until_the_token_has_arrived():
    async def use(this):
        browser = this.hit(f"code=the-code-22&state={STATE}&iss=https://as.example")
        callback = await this.arrival.wait()
        assert (callback.code, callback.iss) == ("the-code-22", "https://as.example")
        assert not browser.done()
        await this.listener.finish(Succeeded("docs"))
        answer = await browser
        assert status_of(answer) == 200
        assert "Authentication complete" in answer
        assert "You may close this window" in answer

    with_login(use)


def test_a_failed_exchange_is_told_in_the_browser_escaped_and_redacted():
    redactor().register("hunter2-secret")

    async def use(this):
        browser = this.hit(f"code=abcdefgh&state={STATE}")
        await this.arrival.wait()
        await this.listener.finish(Failed("the endpoint said <b>no</b> to hunter2-secret"))
        answer = await browser
        assert status_of(answer) == 400
        assert "Authentication complete" not in answer
        assert "&lt;b&gt;no&lt;/b&gt; to &lt;secret-" in answer
        assert "hunter2" not in answer

    with_login(use)


def test_a_failure_without_words_still_says_something():
    async def use(this):
        browser = this.hit(f"code=abcdefgh&state={STATE}")
        await this.arrival.wait()
        await this.listener.finish(Failed(""))
        assert "the reason is not known" in await browser

    with_login(use)


def test_a_browser_that_waited_long_is_told_that_the_exchange_goes_on():
    async def use(this):
        answer = await this.hit(f"code=abcdefgh&state={STATE}")
        assert status_of(answer) == 202
        assert "still being exchanged" in answer
        assert "complete" not in answer

    with_login(use, QUICK)


def test_a_listener_that_is_closed_tells_the_waiting_browser_that_the_login_ended():
    async def use(this):
        browser = this.hit(f"code=abcdefgh&state={STATE}")
        await this.arrival.wait()
        await this.listener.close()
        assert "the login ended before the code was exchanged" in await browser

    with_login(use)


def test_a_cancelled_login_leaves_no_listener():
    async def run():
        reached = asyncio.Event()
        ports = []

        async def wait_for_ever():
            async with login() as this:
                ports.append(this.listener.port)
                reached.set()
                await this.arrival.wait()

        task = asyncio.create_task(wait_for_ever())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", ports[0])

    asyncio.run(run())


def test_closing_twice_is_closing():
    async def use(this):
        await this.listener.close()
        await this.listener.finish(Succeeded("docs"))

    with_login(use)


def test_code_and_state_are_secrets_once_taken():
    async def use(this):
        browser = this.hit(f"code=a-code-to-be-known&state={STATE}")
        await this.arrival.wait()
        await this.listener.finish(Succeeded("docs"))
        await browser

    with_login(use)
    assert "a-code-to-be-known" not in redactor().text("a-code-to-be-known")


# Errors of the authorization server


def test_an_error_ends_the_wait_at_once_and_is_shown_decoded():
    async def use(this):
        answer = await this.hit(f"error=access_denied&error_description=a%20b&state={STATE}")
        assert status_of(answer) == 400
        assert "OAuth error: access_denied" in answer
        assert "<p>a b</p>" in answer
        assert (await this.arrival.wait()).error == "access_denied"

    with_login(use)


def test_an_error_of_a_stranger_does_not_end_the_login():
    async def use(this):
        for query in ("error=access_denied", "error=access_denied&state=", "error=access_denied&state=guess"):
            answer = await this.hit(query)
            assert status_of(answer) == 400
            assert "access_denied" not in answer
        assert not this.arrival.settled
        assert this.listener.rejected == 3

    with_login(use)


def test_an_errors_words_are_escaped_and_cleaned():
    async def use(this):
        words = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AE"
        answer = await this.hit(f"error=%3Cimg+src%3Dx%3E&error_description={words}&state={STATE}")
        page = answer.partition("\r\n\r\n")[2]
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page
        assert "⟨U+202E⟩" in page

    with_login(use)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://as.example/why", True),
        ("http://as.example/why", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("mailto:a@b.example", False),
        ('https://x"onclick=', False),
    ],
)
def test_an_error_uri_is_text_and_only_of_the_web(uri, shown):
    async def use(this):
        from urllib.parse import quote

        page = await this.hit(f"error=e&error_uri={quote(uri, safe='')}&state={STATE}")
        assert (f"More: {uri}" in page) is shown
        assert "href" not in page
        assert "alert" not in page

    with_login(use)


def test_an_answer_with_both_code_and_error_is_an_error():
    async def use(this):
        assert "OAuth error" in await this.hit(f"code=abcdefgh&error=e&state={STATE}")

    with_login(use)


# What is refused while the wait goes on


async def succeeds(this):
    """That a real callback is still taken."""
    browser = this.hit(f"code=the-real-one&state={STATE}")
    assert (await this.arrival.wait()).code == "the-real-one"
    await this.listener.finish(Succeeded("docs"))
    assert status_of(await browser) == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 404),
        ("/callback", 404),
        (f"{PATH}/", 404),
        (f"/{PATH}", 404),
        ("/favicon.ico", 404),
        (PATH.replace("F", "%46"), 404),
        (PATH, 400),
        (f"{PATH}?", 400),
        (f"{PATH}?code=a", 400),
        (f"{PATH}?state={STATE}", 400),
        (f"{PATH}?code=&state={STATE}", 400),
        (f"{PATH}?code=a&code=b&state={STATE}", 400),
        (f"http://127.0.0.1{PATH}?code=a&state={STATE}", 400),
        ("*", 400),
    ],
)
def test_a_request_that_is_no_callback_is_refused_and_the_wait_goes_on(target, status):
    async def use(this):
        assert status_of(await this.get(target)) == status
        assert not this.arrival.settled
        await succeeds(this)

    with_login(use)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_ends_a_login(method):
    async def use(this):
        answer = await this.get(f"{PATH}?code=a&state={STATE}", method)
        assert status_of(answer) == 405
        assert "\r\nAllow: GET\r\n" in answer
        assert bool(answer.partition("\r\n\r\n")[2]) is (method != "HEAD")
        await succeeds(this)

    with_login(use)


def test_before_a_login_expects_anything_every_callback_is_refused():
    async def run():
        async with await open_listener("docs", [PATH]) as listener:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(f"GET {PATH}?code=a&state= HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert b"No login is under way" in await reader.read()
            writer.close()

    asyncio.run(run())


def test_a_second_callback_is_told_that_the_first_was_taken():
    async def use(this):
        first = this.hit(f"code=the-first-one&state={STATE}")
        assert (await this.arrival.wait()).code == "the-first-one"
        second = await this.hit(f"code=another-one&state={STATE}")
        assert status_of(second) == 409
        assert "Already used" in second
        assert not first.done()
        await this.listener.finish(Succeeded("docs"))
        assert status_of(await first) == 200

    with_login(use)


def test_of_many_callbacks_at_once_exactly_one_is_taken():
    async def use(this):
        hits = [this.hit(f"code=racing-{n}&state={STATE}") for n in range(20)]
        taken = await this.arrival.wait()
        done, held = set(), set(hits)
        while len(done) < 19:
            more, held = await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        assert {status_of(each.result()) for each in done} == {409}
        await this.listener.finish(Succeeded("docs"))
        (last,) = held
        assert status_of(await last) == 200
        assert hits[int(taken.code.removeprefix("racing-"))] is last

    with_login(use)


def test_a_thousand_wrong_states_change_nothing_and_leave_no_memory():
    async def use(this):
        async def guess(first, count):
            for number in range(first, first + count):
                assert status_of(await this.hit(f"code=guess-{number}&state=wrong-{number}")) == 400

        await guess(0, 50)
        tracemalloc.start()
        try:
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            await asyncio.gather(*(guess(number * 100, 100) for number in range(10)))
            gc.collect()  # tasks and their transports are cycles
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert grown < 64 * 1024
        assert this.listener.rejected == 1050
        assert redactor().text("guess-77") == "guess-77"
        await succeeds(this)

    with_login(use)


# Too large, too slow, too many


def test_a_callback_of_five_megabytes_is_refused_unread():
    async def use(this):
        answer = await this.get(f"{PATH}?code={'a' * 5_000_000}&state={STATE}")
        assert status_of(answer) == 414
        await succeeds(this)

    with_login(use)


def test_a_body_of_five_megabytes_is_not_kept():
    async def use(this):
        headers = "Content-Length: 5000000\r\n"
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()
        tracemalloc.start()
        try:
            body = b"a" * 5_000_000
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            answer = await this.send(head)
            assert status_of(answer) == 405
            assert status_of(await this.send(head + body)) == 405
            grown = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        assert grown < 11_000_000  # the request joined here, and its way out; nothing of it inside
        await succeeds(this)

    with_login(use, Limits(linger_seconds=0.2))


def test_headers_above_the_bound_are_refused():
    async def use(this):
        answer = await this.get(f"{PATH}?code=a&state={STATE}", headers=f"X-Long: {'a' * 100_000}\r\n")
        assert status_of(answer) == 431
        await succeeds(this)

    with_login(use)


def test_cookies_of_twenty_kilobytes_are_let_through():
    async def use(this):
        headers = f"Cookie: {'a' * 20_000}\r\n"
        assert status_of(await this.get("/elsewhere", headers=headers)) == 404

    with_login(use)


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"hello\r\n\r\n", b"GET\r\n\r\n"]
)
def test_what_is_no_http_is_refused(data):
    async def use(this):
        assert status_of(await this.send(data)) == 400
        await succeeds(this)

    with_login(use)


def test_a_request_that_never_ends_is_ended():
    async def use(this):
        reader, writer = await asyncio.open_connection("127.0.0.1", this.listener.port)
        writer.write(b"GET / HTTP/1.1\r\nX-Slow:")
        assert status_of((await reader.read()).decode()) == 408
        writer.close()
        await succeeds(this)

    with_login(use, Limits(head_seconds=0.2, linger_seconds=0.1))


def test_a_crowd_of_silent_connections_does_not_keep_the_callback_out():
    async def use(this):
        crowd = [await asyncio.open_connection("127.0.0.1", this.listener.port) for _ in range(12)]
        await succeeds(this)
        for _, writer in crowd:
            writer.close()

    with_login(use, Limits(open=4, head_seconds=30))


def test_the_oldest_of_too_many_connections_makes_way_and_the_held_browser_does_not():
    async def use(this):
        browser = this.hit(f"code=abcdefgh&state={STATE}")
        await this.arrival.wait()
        silent = [await asyncio.open_connection("127.0.0.1", this.listener.port) for _ in range(5)]
        assert await silent[0][0].read() == b""
        await this.listener.finish(Succeeded("docs"))
        assert status_of(await browser) == 200
        for _, writer in silent:
            writer.close()

    with_login(use, Limits(open=4, head_seconds=30))


def test_connections_without_a_request_end_with_the_listener():
    async def use(this):
        reader, writer = await asyncio.open_connection("127.0.0.1", this.listener.port)
        await this.get("/elsewhere")  # both connections have been accepted now
        await this.listener.close()
        assert await reader.read() == b""
        writer.close()

    with_login(use)


# Headers, pages, logs


def test_every_answer_forbids_referrers_caches_scripts_and_sniffing():
    async def use(this):
        for target in ("/", f"{PATH}?code=a", f"{PATH}?error=e&state={STATE}"):
            head = (await this.get(target)).partition("\r\n\r\n")[0].lower()
            assert "\r\nreferrer-policy: no-referrer" in head
            assert "\r\ncache-control: no-store" in head
            assert "\r\ncontent-security-policy: default-src 'none'; style-src 'unsafe-inline'" in head
            assert "\r\nx-content-type-options: nosniff" in head
            assert "\r\ncontent-type: text/html; charset=utf-8" in head
            assert "access-control-allow-origin" not in head

    with_login(use)


def test_a_page_has_no_script_no_link_and_nothing_from_outside():
    async def use(this):
        page = (await this.get("/")).partition("\r\n\r\n")[2]
        assert page.startswith("<!doctype html>")
        assert "prefers-color-scheme:dark" in page
        assert [word for word in ("<script", "href", "src=", "url(", "http:", "https:") if word in page] == []

    with_login(use)


def test_nothing_of_a_request_is_logged(caplog):
    caplog.set_level(logging.DEBUG)

    async def use(this):
        await this.get(f"{PATH}?code=logged-code&state=x", headers="Cookie: _xsrf=jupyter-cookie\r\n")
        await succeeds(this)

    with_login(use)
    assert "logged-code" not in caplog.text
    assert "jupyter-cookie" not in caplog.text


def test_the_probe_answers_without_a_body_on_a_path_nobody_can_guess():
    async def use(this):
        answer = await this.get(this.listener.probe_path)
        assert status_of(answer) == 204
        assert answer.endswith("\r\n\r\n")
        assert status_of(await this.get("/ping")) == 404
        assert len(this.listener.probe_path) > 16
        assert this.listener.rejected == 0

    with_login(use)


# The port


def opened(**options):
    """Open and close a listener; its port and warnings."""

    async def run():
        async with await open_listener("docs", [PATH], **options) as listener:
            return listener.port, listener.warnings

    return asyncio.run(run())


def test_a_port_of_a_login_before_can_be_had_again():
    async def use(this):
        await succeeds(this)
        return this.listener.port

    port = with_login(use)
    assert opened(port=port)[0] == port


def test_a_busy_port_names_the_port_and_the_key():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(MCPMagicsError) as caught:
            opened(port=port)
    failure = caught.value.failure
    assert failure.class_ == "callback_port_busy"
    assert str(port) in failure.message
    assert "--callback-port" in failure.message
    assert "oauth.callback_port" in failure.message
    assert "%mcp login docs --callback-port" in failure.next_step


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


# The race of listener and paste


def test_a_paste_from_another_thread_ends_the_wait_and_the_listener_takes_no_more():
    async def use(this):
        told = []
        pasted = f"http://127.0.0.1:{this.listener.port}{PATH}?code=pasted-code&state={STATE}"
        thread = threading.Thread(target=lambda: told.append(this.arrival.paste(pasted)))
        thread.start()
        assert (await this.arrival.wait()).code == "pasted-code"
        await asyncio.to_thread(thread.join)
        assert told == [None]
        assert status_of(await this.hit(f"code=late-code&state={STATE}")) == 409

    with_login(use)


def test_a_paste_after_the_browser_came_is_told_so():
    async def use(this):
        browser = this.hit(f"code=the-first-one&state={STATE}")
        await this.arrival.wait()
        assert "has its answer already" in this.arrival.paste(f"code=a&state={STATE}")
        await this.listener.finish(Succeeded("docs"))
        await browser

    with_login(use)


def test_a_wrong_paste_is_told_and_the_wait_goes_on():
    async def use(this):
        said = this.arrival.paste("code=secret-of-mine&state=another-state")
        assert "another login" in said
        assert "secret-of-mine" not in said
        await succeeds(this)

    with_login(use)


def test_after_a_wait_was_given_up_nothing_is_taken():
    async def use(this):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(this.arrival.wait(), 0.01)
        assert "has ended" in this.arrival.paste(f"code=abcdefgh&state={STATE}")
        assert status_of(await this.hit(f"code=abcdefgh&state={STATE}")) == 409

    with_login(use)


def test_a_paste_into_a_loop_that_is_gone_is_told_that_the_login_has_ended():
    async def make():
        return Arrival(STATE, "http://127.0.0.1:1/callback")

    arrival = asyncio.run(make())
    assert "has ended" in arrival.paste(f"code=abcdefgh&state={STATE}")


def test_a_login_without_state_is_not_begun():
    async def make():
        with pytest.raises(ValueError, match="state"):
            Arrival("", "http://127.0.0.1:1/callback")

    asyncio.run(make())

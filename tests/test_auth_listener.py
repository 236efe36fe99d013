"""The callback listener on real sockets: what it takes, what it refuses, and what the browser reads."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from support.login import PATH, STATE, login, status_of, with_login

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.flow.state import FlowSettings
from mcp_magics.auth.listener import open_listener
from mcp_magics.auth.login import BrowserHop, LoginOrder
from mcp_magics.auth.message import Ask
from mcp_magics.auth.pages import Failed, Succeeded
from mcp_magics.auth.redirect import CallbackOptions, Redirect
from mcp_magics.auth.request_head import Limits
from mcp_magics.auth.surroundings import Surroundings
from mcp_magics.redact import redactor

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

    with_login(use, Limits(hold_seconds=0.2))


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


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 400),
        ("/callback", 400),
        (f"{PATH}/", 400),
        (f"/{PATH}", 400),
        ("/favicon.ico", 400),
        (PATH.replace("F", "%46"), 400),
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
        await this.succeeds()

    with_login(use)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_ends_a_login(method):
    async def use(this):
        answer = await this.get(f"{PATH}?code=a&state={STATE}", method)
        assert status_of(answer) == 405
        assert "\r\nAllow: GET\r\n" in answer
        assert bool(answer.partition("\r\n\r\n")[2]) is (method != "HEAD")
        await this.succeeds()

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


def test_another_attempt_of_the_same_login_takes_only_its_own_state():
    async def use(this):
        refused = await this.hit(f"error=invalid_scope&state={STATE}")
        assert "OAuth error: invalid_scope" in refused
        assert (await this.arrival.wait()).error == "invalid_scope"
        again = Arrival("state-of-the-second-attempt", "http://127.0.0.1/")
        this.listener.expect(again)
        assert "Not for this login" in await this.hit(f"code=abcdefgh&state={STATE}")
        browser = this.hit("code=second-code&state=state-of-the-second-attempt")
        assert (await again.wait()).code == "second-code"
        await this.listener.finish(Succeeded("docs"))
        assert status_of(await browser) == 200

    with_login(use)


def test_a_browser_whose_code_was_refused_does_not_wait_for_the_attempt_that_follows():
    async def use(this):
        settings = FlowSettings("docs", "http://127.0.0.1/mcp", lambda: "drawn")
        order = LoginOrder(settings, CallbackOptions(), Surroundings("local", "here"))
        redirect = Redirect("http://127.0.0.1/", "loopback")
        hop = BrowserHop(order, this.listener, redirect, (), httpx2.AsyncClient(), Unwatched())
        for state in ("state-of-the-first-one", "state-of-the-second-one"):
            waiting = asyncio.ensure_future(hop.visit(Ask("GET", "https://as.example/authorize"), state))
            await asyncio.sleep(0)
            browser = this.hit(f"code=abcdefgh&state={state}")
            assert (await waiting).code == "abcdefgh"
            assert not browser.done()
            if state == "state-of-the-first-one":
                refused = browser
        assert "Once more" in await refused
        assert status_of(await refused) == 200
        await this.listener.finish(Succeeded("docs"))
        assert "Authentication complete" in await browser

    with_login(use)


class Unwatched:
    def stepped(self, step): ...

    def linked(self, link): ...


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

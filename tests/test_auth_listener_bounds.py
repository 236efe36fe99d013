"""What strangers may cost the callback listener: bytes, seconds, connections; and what no answer or log ever holds."""

from __future__ import annotations

import asyncio
import gc
import logging
import tracemalloc

import pytest
from support.login import PATH, STATE, status_of, with_login

from mcp_magics.auth.pages import Succeeded
from mcp_magics.auth.request_head import Limits
from mcp_magics.redact import redactor


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
        await this.succeeds()

    with_login(use)


def test_a_callback_of_five_megabytes_is_refused_unread():
    async def use(this):
        answer = await this.get(f"{PATH}?code={'a' * 5_000_000}&state={STATE}")
        assert status_of(answer) == 414
        await this.succeeds()

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
        await this.succeeds()

    with_login(use, Limits(linger_seconds=0.2))


def test_headers_above_the_bound_are_refused():
    async def use(this):
        answer = await this.get(f"{PATH}?code=a&state={STATE}", headers=f"X-Long: {'a' * 100_000}\r\n")
        assert status_of(answer) == 431
        await this.succeeds()

    with_login(use)


def test_cookies_of_twenty_kilobytes_are_let_through():
    async def use(this):
        headers = f"Cookie: {'a' * 20_000}\r\n"
        assert status_of(await this.get("/elsewhere", headers=headers)) == 400

    with_login(use)


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"hello\r\n\r\n", b"GET\r\n\r\n"]
)
def test_what_is_no_http_is_refused(data):
    async def use(this):
        assert status_of(await this.send(data)) == 400
        await this.succeeds()

    with_login(use)


def test_a_request_that_never_ends_is_ended():
    async def use(this):
        reader, writer = await asyncio.open_connection("127.0.0.1", this.listener.port)
        writer.write(b"GET / HTTP/1.1\r\nX-Slow:")
        assert status_of((await reader.read()).decode()) == 408
        writer.close()
        await this.succeeds()

    with_login(use, Limits(head_seconds=0.2, linger_seconds=0.1))


def test_a_crowd_of_silent_connections_does_not_keep_the_callback_out():
    async def use(this):
        crowd = [await asyncio.open_connection("127.0.0.1", this.listener.port) for _ in range(12)]
        await this.succeeds()
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
        await this.succeeds()

    with_login(use)
    assert "logged-code" not in caplog.text
    assert "jupyter-cookie" not in caplog.text


def test_the_probe_answers_without_a_body_on_a_path_nobody_can_guess():
    async def use(this):
        answer = await this.get(this.listener.probe_path)
        assert status_of(answer) == 204
        assert answer.endswith("\r\n\r\n")
        assert status_of(await this.get("/ping")) == 400
        assert len(this.listener.probe_path) > 16
        assert this.listener.rejected == 0

    with_login(use)

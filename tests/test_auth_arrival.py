"""The race of the listener and a person who pastes: one of them ends the wait, once."""

from __future__ import annotations

import asyncio
import threading

import pytest
from support.login import PATH, STATE, status_of, with_login

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.pages import Succeeded


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
        await this.succeeds()

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

"""A login under way: its states from first step to end, read from any thread; cancelled, waited for, failed."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.login import Link
from mcp_magics.connection.login.login_job import LoginJob
from mcp_magics.connection.loop import background
from mcp_magics.errors import ConnectionFailedError

REDIRECT = "http://127.0.0.1:4321/callback/abc"
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def loop(nothing_leaks):
    yield background.loop
    background.stop()


class Gate:
    """Lets work on the background loop go on when a test says so."""

    def __init__(self):
        self.reached = threading.Event()
        self._open = asyncio.Event()

    async def passed(self):
        self.reached.set()
        await self._open.wait()

    def open(self):
        assert self.reached.wait(PATIENCE)
        background.loop.call_soon_threadsafe(self._open.set)


async def link():
    """A link as a login hands it out, on the loop."""
    return Link("https://as.example.com/authorize?state=s-1", REDIRECT, (), Arrival("s-1", REDIRECT), 300)


def begun(work, **options):
    job = LoginJob("shop", **options)
    job.start(work(job))
    return job


def ended(job):
    assert job.job.wait(PATIENCE)
    return job


def failing(error):
    async def work(_job):
        raise error

    return ended(begun(work))


def test_a_login_runs_waits_for_the_browser_and_succeeds():
    gate, states = Gate(), []

    async def work(job):
        job.stepped(SimpleNamespace(decision="the authorization server is X"))
        states.append((job.state, job.line))
        job.linked(await link())
        await gate.passed()
        return ("a note",)

    job = LoginJob("shop")
    job.on_change(lambda: states.append((job.state, job.line)))
    job.start(work(job))
    assert gate.reached.wait(PATIENCE)
    assert (job.state, job.url, job.done, job.ready.done) == ("waiting", job.link.url, False, True)
    assert "job.wait() waits for it" in job._repr_mimebundle_()["text/plain"]
    gate.open()
    assert job.wait(PATIENCE) is job
    assert (job.state, job.line, job.notes, job.error) == ("succeeded", "logged in", ("a note",), None)
    assert list(dict.fromkeys(states)) == [
        ("running", "the authorization server is X"),
        ("waiting", "waiting for the browser to come back"),
        ("succeeded", "logged in"),
    ]


def test_a_login_that_has_its_answer_no_longer_waits():
    gate = Gate()

    async def work(job):
        job.linked(await link())
        assert job.paste(f"{REDIRECT}?code=c-1&state=s-1") is None
        await gate.passed()
        return ()

    job = begun(work)
    assert gate.reached.wait(PATIENCE)
    assert job.state == "running"
    gate.open()
    ended(job)


def test_a_failed_login_raises_what_it_failed_with_each_time_anew():
    failure = ConnectionFailedError("not today", class_="access_denied", phase="login", server="shop")
    job = failing(failure)
    assert (job.state, job.line) == ("failed", "failed: access_denied: not today")
    for _ in range(2):
        with pytest.raises(ConnectionFailedError) as caught:
            job.wait(PATIENCE)
        assert caught.value.failure == failure.failure
        assert caught.value is not failure
    assert job.ready.done
    assert job.url is None


def test_a_fault_of_ours_is_no_cancellation_and_is_raised_as_it_is():
    job = failing(KeyError("oops"))
    assert (job.state, job.line) == ("failed", "failed: KeyError: 'oops'")
    with pytest.raises(KeyError):
        job.wait(PATIENCE)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_cancelled_login_says_so_however_early_it_was_cancelled(at_once):
    gate = Gate()

    async def work(job):
        job.linked(await link())
        await gate.passed()
        return ()

    job = begun(work)
    if not at_once:
        assert gate.reached.wait(PATIENCE)
    job.cancel()
    ended(job)
    assert (job.state, job.line, job.done, job.ready.done) == ("cancelled", "cancelled", True, True)
    with pytest.raises(ConnectionFailedError) as cancelled:
        job.wait(PATIENCE)
    assert (cancelled.value.failure.class_, cancelled.value.failure.phase) == ("cancelled", "login")
    job.cancel()
    assert job.state == "cancelled"


def test_waiting_has_an_end_of_its_own_and_the_login_goes_on():
    gate = Gate()

    async def work(job):
        job.linked(await link())
        await gate.passed()
        return ()

    job = begun(work)
    assert gate.reached.wait(PATIENCE)
    with pytest.raises(TimeoutError, match=r"the login of shop is still waiting after 0\.01 s"):
        job.wait(0.01)
    gate.open()
    assert job.wait(PATIENCE).state == "succeeded"


def test_what_is_pasted_goes_to_the_link_that_waits_and_nowhere_else():
    gate = Gate()

    async def work(job):
        job.linked(await link())
        await gate.passed()
        return ()

    job = LoginJob("shop")
    assert "not waiting" in job.paste(f"{REDIRECT}?code=c&state=s-1")
    job.start(work(job))
    assert gate.reached.wait(PATIENCE)
    assert job.paste("nonsense")
    assert job.paste(f"{REDIRECT}?code=c&state=other")
    assert job.paste(f"{REDIRECT}?code=c&state=s-1") is None
    assert "already" in job.paste(f"{REDIRECT}?code=c&state=s-1")
    gate.open()
    ended(job)
    assert "not waiting" in job.paste(f"{REDIRECT}?code=c&state=s-1")


def test_a_person_is_asked_for_the_address_when_there_is_a_link():
    asked = []

    async def asks(shown):
        asked.append(shown.url)
        shown.arrival.give_up(ConnectionFailedError("nobody", class_="login_unattended"))

    async def work(job):
        job.linked(there := await link())
        await there.arrival.wait()
        return ()

    job = ended(begun(work, asks=asks))
    assert asked == [job.link.url]
    assert job.error.failure.class_ == "login_unattended"


def test_what_a_server_says_is_clean_in_every_face_of_a_login():
    job = failing(ConnectionFailedError("a\x1b[31m<b>\u202e", class_="access_denied"))
    plain, page = job._repr_mimebundle_()["text/plain"], job._repr_mimebundle_()["text/html"]
    assert "\x1b" not in plain + repr(job)
    assert "\u202e" not in plain + repr(job) + page
    assert "<b>" not in page
    assert job.to_json().keys() == {"server", "state", "line", "url"}

"""Questions that stand because nobody looked in time: who may still take them."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from mcp_magics.connection.questions.inbox import Answer, Inbox


@pytest.fixture
def inbox(monkeypatch):
    monkeypatch.setattr("mcp_magics.connection.questions.inbox.GRACE", 0.01)
    mine = Inbox()
    mine.attended = True
    return mine


@contextlib.asynccontextmanager
async def standing(inbox, asker):
    """A question of ``asker`` that nobody took in time, and so stands."""
    told, stands = [], asyncio.Event()

    def tell():
        told.append(1)
        if len(told) == 2:  # once it is asked, once more when it stands
            stands.set()

    inbox.watch(tell)
    question = inbox.question("elicitation", "srv", "which?", asker=asker)
    asking = asyncio.ensure_future(inbox.ask(question))
    await stands.wait()
    yield asking
    for each in inbox.standing():
        inbox.settle(each.number, Answer("cancel"))
    await asking


def test_a_cell_that_was_too_busy_to_look_in_time_takes_its_question_all_the_same(inbox):
    async def asked():
        with inbox.hearing("srv") as mine:
            async with standing(inbox, mine) as asking:
                taken = inbox.take("srv")
                inbox.answer(taken, Answer("accept", {}))
                return taken.message, (await asking).action

    assert asyncio.run(asked()) == ("which?", "accept")


def test_a_job_s_question_that_stands_is_left_to_whoever_looks_at_jobs(inbox):
    async def asked():
        with contextlib.ExitStack() as stack:
            of_a_job = await asyncio.to_thread(stack.enter_context, inbox.hearing("srv"))
            stack.enter_context(inbox.hearing("srv"))
            async with standing(inbox, of_a_job):
                return inbox.take("srv"), len(inbox.standing())

    assert asyncio.run(asked()) == (None, 1)

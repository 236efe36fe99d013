"""What is written to a pipe: in order, whole, in as few writes as may be, and never kept back for long."""

from __future__ import annotations

import asyncio
import fcntl
import os
from threading import Event
from types import SimpleNamespace

import pytest
from support.until import PATIENCE

from mcp_magics.connection.loop import Background
from mcp_magics.wire.batch import Batch, current
from mcp_magics.wire.outbox import Outbox


@pytest.fixture
def background():
    one = Background()
    yield one
    one.stop()


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    yield SimpleNamespace(reading=reading, stdin_fd=writing)
    os.close(reading)
    os.close(writing)


@pytest.fixture
def writes(monkeypatch):
    written = []
    write = os.write

    def counted(fd, data):
        written.append(bytes(data))
        return write(fd, data)

    monkeypatch.setattr("mcp_magics.wire.outbox.os.write", counted)
    return written


def test_nothing_is_locked_while_it_is_told_that_nobody_reads_any_more(background):
    reading, writing = os.pipe()
    os.close(reading)
    told = Event()

    def broken():
        outbox.put(b"another\n", alone=False)
        told.set()

    outbox = Outbox(SimpleNamespace(stdin_fd=writing), background.loop, broken)
    outbox.put(b"one\n", alone=False)
    assert told.wait(PATIENCE)
    os.close(writing)


@pytest.fixture
def outbox(pipe, background):
    return Outbox(pipe, background.loop, lambda: None)


def submit(outbox, batch, *lines):
    current.batch = batch
    try:
        for line in lines:
            outbox.put(line, alone=False)
    finally:
        current.batch = None


def read(pipe, size):
    found = b""
    while len(found) < size:
        found += os.read(pipe.reading, size - len(found))
    return found


def test_what_one_turn_submits_leaves_in_one_write(outbox, pipe, writes, monkeypatch):
    monkeypatch.setattr("mcp_magics.wire.outbox.GUARD_SECONDS", 3600)

    async def turn():
        batch = Batch(asyncio.get_running_loop())
        batch.begin(crowded=True)
        submit(outbox, batch, b"one\n", b"two\n", b"three\n")
        assert writes == []
        batch.end()

    asyncio.run(turn())
    assert writes == [b"one\ntwo\nthree\n"]
    assert read(pipe, 14) == b"one\ntwo\nthree\n"


def test_a_batch_outside_a_turn_leaves_when_the_loop_comes_round(outbox, pipe):
    async def task():
        submit(outbox, Batch(asyncio.get_running_loop()), b"one\n", b"two\n")
        await asyncio.sleep(0)

    asyncio.run(task())
    assert read(pipe, 8) == b"one\ntwo\n"


def test_a_batch_whose_turn_computes_for_long_is_written_by_the_background_loop(outbox, pipe):
    async def task():
        batch = Batch(asyncio.get_running_loop())
        batch.begin(crowded=True)
        submit(outbox, batch, b"meanwhile\n")
        assert read(pipe, 10) == b"meanwhile\n"  # this very turn holds the cell's loop until it has come
        batch.end()

    asyncio.run(task())


def test_a_lone_message_is_written_at_once_by_the_thread_that_sends_it(outbox, writes):
    outbox.put(b"alone\n", alone=True)
    assert writes == [b"alone\n"]


def test_what_a_full_pipe_does_not_take_follows_in_order(outbox, pipe):
    lines = [b"%06d" % number + b"x" * 5000 + b"\n" for number in range(60)]
    assert fcntl.fcntl(pipe.stdin_fd, fcntl.F_GETPIPE_SZ) < sum(map(len, lines))

    async def turn():
        batch = Batch(asyncio.get_running_loop())
        batch.begin(crowded=True)
        submit(outbox, batch, *lines)
        batch.end()

    asyncio.run(turn())
    outbox.put(b"last\n", alone=True)
    assert read(pipe, sum(map(len, lines)) + 5) == b"".join(lines) + b"last\n"

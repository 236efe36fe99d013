"""Calls that are left to run: the cell goes on, the result arrives in its output, and they can be listed and ended."""

from __future__ import annotations

import threading

import pytest
from support.notebook import S1

PATIENCE = 30


@pytest.fixture
def s1(shell, era):
    shell(f"%mcp add s1 --protocol {era} --quiet -- {S1}\nfrom mcp_magics import servers")
    return shell


def settled(job):
    over = threading.Event()
    job.on_change(lambda: over.set() if job.done else None)
    assert over.wait(PATIENCE)
    return job


def test_a_cell_that_does_not_wait_gets_a_job_and_the_job_its_result(s1):
    cell = s1("%mcp call s1.slow seconds=0.2 --no-wait -o job")
    job = s1.ip.user_ns["job"]
    assert "job 1: s1.slow running" in cell.text
    assert job.wait(PATIENCE).text == "awake after 0.2 s"
    assert (job.state, job.done, job.number, job.result.text) == ("succeeded", True, 1, "awake after 0.2 s")
